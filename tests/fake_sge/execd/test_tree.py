"""Ending a job ends all of it; suspending it stops all of it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from fake_sge.daemon import RunningCell
from fake_sge.execd import marked_processes

ESCAPES = {
    "background": "sleep 600 &\n",
    "own session": "setsid sleep 600 &\n",
    "double fork": "(setsid sh -c 'sleep 600 & sleep 600 &' &) \n",
    "ignores signals": "sh -c 'trap \"\" TERM HUP INT USR1 USR2; sleep 600 & wait' &\n",
    "without its environment": "env -i setsid sh -c 'sleep 600 & sleep 600' &\n",
    "stopped": "sh -c 'kill -STOP $$' &\n",
}


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except OSError:
        return False


def mark(cell: RunningCell, job: int) -> str:
    (directory,) = (cell.root / "default" / "spool").glob(f"*/active_jobs/{job}.1")
    return f"SGE_JOB_SPOOL_DIR={directory}"


def descendants(pid: int) -> set[int]:
    """All live descendants of a process."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(") ")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
    found, fresh = {pid}, {pid}
    while fresh := {child for child, parent in parents.items() if parent in fresh} - found:
        found |= fresh
    return found - {pid}


def shepherd(cell: RunningCell, job: int) -> int:
    (path,) = (cell.root / "default" / "spool").glob(f"*/active_jobs/{job}.1/pid")
    return int(path.read_text())


def started(cell: RunningCell, script: str, ready: Path) -> tuple[int, set[int]]:
    """A job whose script has come to its end, and its processes."""
    job = cell.submit("-q", "unix.q", script=f"{script}: >{ready}\nsleep 600\n")  # no process that ends by itself
    cell.wait_until(ready.exists, "the script to have started everything")
    return job, descendants(shepherd(cell, job))


@pytest.mark.parametrize("escape", ESCAPES)
def test_qdel_leaves_no_process(cell: RunningCell, tmp_path: Path, escape: str) -> None:
    """Whatever a job started, and wherever that went, qdel ends it."""
    job, processes = started(cell, ESCAPES[escape], tmp_path / "ready")
    assert len(processes) >= 2
    cell.run(["qdel", str(job)])
    cell.wait_for(job, "gone")
    assert not [pid for pid in processes if alive(pid)]


def test_normal_end_leaves_no_process(cell: RunningCell, tmp_path: Path) -> None:
    """What a script left in the background doesn't outlive it."""
    job = cell.submit("-q", "unix.q", script=f"setsid sleep 600 & echo $! > {tmp_path}/pid\n")
    cell.wait_for(job, "gone")
    assert not alive(int((tmp_path / "pid").read_text()))


def test_lost_shepherd(cell: RunningCell, tmp_path: Path) -> None:
    """A shepherd killed hard: what it left is ended, and the job accounted with failed 19."""
    job, processes = started(cell, ESCAPES["double fork"], tmp_path / "ready")
    marker = mark(cell, job)
    os.kill(shepherd(cell, job), signal.SIGKILL)
    cell.wait_for(job, "gone")
    assert cell.accounting(job)[0]["failed"].split()[0] == "19"
    assert not marked_processes(marker)
    assert not [pid for pid in processes if alive(pid)]


def test_suspended_job_stands_still(cell: RunningCell, tmp_path: Path) -> None:
    """qmod -sj stops every process of the job, qmod -usj continues them."""
    job, processes = started(cell, ESCAPES["own session"], tmp_path / "ready")

    def states() -> set[str]:
        return {Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] for pid in processes}

    cell.run(["qmod", "-sj", str(job)])
    cell.wait_until(lambda: states() == {"T"}, "all processes to be stopped")
    assert cell.state(job) == "s"
    cell.run(["qmod", "-usj", str(job)])
    cell.wait_until(lambda: "T" not in states(), "all processes to go on")
    cell.run(["qdel", str(job)])
    cell.wait_for(job, "gone")


def test_spool_and_temporary_directory_go(cell: RunningCell, tmp_path: Path) -> None:
    """TMPDIR is the job's own while it runs; afterwards it and the spool directory are gone."""
    job = cell.submit(
        "-q", "unix.q", "-j", "y", "-o", str(tmp_path / "out"), script="touch $TMPDIR/file; echo $TMPDIR\n"
    )
    cell.wait_for(job, "gone")
    directory = Path((tmp_path / "out").read_text().strip())
    assert directory.name == f"{job}.1.unix.q"
    cell.wait_until(lambda: not directory.exists(), "TMPDIR to be removed")
    assert not list((cell.root / "default" / "spool").glob(f"*/active_jobs/{job}.*"))
