"""Stopping a daemon from outside, and the jobs of one that is gone."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import shutil
import signal

from fake_sge.daemon.serve import CannotServe
from fake_sge.execd import Layout, end_task

__all__ = ["stop"]

_PATIENCE_S = 60.0


def stop(layout: Layout, *, kill_jobs: bool = False) -> bool:
    """Stop the daemon of *layout*, and with *kill_jobs* all jobs, also those of a daemon that was killed.

    Returns whether one was running. Raises `CannotServe` when it doesn't end.
    """
    pidfd = _daemon_of(layout)
    if pidfd is not None:
        try:
            signal.pidfd_send_signal(pidfd, signal.SIGUSR2 if kill_jobs else signal.SIGTERM)
            waiting = select.poll()
            waiting.register(pidfd, select.POLLIN)
            if not waiting.poll(_PATIENCE_S * 1000):
                raise CannotServe(f"the daemon of {layout.root} doesn't end: see {layout.qmaster_spool / 'messages'}")
        except ProcessLookupError:
            pass
        finally:
            os.close(pidfd)
    if kill_jobs:
        for directory in layout.spool.glob("*/active_jobs/*"):
            end_task(directory)
        shutil.rmtree(layout.root / "tmp", ignore_errors=True)
    return pidfd is not None


def _daemon_of(layout: Layout) -> int | None:
    """A pidfd of the daemon that holds the root's lock, or None."""
    with contextlib.suppress(FileNotFoundError), open(layout.qmaster_spool / "lock") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with contextlib.suppress(ProcessLookupError, ValueError):
                return os.pidfd_open(int(file.read()))
    return None
