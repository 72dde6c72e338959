"""What runs jobs: the protocol, an execd of real processes with a shepherd each, and an inert one."""

from __future__ import annotations

from fake_sge.execd.environment import job_environment, pe_hostfile
from fake_sge.execd.inert import InertExecd
from fake_sge.execd.layout import ARCHITECTURE, Layout
from fake_sge.execd.leftovers import end_leftovers, marked_processes
from fake_sge.execd.order import Account, Ended, Execd, Order, Report, Started
from fake_sge.execd.paths import stream_paths
from fake_sge.execd.processes import ProcessExecd
from fake_sge.execd.survivors import end_task

__all__ = [
    "ARCHITECTURE",
    "Account",
    "Ended",
    "Execd",
    "InertExecd",
    "Layout",
    "Order",
    "ProcessExecd",
    "Report",
    "Started",
    "end_leftovers",
    "end_task",
    "job_environment",
    "marked_processes",
    "pe_hostfile",
    "stream_paths",
]
