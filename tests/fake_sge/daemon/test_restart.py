"""kill -9 of the daemon at any moment: no acknowledged job lost, no number used twice, no run lost or doubled."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

from fake_sge.daemon import RunningCell

DRIVER = Path(__file__).with_name("killed_daemon.py")
CELL = {
    "hosts": {"node": {"count": 2, "slots": 8}},
    "queues": [{"name": "all.q", "hosts": ["node"], "load_thresholds": "NONE", "shell_start_mode": "unix_behavior"}],
    "scheduler": {"schedule_interval": "1s", "flush_submit_sec": 1, "flush_finish_sec": 1},
}
MOMENTS = [
    "before submit:2",
    "after submit:1",
    "half written:3",
    "before sync:4",
    "after commit:2",
    "after commit:4",
    "after advance:1",
    "before spawn:1",
    "after spawn:2",
    "after started:1",
    "before report:1",
    "before exited:1",
    "after exited:2",
    "before forget:1",
    "after forget:1",
]


class KilledCell(RunningCell):
    """A cell whose first daemon kills itself at a moment; the next ones don't."""

    def __init__(self, directory: Path, moment: str) -> None:
        self._moment: str | None = moment
        super().__init__(directory, CELL)

    def start(self) -> None:
        ordinary = self._argv
        if self._moment is not None:
            self._argv = [sys.executable, str(DRIVER), self._moment, str(self.root), str(self.homes)]
        try:
            super().start()
        finally:
            self._argv, self._moment = ordinary, None

    @property
    def daemon_ended(self) -> bool:
        assert self._process is not None
        return self._process.poll() is not None


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at(moment: str, tmp_path: Path) -> None:
    """Jobs are submitted until the daemon dies; after a restart each acknowledged one runs exactly once and is
    accounted.
    """
    cell = KilledCell(tmp_path, moment)
    runs = tmp_path / "runs"
    acknowledged: list[int] = []
    try:
        for _ in range(4):
            answer = cell.run(["qsub", "-terse"], input=f"echo $JOB_ID >> {runs}\n")
            if answer.returncode == 0:
                acknowledged.append(int(answer.stdout))
            if cell.daemon_ended:
                break
        else:
            cell.wait_until(lambda: cell.daemon_ended, "the daemon to kill itself")
        cell.kill()
        cell.start()
        acknowledged.append(cell.submit(script=f"echo $JOB_ID >> {runs}\n"))
        assert len(set(acknowledged)) == len(acknowledged)
        cell.wait_until(lambda: not cell.run(["qstat", "-u", "*"]).stdout, "all jobs to end")
        ran = Counter(int(line) for line in runs.read_text().split())
        assert set(acknowledged) <= set(ran)
        assert set(ran.values()) == {1}
        for job in acknowledged:
            assert [record["failed"] for record in cell.accounting(job)] == ["0"]
    finally:
        cell.stop()


def test_killed_before_its_cell_is_on_disk(tmp_path: Path) -> None:
    """A daemon that dies while it writes the first record of a journal leaves a root that can be begun again."""
    for number, moment in enumerate(("half written:1", "before sync:1", "after commit:1")):
        directory = tmp_path / str(number)
        with pytest.raises(RuntimeError):
            KilledCell(directory, moment)
        cell = RunningCell(directory, CELL)
        assert cell.submit("-b", "y", "true") == 1
        cell.stop()


@pytest.fixture
def cell(tmp_path: Path):  # type: ignore[no-untyped-def]
    running = RunningCell(tmp_path, CELL)
    yield running
    running.stop()


def test_running_jobs_are_taken_up_again(cell: RunningCell, tmp_path: Path) -> None:
    """A job that runs while the daemon is away goes on, shows as running again, and can be deleted."""
    job = cell.submit("-b", "y", "-shell", "n", "sleep", "600")
    cell.wait_for(job, "r")
    (pid,) = [path.read_text().split()[0] for path in cell.root.glob("default/spool/*/active_jobs/*/job_pid")]
    started_at = cell.run(["qstat"]).stdout.splitlines()[2].split()[5:7]
    cell.kill()
    cell.start()
    assert cell.state(job) == "r"
    assert cell.run(["qstat"]).stdout.splitlines()[2].split()[5:7] == started_at
    assert Path(f"/proc/{pid}").exists()
    cell.run(["qdel", str(job)])
    cell.wait_for(job, "gone")
    assert not Path(f"/proc/{pid}").exists()


def test_jobs_that_ended_meanwhile_are_accounted(cell: RunningCell, tmp_path: Path) -> None:
    """A job that ends while no daemon is there is accounted by the next, with its own times and code."""
    fifo = tmp_path / "go"
    job = cell.submit(script=f"until [ -e {fifo} ]; do sleep 0.05; done; exit 7\n")
    cell.wait_for(job, "r")
    (directory,) = cell.root.glob("default/spool/*/active_jobs/*")
    cell.kill()
    fifo.touch()
    cell.wait_until((directory / "exit_status").exists, "the shepherd to report")
    cell.start()
    cell.wait_for(job, "gone")
    (record,) = cell.accounting(job)
    assert (record["failed"], record["exit_status"]) == ("0", "7")


def test_limits_hold_while_the_daemon_is_away(cell: RunningCell) -> None:
    """h_rt is the shepherd's to enforce: it needs no daemon."""
    job = cell.submit("-l", "h_rt=1", "-b", "y", "-shell", "n", "sleep", "600")
    cell.wait_for(job, "r")
    (directory,) = cell.root.glob("default/spool/*/active_jobs/*")
    cell.kill()
    cell.wait_until((directory / "exit_status").exists, "the job to be killed at its limit")
    cell.start()
    cell.wait_for(job, "gone")
    assert cell.accounting(job)[0]["failed"].split()[0] == "37"


def test_deletion_in_progress_goes_on(cell: RunningCell) -> None:
    """A job whose deletion was acknowledged is deleted, whatever becomes of the daemon."""
    job = cell.submit("-b", "y", "-shell", "n", "sleep", "600")
    cell.wait_for(job, "r")
    cell.run(["qdel", str(job)])
    cell.kill()
    cell.start()
    cell.wait_for(job, "gone")
    assert len(cell.accounting(job)) == 1


def test_stopped_daemon_leaves_jobs_alone(cell: RunningCell) -> None:
    """SIGTERM ends the daemon as a qmaster's restart does: jobs go on and are there again."""
    from fake_sge.daemon import stop
    from fake_sge.execd import Layout

    job = cell.submit("-b", "y", "-shell", "n", "sleep", "600")
    cell.wait_for(job, "r")
    assert stop(Layout(cell.root)) is True
    assert cell.run(["qstat"]).returncode == 1
    cell.kill()
    cell.start()
    assert cell.state(job) == "r"


def test_kill_jobs_also_without_a_daemon(cell: RunningCell) -> None:
    """``stop --kill-jobs`` after kill -9 of the daemon ends its jobs; the next daemon accounts them."""
    from fake_sge.daemon import stop
    from fake_sge.execd import Layout

    job = cell.submit("-b", "y", "-shell", "n", "sleep", "600")
    cell.wait_for(job, "r")
    (pid,) = [path.read_text().split()[0] for path in cell.root.glob("default/spool/*/active_jobs/*/job_pid")]
    cell.kill()
    assert stop(Layout(cell.root), kill_jobs=True) is False
    assert not Path(f"/proc/{pid}").exists()
    cell.start()
    cell.wait_for(job, "gone")
    assert cell.accounting(job)[0]["failed"].split()[0] == "100"
