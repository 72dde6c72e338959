"""A journal that is killed, or loses its power, or its disk, at any call it makes: what was safe stays safe."""

from __future__ import annotations

import builtins
import contextlib
import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

import fake_sge.journal
from fake_sge.core import JobRequest
from fake_sge.journal import Journal, Record

CALLS = ("open", "write", "fsync", "fdatasync", "ftruncate", "close")
RECORDS = [Record(float(i), "submit", {"request": JobRequest(f"user{i}")}) for i in range(8)]


class Crash(BaseException):
    """The process is no more: nothing catches it."""


class Disk:
    """Counts the journal's calls, and lets something befall the *number*-th.

    *how* is ``before`` (killed before the call), ``half`` (killed in the middle of a write), or an errno that the call
    fails with. What was synced is noted, so that a loss of power can be told from a kill.
    """

    def __init__(self, directory: Path, number: int, how: str | int) -> None:
        self.directory, self.left, self.how = directory, number, how
        self.calls: list[str] = []
        self.contents: dict[int, bytes] = {}
        self.names: dict[str, int] = {}
        self.opened: list[int] = []

    def befall(self, name: str, act: Callable[[], Any], half: Callable[[], Any] | None = None) -> Any:
        self.calls.append(name)
        if len(self.calls) - 1 == self.left:
            if isinstance(self.how, int):
                if half is not None:
                    half()
                raise OSError(self.how, os.strerror(self.how))
            if self.how == "half" and half is not None:
                half()
            raise Crash
        return act()

    def synced(self, descriptor: int) -> None:
        """From now on a loss of power can't take this away."""
        found = os.fstat(descriptor)
        if found.st_ino == self.directory.stat().st_ino:
            self.names = {path.name: path.stat().st_ino for path in self.directory.iterdir()}
        else:
            with builtins.open(f"/proc/self/fd/{descriptor}", "rb") as file:
                self.contents[found.st_ino] = file.read()

    def lose_power(self) -> None:
        """Only what was synced is left."""
        for path in list(self.directory.iterdir()):
            path.unlink()
        for name, inode in self.names.items():
            (self.directory / name).write_bytes(self.contents.get(inode, b""))


def watch(patch: pytest.MonkeyPatch, directory: Path, number: int, how: str | int) -> Disk:
    """The journal's calls go through a disk from now on."""
    made = Disk(directory, number, how)
    rename, unlink = Path.rename, Path.unlink
    patch.setattr(fake_sge.journal, "os", Watched(made))
    patch.setattr(fake_sge.journal, "open", made_open(made), raising=False)
    patch.setattr(Path, "rename", lambda a, b: made.befall("rename", lambda: rename(a, b)))
    patch.setattr(Path, "unlink", lambda a, **k: made.befall("unlink", lambda: unlink(a, **k)))
    return made


class Watched:
    """The module os, as the journal sees it."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in CALLS:
            return real

        def call(*arguments: Any) -> Any:
            half = (lambda: real(arguments[0], arguments[1][: len(arguments[1]) // 2])) if name == "write" else None
            syncs = name in ("fsync", "fdatasync")
            act = (lambda: self._disk.synced(arguments[0])) if syncs else (lambda: real(*arguments))
            result = self._disk.befall(name, act, half)
            if name == "open":
                self._disk.opened.append(result)
            elif name == "close":
                self._disk.opened.remove(arguments[0])
            return result

        return call


def made_open(disk: Disk) -> Callable[..., Any]:
    """`open`, whose files write through the disk."""

    def call(path: Path, mode: str = "r", **more: Any) -> Any:
        if "w" in mode:
            return Written(builtins.open(path, mode, buffering=0, **more), disk)
        return builtins.open(path, mode, **more)

    return call


class Written:
    """A file that is written to in one go."""

    def __init__(self, file: Any, disk: Disk) -> None:
        self._file, self._disk = file, disk
        self.flush, self.fileno = file.flush, file.fileno

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, data: bytes) -> None:
        self._disk.befall("write", lambda: self._file.write(data), lambda: self._file.write(data[: len(data) // 2]))


def live(directory: Path, safe: list[Record]) -> None:
    """What a daemon does in its life; *safe* are the records whose commit has returned. A snapshot names its records
    by their number.
    """
    journal = Journal(directory)
    for batch in (RECORDS[:1], RECORDS[1:4]):
        for record in batch:
            journal.append(record)
        journal.commit()
        safe += batch
    journal.compact(b"4")
    journal.append(RECORDS[4])
    journal.commit()
    safe.append(RECORDS[4])
    journal.close()
    with builtins.open(directory / "journal.1", "ab") as file:
        file.write(b"torn")
    journal = Journal(directory)
    journal.append(RECORDS[5])
    journal.append(RECORDS[6])
    journal.commit()
    safe += RECORDS[5:7]
    journal.compact(b"7")
    journal.append(RECORDS[7])
    journal.close()
    safe.append(RECORDS[7])


def recovered(directory: Path) -> list[Record]:
    """What the next daemon reads."""
    journal = Journal(directory)
    known = int(journal.snapshot() or b"0")
    found = [*RECORDS[:known], *journal.records()]
    journal.close()
    return found


@pytest.mark.parametrize("how", ["before", "half", errno.ENOSPC, errno.EROFS])
@pytest.mark.parametrize("power", [True, False], ids=["power lost", "killed"])
def test_nothing_safe_is_lost(tmp_path_factory: pytest.TempPathFactory, how: str | int, power: bool) -> None:
    """At each call of the journal's life, in turn: the next daemon finds every record whose commit had returned, in
    order, and beyond it only what had been appended.
    """
    met: list[str] = []
    while True:
        directory = tmp_path_factory.mktemp("journal")
        safe: list[Record] = []
        with pytest.MonkeyPatch.context() as patch, contextlib.suppress(Crash, OSError):
            disk = watch(patch, directory, len(met), how)
            live(directory, safe)
        for descriptor in disk.opened:
            os.close(descriptor)
        if len(disk.calls) <= len(met):
            break
        met.append(disk.calls[len(met)])
        if power:
            disk.lose_power()
        with pytest.MonkeyPatch.context() as patch:
            watch(patch, directory, -1, how)
            found = recovered(directory)
        assert found[: len(safe)] == safe, met
        assert found == RECORDS[: len(found)], met
        assert len(found) <= len(safe) + 3
    assert set(met) == {*CALLS, "rename", "unlink"}
