"""Where things are below SGE_ROOT: the one place that knows."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ARCHITECTURE", "Layout"]

ARCHITECTURE = "lx-amd64"


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of a cell: *root* is SGE_ROOT, *cell* is SGE_CELL; *homes* holds the users' homes.

    *homes* is None where users are real accounts, which have homes of their own.
    """

    root: Path
    cell: str = "default"
    homes: Path | None = None

    @property
    def bin(self) -> Path:
        return self.root / "bin" / ARCHITECTURE

    @property
    def sudo_bin(self) -> Path:
        return self.root / "bin" / "sudo-stand-in"

    @property
    def common(self) -> Path:
        return self.root / self.cell / "common"

    @property
    def socket(self) -> Path:
        return self.common / "qmaster.sock"

    @property
    def accounting(self) -> Path:
        return self.common / "accounting"

    @property
    def skeleton(self) -> Path:
        """What a new home begins with."""
        return self.common / "skel"

    @property
    def spool(self) -> Path:
        return self.root / self.cell / "spool"

    @property
    def qmaster_spool(self) -> Path:
        return self.spool / "qmaster"

    @property
    def mail(self) -> Path:
        return self.spool / "mail"

    def host_spool(self, host: str) -> Path:
        return self.spool / host.partition(".")[0]

    def active_jobs(self, host: str) -> Path:
        return self.host_spool(host) / "active_jobs"

    def active_job(self, host: str, job: int, task: int) -> Path:
        return self.active_jobs(host) / f"{job}.{task}"

    def job_script(self, host: str, job: int) -> Path:
        return self.host_spool(host) / "job_scripts" / str(job)

    def tmpdir(self, host: str, queue_tmpdir: str) -> Path:
        """Where a queue's *tmpdir* is on a host: each host has a ``/tmp`` of its own."""
        return self.root / "tmp" / host.partition(".")[0] if queue_tmpdir == "/tmp" else Path(queue_tmpdir)

    def home(self, user: str) -> Path | None:
        """The user's home, made on first use; None for real accounts, and for what can't be a user's name."""
        if self.homes is None or not user or "/" in user or user.startswith("."):
            return None
        home = self.homes / user
        if not home.exists():
            home.mkdir(mode=0o700, parents=True)
            shutil.copytree(self.skeleton, home, dirs_exist_ok=True)
            home.chmod(0o700)
        return home
