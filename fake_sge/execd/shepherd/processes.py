"""The tree of a job's processes: found, measured, signalled, ended, without asking them to cooperate.

The shepherd is a subreaper (prctl(2)): a descendant that loses its parent becomes the shepherd's child, whatever
session it went to. So ``waitpid`` saying *no child* proves that nothing of the job is left.
"""

from __future__ import annotations

import _signal
import os
import time

__all__ = ["Tree", "become_subreaper"]

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICK = os.sysconf("SC_CLK_TCK")
_GB = 1024.0**3
_RESCAN_EVERY = 60
_THREAD = "-1"
"""The exit_signal of a thread: /proc answers for its id, too, though it lists processes alone."""


def become_subreaper() -> None:
    """Have orphaned descendants become this process's children."""
    import ctypes

    pr_set_child_subreaper = 36
    if ctypes.CDLL(None, use_errno=True).prctl(pr_set_child_subreaper, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def _stat(pid: int) -> list[str] | None:
    """The fields of ``/proc/PID/stat`` from the third (state) on, or None when there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
            return file.read().rpartition(") ")[2].split()
    except OSError:
        return None


def _last_pid() -> int:
    with open("/proc/loadavg", encoding="ascii") as file:
        return int(file.read().split()[4])


class Tree:
    """The descendants of this process, found at little cost.

    A full look at ``/proc`` costs as much as there are processes on the machine, and every job has a shepherd: so each
    look after the first goes only through the process ids handed out since, whose parents say whether they belong here.
    """

    def __init__(self) -> None:
        self._root = os.getpid()
        self._known: dict[int, str] = {}
        self._seen_pid = 0
        self._looks = 0
        self._cpu_s: dict[int, float] = {}
        self._io: dict[int, float] = {}
        self.mem_gbs = 0.0
        self.maxvmem = 0.0
        self.live_cpu_s = 0.0

    @property
    def io_gb(self) -> float:
        return sum(self._io.values()) / _GB

    def look(self) -> dict[int, list[str]]:
        """The descendants that live now, by process id, with the fields of their ``stat``."""
        last = _last_pid()
        fresh: list[int] = []
        if self._looks % _RESCAN_EVERY == 0 or not self._seen_pid <= last < self._seen_pid + 20_000:
            fresh = sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
        else:
            fresh = list(range(self._seen_pid + 1, last + 1))
        self._looks += 1
        self._seen_pid = last
        found = {pid: stat for pid in self._known if (stat := _stat(pid)) and stat[19] == self._known[pid]}
        candidates = {pid: stat for pid in fresh if pid not in found and (stat := _stat(pid)) and stat[35] != _THREAD}
        found.update(self._descendants(found, candidates))
        self._known = {pid: stat[19] for pid, stat in found.items()}
        return found

    def _descendants(self, found: dict[int, list[str]], candidates: dict[int, list[str]]) -> dict[int, list[str]]:
        mine: dict[int, list[str]] = {}
        grown = True
        while grown:
            grown = False
            for pid in list(candidates):
                parent = int(candidates[pid][1])
                if parent == self._root or parent in found or parent in mine:
                    mine[pid] = candidates.pop(pid)
                    grown = True
        return mine

    def sample(self) -> float:
        """Bring the usage up to date; the resident memory in bytes, pages shared by forks counted once each."""
        found = self.look()
        vmem = resident = 0.0
        self.live_cpu_s = 0.0
        for pid, stat in found.items():
            size, cpu_s = float(stat[20]), (int(stat[11]) + int(stat[12])) / _TICK
            self.mem_gbs += size / _GB * max(0.0, cpu_s - self._cpu_s.get(pid, 0.0))
            self._cpu_s[pid] = cpu_s
            self.live_cpu_s += cpu_s
            vmem += size
            resident += int(stat[21]) * _PAGE
            self._io[pid] = _transferred(pid, self._io.get(pid, 0.0))
        self.maxvmem = max(self.maxvmem, vmem)
        return resident

    def proportional(self) -> float:
        """Resident bytes with each shared page split among its users: exact, but too dear for every sample."""
        return sum(_pss(pid) for pid in self._known)

    def signal(self, number: int) -> None:
        """Send a signal to every descendant."""
        for pid in self.look():
            _send(pid, number)

    def kill(self) -> None:
        """SIGKILL to every descendant, again and again until a full look finds none alive, or 2 s have passed."""
        until = time.monotonic() + 2.0
        while time.monotonic() < until:
            self._looks = 0
            alive = [pid for pid, stat in self.look().items() if stat[0] not in "ZX"]
            if not alive:
                return
            for pid in alive:
                _send(pid, _signal.SIGSTOP)
            for pid in alive:
                _send(pid, _signal.SIGKILL)
            time.sleep(0.001)


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _transferred(pid: int, before: float) -> float:
    try:
        with open(f"/proc/{pid}/io", encoding="ascii") as file:
            fields = dict(line.split(": ") for line in file.read().splitlines())
        return float(fields["rchar"]) + float(fields["wchar"])
    except (OSError, KeyError, ValueError):
        return before


def _pss(pid: int) -> float:
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            for line in file:
                if line.startswith("Pss:"):
                    return float(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    stat = _stat(pid)
    return int(stat[21]) * _PAGE if stat else 0.0
