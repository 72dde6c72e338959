"""Processes that outlive the command that started them.

Rules of this file:

1. A process is known by its id, its start time and the boot that it was started in. An id that the kernel has given to
   somebody else is never signalled.
2. Each is the leader of a session of its own: a Ctrl-C at the terminal doesn't reach it, and its whole group is ended
   together.
3. Each carries its stack's directory in its environment, and so does what it starts. Whatever survives its leader is
   found by that, also after a kill -9 of anything (`strays`).
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ProcessId", "descendants", "end", "launch", "strays"]

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_STATE, _PARENT, _START_TIME = 0, 1, 19
"""Fields of /proc/PID/stat behind the command's name: proc_pid_stat(5)."""


@dataclass(frozen=True)
class ProcessId:
    """One process, for good: ids come round again, the three together do not.

    *started* is in clock ticks since boot.
    """

    pid: int
    started: int
    boot: str

    @classmethod
    def of(cls, pid: int) -> ProcessId | None:
        """The process that has this id now; None if there is none, or only what waits to be reaped."""
        fields = _stat(pid)
        if fields is None or fields[_STATE] == "Z":
            return None
        return cls(pid, int(fields[_START_TIME]), _boot())

    def alive(self) -> bool:
        """Whether this very process still runs; reaps it if it has ended and was ours."""
        fields = _stat(self.pid)
        if fields is None or (int(fields[_START_TIME]), _boot()) != (self.started, self.boot):
            return False
        if fields[_STATE] == "Z":
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, os.WNOHANG)
            return False
        return True

    def signal_group(self, number: int) -> None:
        """Signal the process and its group, if it is still this process."""
        with self._opened() as descriptor:
            if descriptor is not None:
                os.killpg(self.pid, number)

    def signal(self, number: int) -> None:
        """Signal the process alone, if it is still this process."""
        with self._opened() as descriptor:
            if descriptor is not None:
                signal.pidfd_send_signal(descriptor, number)

    def wait(self, timeout_s: float) -> bool:
        """Wait until the process has ended; False if it runs on after *timeout_s*."""
        with self._opened() as descriptor:
            if descriptor is None:
                return True
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            poll.poll(max(0.0, timeout_s) * 1000)
        return not self.alive()

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int | None]:
        """A descriptor of this process (pidfd_open(2)): while it is held, nobody else can get the id."""
        try:
            descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:
            yield None
            return
        try:
            yield descriptor if self.alive() else None
        except ProcessLookupError:
            pass
        finally:
            os.close(descriptor)


def launch(
    argv: Sequence[str | Path], *, environment: Mapping[str, str], directory: Path, stdout: Path, stderr: Path
) -> ProcessId:
    """Start a process that outlives this one, in a session of its own.

    *stdout* is begun afresh, *stderr* is appended to; they may be the same file, which is then appended to.
    """
    with stderr.open("ab") as errors, stdout.open("ab" if stdout == stderr else "wb") as output:
        child = subprocess.Popen(
            [os.fspath(word) for word in argv],
            env=dict(environment),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,
        )
    child.returncode = 0  # it is meant to run on: no warning when this object goes
    fields = _stat(child.pid)
    assert fields is not None, "a child that nobody has waited for keeps its entry"
    return ProcessId(child.pid, int(fields[_START_TIME]), _boot())


def end(processes: Sequence[ProcessId], grace_s: float = 5.0) -> None:
    """End processes and their groups: politely, and after *grace_s* hard."""
    for process in processes:
        process.signal_group(signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    for process in processes:
        if not process.wait(deadline - time.monotonic()):
            process.signal_group(signal.SIGKILL)
            process.wait(1.0)


def descendants(process: ProcessId) -> list[ProcessId]:
    """The processes below this one, parents first."""
    children: dict[int, list[int]] = {}
    for pid in _pids():
        if fields := _stat(pid):
            children.setdefault(int(fields[_PARENT]), []).append(pid)
    family = list(children.get(process.pid, [])) if process.alive() else []
    for pid in family:
        family += children.get(pid, [])
    return [member for pid in family if (member := ProcessId.of(pid))]


def strays(directory: Path) -> list[ProcessId]:
    """The processes whose environment marks them as *directory*'s, without this one and its ancestors.

    Components are started with ``HUBSTACK_STACK``; jobs and what uses the q-commands have ``SGE_ROOT``.
    """
    marks = re.compile(rb"(?:^|\0)(?:HUBSTACK_STACK|SGE_ROOT)=" + re.escape(os.fsencode(directory)) + rb"(?=[/\0]|$)")
    mine = _ancestry()
    found = []
    for pid in _pids():
        with contextlib.suppress(OSError):
            process = ProcessId.of(pid)
            if process and pid not in mine and marks.search(Path(f"/proc/{pid}/environ").read_bytes()):
                found.append(process)
    return found


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def _ancestry() -> set[int]:
    """This process and those above it: a ``hubstack down`` typed within ``hubstack exec`` doesn't end itself."""
    pids, pid = set(), os.getpid()
    while pid:
        pids.add(pid)
        fields = _stat(pid)
        pid = int(fields[_PARENT]) if fields else 0
    return pids


def _stat(pid: int) -> list[str] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def _boot() -> str:
    return _BOOT_ID.read_text().strip()
