"""``qacct`` without a qmaster: it reads the accounting file itself."""

from __future__ import annotations

import os
import pwd
import sys
import time
from pathlib import Path
from typing import Any

from fake_sge.commands import Invocation, drive, run
from fake_sge.core import Cell, CellConfig, Event

__all__ = ["main"]


class _Away:
    """What is left of a cluster when its qmaster is away: a file."""

    cell = Cell(CellConfig())
    began_at = 0.0
    zone = None

    def __init__(self, accounting_path: Path) -> None:
        self.accounting_path: Path | None = accounting_path

    @property
    def now(self) -> float:
        return time.time()

    def input(self, name: str, /, **arguments: Any) -> list[Event]:
        raise RuntimeError(f"{name} of {sorted(arguments)} needs a qmaster")


class _Here:
    """The user's own standard input and files."""

    def stdin(self) -> bytes:
        return sys.stdin.buffer.read()

    def file(self, path: str) -> bytes:
        return Path(path).read_bytes()


def main() -> None:
    """Run ``qacct`` with this process's arguments and end with its exit code."""
    common = Path(os.environ["SGE_ROOT"], os.environ.get("SGE_CELL", "default"), "common")
    user = pwd.getpwuid(os.getuid()).pw_name
    invocation = Invocation("qacct", sys.argv[1:], user, os.getcwd(), dict(os.environ))
    reply = drive(run(invocation, _Away(common / "accounting")), _Here())
    sys.stdout.write(reply.stdout)
    sys.stderr.write(reply.stderr)
    sys.exit(reply.code)
