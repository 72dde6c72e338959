"""A small cell with its commands, driven without a daemon."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any

import pytest

from fake_sge.accounting import HEADER, lines_of
from fake_sge.cellfile import load_cell
from fake_sge.commands import Invocation, Reply, drive, run
from fake_sge.core import Cell, Dispatched, Event, Exit

EPOCH = 1_800_000_000.0
SCRIPT = "#!/bin/sh\nsleep 60\n"


@dataclass
class Bench:
    """What commands see of a cell, and who types them."""

    cell: Cell
    accounting_path: Path | None
    files: dict[str, bytes] = field(default_factory=dict)
    stdin_bytes: bytes = b""
    zone: tzinfo | None = UTC
    began_at: float = EPOCH
    history: list[Event] = field(default_factory=list)

    @property
    def now(self) -> float:
        return self.cell.now

    def input(self, name: str, /, **arguments: Any) -> list[Event]:
        return self._keep(getattr(self.cell, name)(self.cell.now, **arguments))

    def stdin(self) -> bytes:
        return self.stdin_bytes

    def file(self, path: str) -> bytes:
        if path not in self.files:
            raise FileNotFoundError(2, "No such file or directory", path)
        return self.files[path]

    def type(
        self, line: str, *, user: str = "user1", host: str = "hub.sharc.test", stdin: str = SCRIPT, **environment: str
    ) -> Reply:
        """Run a command line, split at blanks."""
        return self.type_words(line.split(), user=user, host=host, stdin=stdin, **environment)

    def type_words(
        self,
        words: list[str],
        *,
        user: str = "user1",
        host: str = "hub.sharc.test",
        stdin: str = SCRIPT,
        **environment: str,
    ) -> Reply:
        """Run a command line that is split already."""
        command, *argv = words
        self.stdin_bytes = stdin.encode()
        home = f"/home/{user}"
        invocation = Invocation(command, argv, user, home, {"PATH": "/bin"} | environment, "cs", 3001, 2000, home, host)
        return drive(run(invocation, self), self, self.wait)

    def submit(self, options: str = "", **more: Any) -> int:
        """The number of a job that was accepted."""
        reply = self.type(f"qsub -terse {options}", **more)
        assert reply.code == 0, reply.stderr
        return int(reply.stdout.partition(".")[0])

    def pass_time(self, seconds: float = 3.0) -> None:
        """Let scheduler runs happen; what is dispatched starts."""
        until = self.now + seconds
        while (due := self.cell.next_deadline()) is not None and due <= until:
            self._keep(self.cell.advance(due))
        self._keep(self.cell.advance(until))

    def finish(self, job: int, task: int = 1, status: int = 0, failed: int = 0) -> None:
        """The execd reports the end of a task."""
        ended = Exit(failed, status, started_at=self.now - 2, ended_at=self.now)
        self._keep(self.cell.exited(self.now, job, task, ended))

    def wait(self, job: int) -> list[Event]:
        """For qsub -sync: the job runs and ends well."""
        seen = len(self.history)
        self.pass_time()
        for number, task in [key for key in self.cell.placed if key[0] == job]:
            self.finish(number, task)
        return [event for event in self.history[seen:] if getattr(event, "job", None) == job]

    def _keep(self, events: list[Event]) -> list[Event]:
        self.history += events
        if self.accounting_path is not None:
            with self.accounting_path.open("a") as file:
                file.write(lines_of(events))
        for event in events:
            if isinstance(event, Dispatched):
                self._keep(self.cell.started(self.cell.now, event.job, event.task))
        return events


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """The recorded cluster's cell, empty."""
    accounting = tmp_path / "accounting"
    accounting.write_text(HEADER)
    return Bench(Cell(load_cell("recorded"), EPOCH), accounting)
