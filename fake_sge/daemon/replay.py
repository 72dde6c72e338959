"""A journal run through a fresh cell in virtual time."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fake_sge.core import Cell
from fake_sge.daemon.qmaster import apply
from fake_sge.journal import BadJournal, read_journal

__all__ = ["replay"]


def replay(path: Path) -> Iterator[dict[str, Any]]:
    """The events of a journal, as plain mappings with ``at`` and ``event``. *path* is a root or a journal file.

    Raises `BadJournal` for one that begins with a snapshot: what came before it is gone.
    """
    cell: Cell | None = None
    for record in read_journal(_journal_file(path)):
        if record.name == "begin":
            cell = Cell(record.arguments["config"], record.at)
        elif cell is None:
            raise BadJournal(f"{path}: this journal goes on from a snapshot and can't be replayed alone")
        else:
            for event in apply(cell, record):
                yield {"at": event.at, "event": type(event).__name__, **dataclasses.asdict(event)}


def _journal_file(path: Path) -> Path:
    if path.is_file():
        return path
    found = sorted(path.glob("*/spool/qmaster/journal/journal.*"))
    if not found:
        raise BadJournal(f"{path}: no journal here")
    return found[-1]
