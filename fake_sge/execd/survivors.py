"""Tasks that outlived the daemon that started them: found by the locks that their shepherds hold."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import time
from pathlib import Path

from fake_sge.execd.leftovers import end_leftovers

__all__ = ["end_task", "shepherd_of"]


def shepherd_of(directory: Path, patience_s: float = 30.0) -> int | None:
    """A pidfd of the living shepherd of this spool directory, or None. One just started gets time to say its number."""
    until = time.monotonic() + patience_s
    while _locked(directory) and time.monotonic() < until:
        with contextlib.suppress(OSError, ValueError):
            pidfd = os.pidfd_open(int((directory / "pid").read_text()))
            if _locked(directory):
                return pidfd
            os.close(pidfd)
        time.sleep(0.005)
    return None


def end_task(directory: Path, patience_s: float = 10.0) -> None:
    """End the task of this spool directory without a daemon: its shepherd is asked, then what is left is killed."""
    pidfd = shepherd_of(directory)
    if pidfd is not None:
        try:
            _end_shepherd(pidfd, patience_s)
        except ProcessLookupError:
            pass
        finally:
            os.close(pidfd)
    end_leftovers(directory)


def _end_shepherd(pidfd: int, patience_s: float) -> None:
    """Ask, more than once so that a notice period is cut short, and finally insist."""
    waiting = select.poll()
    waiting.register(pidfd, select.POLLIN)
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        signal.pidfd_send_signal(pidfd, signal.SIGTERM)
        if waiting.poll(500):
            return
    signal.pidfd_send_signal(pidfd, signal.SIGKILL)


def _locked(directory: Path) -> bool:
    """Whether a shepherd lives for this spool directory."""
    try:
        lock = os.open(directory / "lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False
