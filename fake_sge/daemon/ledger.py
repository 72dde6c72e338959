"""The accounting file: written from the cell's events, made whole again after a crash."""

from __future__ import annotations

from pathlib import Path

from fake_sge.accounting import HEADER, lines_of
from fake_sge.core import Event

__all__ = ["Ledger"]


class Ledger:
    """The accounting(5) lines in *path*.

    The journal is the truth: lines that a crash kept from the file can be made again.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            path.write_text(HEADER)

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def append(self, events: list[Event]) -> None:
        """Add the lines that *events* are worth."""
        if lines := lines_of(events):
            with open(self.path, "a", encoding="utf-8", errors="surrogateescape") as file:
                file.write(lines)

    def complete(self, offset: int, events: list[Event]) -> None:
        """Add what is missing of the lines of *events*, which the file ought to hold from *offset* on.

        A file that others have changed is left alone.
        """
        expected = lines_of(events).encode("utf-8", "surrogateescape")
        with open(self.path, "r+b") as file:
            file.seek(offset)
            present = file.read()
            if expected.startswith(present):
                file.write(expected[len(present) :])
