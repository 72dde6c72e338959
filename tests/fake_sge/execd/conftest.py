"""One daemon for all tests of what a job meets on its host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fake_sge.daemon import RunningCell

FAIL = "/bin/sh -c 'exit {}'"


def queue(name: str, **attributes: Any) -> dict[str, Any]:
    return {"name": name, "hosts": ["node"], "slots": 8, "load_thresholds": "NONE", "shell": "/bin/bash", **attributes}


@pytest.fixture(scope="session")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCell]:
    """Two hosts of eight slots and one with two GPUs; a queue for each way to start a script, and one that fails each
    way.
    """
    running = RunningCell(
        tmp_path_factory.mktemp("execd"),
        {
            "domain": "site.test",
            "hosts": {
                "node": {"count": 2, "slots": 64, "memory": "64G"},
                "gpu": {"count": 1, "slots": 8, "memory": "64G", "gpus": [2, 5]},
            },
            "queues": [
                queue("posix.q", pe=["smp", "mpi"]),
                queue("unix.q", shell_start_mode="unix_behavior"),
                queue("stdin.q", shell_start_mode="script_from_stdin"),
                queue("prolog1.q", prolog="/bin/false"),
                queue("prolog100.q", prolog=FAIL.format(100)),
                queue("epilog1.q", epilog="/bin/false"),
                queue("says.q", prolog="/bin/sh -c 'echo prolog $job_id'", epilog="/bin/echo epilog", pe=["said"]),
                queue("unknown.q", prolog="/bin/echo $pe_slots"),
                queue("told.q", prolog="root@/bin/echo $host $ja_task_id $job_owner $job_name $queue $processors"),
                queue("late.q", epilog="/bin/echo $job_pid"),
                queue(
                    "stops.q",
                    suspend_method="/bin/sh -c 'echo stop $job_pid $job_id >> ~/methods; kill -STOP $job_pid'",
                    resume_method="SIGCONT",
                ),
                queue("notify.q", notify="1s"),
                queue("methods.q", starter_method="/usr/bin/env", terminate_method="SIGUSR1", priority=5),
                queue("gpu.q", hosts=["gpu"], pe=["smp"]),
            ],
            "parallel_environments": {
                "smp": {"rule": "$pe_slots"},
                "mpi": {"rule": "$round_robin"},
                "said": {"rule": "$pe_slots", "start_proc_args": "/bin/echo pe_start $pe_slots"},
            },
            "complexes": {
                "gpu": {"type": "INT", "consumable": True, "default": 0},
                "rmem": {"type": "MEMORY", "consumable": True, "default": 0},
            },
            "scheduler": {"schedule_interval": "1s", "flush_submit_sec": 1, "flush_finish_sec": 1},
            "enforce_rmem": True,
            "admin_hosts": ["hub"],
        },
    )
    yield running
    running.stop()


@pytest.fixture
def home(cell: RunningCell) -> Path:
    """The home of the user that the tests submit as."""
    return cell.homes / "user001"
