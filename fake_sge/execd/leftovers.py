"""Processes of a job whose shepherd is gone: told by the environment they began with, and by their parents."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

__all__ = ["end_leftovers", "marked_processes"]


def marked_processes(mark: str) -> set[int]:
    """Processes that began with *mark* in their environment, those in their sessions, and all their descendants."""
    wanted = b"\0" + os.fsencode(mark) + b"\0"
    parents: dict[int, int] = {}
    sessions: dict[int, int] = {}
    marked: set[int] = set()
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        pid = int(name)
        try:
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="latin-1").rpartition(") ")[2].split()
            if fields[0] in "ZX":
                continue
            parents[pid], sessions[pid] = int(fields[1]), int(fields[3])
            if wanted in b"\0" + Path(f"/proc/{pid}/environ").read_bytes():
                marked.add(pid)
        except OSError:
            continue
    own_sessions = {sessions[pid] for pid in marked if sessions[pid] in marked}
    marked.update(pid for pid, session in sessions.items() if session in own_sessions)
    return _with_descendants(marked, parents)


def _with_descendants(pids: set[int], parents: dict[int, int]) -> set[int]:
    found = set(pids)
    while fresh := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= fresh
    return found - {os.getpid()}


def end_leftovers(directory: Path, patience_s: float = 5.0) -> bool:
    """SIGKILL every process of the job of this spool directory until none is found; whether that came about in time."""
    until = time.monotonic() + patience_s
    while pids := marked_processes(f"SGE_JOB_SPOOL_DIR={directory}"):
        for pid in sorted(pids):
            try:
                os.kill(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True
