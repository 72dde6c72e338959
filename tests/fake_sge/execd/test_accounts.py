"""With real accounts, jobs run as the users that submitted them."""

from __future__ import annotations

import grp
import os
import pwd
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fake_sge.daemon import RunningCell

USER = "nobody"


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A directory that every account may enter, as a cluster's is; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory(prefix="fake-sge-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.skipif(os.getuid() != 0, reason="only root may run jobs as others")
def test_job_runs_as_its_user(open_place: Path) -> None:
    """User, group, supplementary groups and TMPDIR are the account's."""
    account = pwd.getpwnam(USER)
    output = open_place / "output"
    output.mkdir()
    os.chown(output, account.pw_uid, account.pw_gid)
    cell = RunningCell(
        open_place,
        {
            "hosts": {"node": {"slots": 1}},
            "queues": [{"name": "all.q", "hosts": ["node"], "shell_start_mode": "unix_behavior"}],
            "scheduler": {"schedule_interval": "1s", "flush_submit_sec": 1},
            "configuration": {"min_uid": 1, "min_gid": 1},
        },
        ["--real-accounts"],
    )
    try:
        script = "id -un; id -gn; touch $TMPDIR/mine && stat -c %U $TMPDIR/mine; echo $HOME\n"
        argv = ["qsub", "-terse", "-wd", str(output), "-j", "y", "-o", "out"]
        answer = cell.run(argv, user=None, input=script, cwd=open_place, environment={"FAKE_SGE_USER": USER})
        cell.wait_until(lambda: not cell.run(["qstat", "-u", "*"], user=None, cwd=open_place).stdout, "the job to end")
        group = grp.getgrgid(account.pw_gid).gr_name
        assert (output / "out").read_text().split() == [USER, group, USER, account.pw_dir], answer.stderr
    finally:
        cell.stop()
