"""Putting a cell's clock forward: `RunningCell.advance` and ``python -m fake_sge advance``."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from fake_sge.daemon import CannotAdvance, RunningCell

CELL = {
    "hosts": {"node": {"count": 1, "slots": 2}},
    "queues": [{"name": "all.q", "hosts": ["node"], "load_thresholds": "NONE", "shell_start_mode": "unix_behavior"}],
    "scheduler": {"schedule_interval": "15s", "flush_submit_sec": 0, "flush_finish_sec": 0},
}
DAY_S = 86400.0


@pytest.fixture
def cell(tmp_path: Path):  # type: ignore[no-untyped-def]
    running = RunningCell(tmp_path, CELL)
    yield running
    running.stop()


def test_a_job_waits_for_its_time_and_then_runs(cell: RunningCell) -> None:
    """``-a`` in the far future: nothing happens until the clock is put forward past it."""
    tomorrow = time.strftime("%Y%m%d%H%M.%S", time.localtime(time.time() + DAY_S))
    job = cell.submit("-a", tomorrow, "-b", "y", "sleep", "99")
    cell.advance(DAY_S / 2)
    assert cell.state(job) == "qw"
    cell.advance(DAY_S)
    assert cell.state(job) == "r"


def test_a_job_is_killed_at_its_limit_and_the_next_starts(cell: RunningCell) -> None:
    """Two slots, three jobs of at most an hour: after three hours all are over, each at its own limit."""
    jobs = [cell.submit("-l", "h_rt=1:0:0", "-b", "y", "sleep", "99999") for _ in range(3)]
    cell.advance(3 * 3600)
    assert [cell.state(job) for job in jobs] == ["", "", ""]
    records = [cell.accounting(job)[0] for job in jobs]
    assert [(record["failed"].split()[0], record["exit_status"].split()[0]) for record in records] == [
        ("37", "137")
    ] * 3
    wallclocks = [float(record["ru_wallclock"].rstrip("s")) for record in records]
    assert all(3600 <= wallclock < 3660 for wallclock in wallclocks), wallclocks


def test_the_clock_stays_put_forward_when_the_daemon_starts_again(cell: RunningCell) -> None:
    """A restart doesn't turn time back: a job started before and one after lie a day apart in accounting."""
    before = cell.submit("-b", "y", "true")
    cell.advance(60)
    cell.wait_for(before, "gone")
    cell.advance(DAY_S)
    cell.kill()
    cell.start()
    after = cell.submit("-b", "y", "true")
    cell.advance(60)
    cell.wait_for(after, "gone")
    submitted = [
        time.mktime(time.strptime(cell.accounting(job)[0]["qsub_time"], "%a %b %d %H:%M:%S %Y"))
        for job in (before, after)
    ]
    assert DAY_S <= submitted[1] - submitted[0] < DAY_S + 300


def test_the_command_takes_units_and_refuses_nonsense(cell: RunningCell) -> None:
    """``advance 15m`` returns 0; a word that is no duration is one line and exit code 2; no daemon is 3."""

    def type_(*words: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "fake_sge", "advance", *words]
        return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)

    assert type_("15m", "--root", str(cell.root)).returncode == 0
    for wrong in ("soon", "INFINITY"):
        refused = type_(wrong, "--root", str(cell.root))
        assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
    missing = type_("15m", "--root", str(cell.root / "none"))
    assert (missing.returncode, len(missing.stderr.splitlines())) == (3, 1)


def test_without_a_daemon_there_is_no_clock(cell: RunningCell) -> None:
    """A cell that isn't served says so."""
    cell.kill()
    with pytest.raises(CannotAdvance, match="no daemon serves"):
        cell.advance(60)
    cell.start()
