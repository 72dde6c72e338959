"""Wall time: a real hub, proxy and Grid Engine brought up as one stack, disturbed, looked at and taken down."""

from __future__ import annotations

from hubstack.testbed.disturb import Outage, disturb
from hubstack.testbed.errors import ComponentFailed, Refused
from hubstack.testbed.hub import hub_api
from hubstack.testbed.lifecycle import Progress, bring_up, is_running, running_stack, tear_down
from hubstack.testbed.machine import Finding, check_machine, examine_machine, find_chromium
from hubstack.testbed.session_logs import find_log
from hubstack.testbed.stack import COMPONENTS, Stack, StackInfo
from hubstack.testbed.status import (
    ComponentStatus,
    HostStatus,
    JobStatus,
    SessionStatus,
    Status,
    status_of,
)
from hubstack.testbed.steps import REPAIRS, STEPS, Request, Step
from hubstack.testbed.submit_host import ask, run_on_submit_host, submit_host

__all__ = [
    "COMPONENTS",
    "REPAIRS",
    "STEPS",
    "ComponentFailed",
    "ComponentStatus",
    "Finding",
    "HostStatus",
    "JobStatus",
    "Outage",
    "Progress",
    "Refused",
    "Request",
    "SessionStatus",
    "Stack",
    "StackInfo",
    "Status",
    "Step",
    "ask",
    "bring_up",
    "check_machine",
    "disturb",
    "examine_machine",
    "find_chromium",
    "find_log",
    "hub_api",
    "is_running",
    "run_on_submit_host",
    "running_stack",
    "status_of",
    "submit_host",
    "tear_down",
]
