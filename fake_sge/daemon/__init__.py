"""The wall-clock shell: a cell behind a Unix socket, with a journal under it and jobs that are real processes."""

from __future__ import annotations

from fake_sge.daemon.clock import Clock
from fake_sge.daemon.leap import CannotAdvance, advance
from fake_sge.daemon.qmaster import Qmaster, Recovered, recover
from fake_sge.daemon.replay import replay
from fake_sge.daemon.running import RunningCell
from fake_sge.daemon.serve import Announcement, CannotServe, Settings, serve
from fake_sge.daemon.stop import stop

__all__ = [
    "Announcement",
    "CannotAdvance",
    "CannotServe",
    "Clock",
    "Qmaster",
    "Recovered",
    "RunningCell",
    "Settings",
    "advance",
    "recover",
    "replay",
    "serve",
    "stop",
]
