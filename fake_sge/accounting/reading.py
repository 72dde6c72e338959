"""Accounting files as sites have them: growing, rotated, compressed, with lines that a full disk or a crash cut short.

What can't be read is skipped and counted; ``#`` begins a comment. Files are streamed: however long they are, one line
is in memory.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from fake_sge.accounting.record import Record, parse_line

__all__ = ["DamagedLine", "History", "Reader", "rotated_files"]

_TOLD = 100
_OPENERS: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_NUMBER = re.compile(r"\.(\d+)")
_DATE = re.compile(r"[.-](\d{4}-?\d{2}-?\d{2}(?:[-T_.]?\d{2,6})?)")


@dataclass(frozen=True, slots=True)
class DamagedLine:
    """Where a line couldn't be read (the first is 1), and *why*."""

    path: Path
    line: int
    why: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.why}"


class Reader:
    """Reads an accounting file that may grow, from *offset* (bytes) on: what was read before needn't be again.

    *offset* afterwards stands behind the last whole line, and *line* is its number; *damaged* counts lines that were
    skipped, *damages* tells of the first hundred. A file that has become shorter than *offset* was rotated, and is
    read from its beginning.
    """

    def __init__(self, path: Path, offset: int = 0, line: int = 0) -> None:
        self.path = path
        self.offset = offset
        self.line = line
        self.damaged = 0
        self.damages: list[DamagedLine] = []

    def __iter__(self) -> Iterator[Record]:
        """Raises `OSError` if the file can't be read."""
        if self.path.stat().st_size < self.offset:
            self.offset = self.line = 0
        with self.path.open("rb") as file:
            file.seek(self.offset)
            for raw in file:
                if not raw.endswith(b"\n"):
                    return
                self.offset += len(raw)
                self.line += 1
                record = self._record(raw)
                if record is not None:
                    yield record

    def _record(self, raw: bytes) -> Record | None:
        if len(raw) <= 2 or raw.startswith(b"#"):
            return None
        try:
            return parse_line(raw.decode("utf-8", "surrogateescape"))
        except ValueError as error:
            self.damaged += 1
            if len(self.damages) < _TOLD:
                self.damages.append(DamagedLine(self.path, self.line, str(error)))
            return None


class _WholeReader(Reader):
    """A file that doesn't grow any more, compressed or not: its last line counts even if its end is missing."""

    def __iter__(self) -> Iterator[Record]:
        with _opened(self.path) as file:
            lines = iter(file)
            while True:
                self.line += 1
                try:
                    raw = next(lines, None)
                except (EOFError, lzma.LZMAError, gzip.BadGzipFile) as error:
                    self.damaged += 1
                    self.damages.append(DamagedLine(self.path, self.line, f"the file ends here: {error}"))
                    return
                if raw is None:
                    return
                record = self._record(raw)
                if record is not None:
                    yield record


def _opened(path: Path) -> IO[bytes]:
    opened: IO[bytes] = _OPENERS.get(path.suffix, open)(path, "rb")
    return opened


class History:
    """All that is left of a cell's accounting: the records of the rotated files, the oldest first, and of *path*.

    *damaged* and *damages* are as `Reader` has them, over all files.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damaged = 0
        self.damages: list[DamagedLine] = []

    def __iter__(self) -> Iterator[Record]:
        """Raises `OSError` if a file can't be read."""
        for path in rotated_files(self.path):
            reader = _WholeReader(path)
            yield from reader
            self.damaged += reader.damaged
            self.damages += reader.damages[: _TOLD - len(self.damages)]


def rotated_files(path: Path) -> list[Path]:
    """*path* and what it was before, the oldest first: ``accounting-20260101.gz``, ``accounting.0``.

    Numbers count back from the present, as SGE's own logchecker and logrotate have them; dated files come by date, and
    before numbered ones. Only files that are there.
    """
    dated: list[tuple[str, Path]] = []
    numbered: list[tuple[int, Path]] = []
    for found in path.parent.glob(f"{path.name}*"):
        rest = found.name.removeprefix(path.name)
        plain = rest.removesuffix(found.suffix) if found.suffix in _OPENERS else rest
        if (number := _NUMBER.fullmatch(plain)) and len(number[1]) < 8:
            numbered.append((-int(number[1]), found))
        elif date := _DATE.fullmatch(plain):
            dated.append((re.sub(r"\D", "", date[1]), found))
    ordered = [found for _, found in [*sorted(dated), *sorted(numbered)]]
    return [*ordered, *([path] if path.is_file() else [])]
