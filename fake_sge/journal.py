"""The journal: every input of a cell, on disk before anyone hears of it, in lines that people can read.

A record is one line, ``CRC LENGTH JSON``; what a crash left half written at the end is recognised and cut off. A
snapshot replaces what came before it: ``snapshot.N`` is the state at the beginning of ``journal.N``.
"""

from __future__ import annotations

import dataclasses
import json
import os
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fake_sge.core import (
    CellConfig,
    Complex,
    Exit,
    JobRequest,
    Machine,
    ReservationRequest,
    ResourceQuotaSet,
    TaskRange,
    Usage,
)

__all__ = ["BadJournal", "Journal", "Record", "read_journal"]

_CLASSES = {
    cls.__name__: cls
    for cls in (
        CellConfig,
        Complex,
        Exit,
        JobRequest,
        Machine,
        ReservationRequest,
        ResourceQuotaSet,
        TaskRange,
        Usage,
    )
}
_HEAD = 18


class BadJournal(Exception):
    """The journal can't be what this program wrote; the message says where and what to do."""


@dataclass(frozen=True, slots=True)
class Record:
    """One input: ``cell.<name>(at, **arguments)``."""

    at: float
    name: str
    arguments: dict[str, Any] = field(default_factory=dict)


class Journal:
    """The journal of a directory. `append` is cheap and in memory; `commit` makes what was appended durable at once.

    One thread appends; another may commit meanwhile. After an `OSError` of `commit` nothing more may be appended: what
    is on disk is unknown, and whoever starts again reads it. Making one raises `BadJournal` where records that were
    safe are damaged or gone; a record that a crash left half written at the end was never safe, and is cut off.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._lock = threading.Lock()
        self._buffer: list[bytes] = []
        self._number = max((_number(path) for path in directory.glob("snapshot.*") if path.suffix != ".new"), default=0)
        self._check_complete()
        self._file = os.open(self._path(self._number), os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.torn_bytes = self._cut_torn_end()
        self.size = os.fstat(self._file).st_size
        _sync_directory(directory)

    def snapshot(self) -> bytes | None:
        """The state before the first record, as `compact` was given it. Raises `BadJournal`."""
        path = self._snapshot_path(self._number)
        if self._number == 0:
            return None
        head, _, state = path.read_bytes().partition(b"\n")
        if head != b"%08x" % zlib.crc32(state):
            raise BadJournal(f"{path}: damaged; restore it from a backup, or start in a new root")
        return state

    def records(self) -> Iterator[Record]:
        """All whole records, oldest first."""
        return read_journal(self._path(self._number))

    def append(self, record: Record) -> None:
        """Add a record; it is safe once a later `commit` has returned."""
        line = _line(record)
        with self._lock:
            self._buffer.append(line)
            self.size += len(line)

    def commit(self) -> None:
        """Write and sync what was appended before this call. Raises `OSError`."""
        with self._lock:
            lines, self._buffer = b"".join(self._buffer), []
        if lines:
            self._write(lines)
            self._sync()

    def compact(self, state: bytes) -> None:
        """Replace everything so far by *state*; a crash leaves the old or the new.

        Nothing may be appended or committed meanwhile.
        """
        self.commit()
        old, new = self._number, self._number + 1
        fresh = os.open(self._path(new), os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
        temporary = self._snapshot_path(new).with_suffix(".new")
        with open(temporary, "wb") as file:
            file.write(b"%08x\n" % zlib.crc32(state) + state)
            file.flush()
            os.fsync(file.fileno())
        os.fsync(fresh)
        _sync_directory(self._directory)
        temporary.rename(self._snapshot_path(new))
        _sync_directory(self._directory)
        os.close(self._file)
        self._file, self._number, self.size = fresh, new, 0
        self._path(old).unlink(missing_ok=True)
        self._snapshot_path(old).unlink(missing_ok=True)

    def close(self) -> None:
        """Commit and let go of the file."""
        self.commit()
        os.close(self._file)

    def _write(self, lines: bytes) -> None:
        view = memoryview(lines)
        while view:
            view = view[os.write(self._file, view) :]

    def _sync(self) -> None:
        os.fdatasync(self._file)

    def _check_complete(self) -> None:
        """A snapshot and its journal come and go together; a journal without either was never written to."""
        own = self._path(self._number)
        if self._number and not own.exists():
            raise BadJournal(f"{own}: gone; restore it from a backup, or start in a new root")
        for path in self._directory.glob("journal.*"):
            if _number(path) > self._number and path.stat().st_size:
                missing = self._snapshot_path(_number(path))
                raise BadJournal(f"{missing}: gone; restore it from a backup, or start in a new root")

    def _cut_torn_end(self) -> int:
        """Shorten the file to its last whole record; the number of bytes cut. Raises `BadJournal` where whole records
        come after one that isn't: that is no torn end.
        """
        path = self._path(self._number)
        whole = lost = 0
        with open(path, "rb") as file:
            for line in file:
                if _content(line) is None:
                    lost = sum(_content(later) is not None for later in file)
                    break
                whole += len(line)
        if lost:
            raise BadJournal(
                f"{path}: damaged at byte {whole}, with {lost} records after it: restore it from a backup; "
                f"to go on without them, cut it there: truncate -s {whole} {path}"
            )
        torn = path.stat().st_size - whole
        if torn:
            os.ftruncate(self._file, whole)
            os.fsync(self._file)
        return torn

    def _path(self, number: int) -> Path:
        return self._directory / f"journal.{number}"

    def _snapshot_path(self, number: int) -> Path:
        return self._directory / f"snapshot.{number}"


def read_journal(path: Path) -> Iterator[Record]:
    """The records of a journal file up to the first that isn't whole."""
    with open(path, "rb") as file:
        for line in file:
            content = _content(line)
            if content is None:
                return
            at, name, arguments = json.loads(content)
            yield Record(at, name, _decode(arguments))


def _line(record: Record) -> bytes:
    text = json.dumps([record.at, record.name, _encode(record.arguments)], separators=(",", ":")).encode()
    return b"%08x %08d %s\n" % (zlib.crc32(text), len(text), text)


def _content(line: bytes) -> bytes | None:
    """The JSON of a whole record, else None."""
    text = line[_HEAD:-1]
    whole = line.endswith(b"\n") and line[:_HEAD] == b"%08x %08d " % (zlib.crc32(text), len(text))
    return text if whole else None


def _encode(value: Any) -> Any:
    """JSON for what inputs are made of; ``$`` marks what JSON has no form for."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        given = {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
        return {f"${type(value).__name__}": {name: _encode(entry) for name, entry in given.items()}}
    if isinstance(value, tuple):
        return {"$": [_encode(entry) for entry in value]}
    if isinstance(value, list):
        return [_encode(entry) for entry in value]
    if isinstance(value, dict):
        if any(key.startswith("$") for key in value):
            return {"$dict": [[key, _encode(entry)] for key, entry in value.items()]}
        return {key: _encode(entry) for key, entry in value.items()}
    return value


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return [_decode(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    marked = next(iter(value), "")
    if not marked.startswith("$"):
        return {key: _decode(entry) for key, entry in value.items()}
    content = value[marked]
    if marked == "$":
        return tuple(_decode(entry) for entry in content)
    if marked == "$dict":
        return {key: _decode(entry) for key, entry in content}
    return _CLASSES[marked[1:]](**{key: _decode(entry) for key, entry in content.items()})


def _number(path: Path) -> int:
    suffix = path.suffix[1:]
    return int(suffix) if suffix.isdigit() else 0


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
