"""What a stack looks like now."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree as ET

from hubstack.testbed.components import process_of
from hubstack.testbed.errors import Refused
from hubstack.testbed.hub import hub_api
from hubstack.testbed.stack import COMPONENTS, Stack
from hubstack.testbed.submit_host import ask

__all__ = ["ComponentStatus", "HostStatus", "JobStatus", "SessionStatus", "Status", "status_of"]


@dataclass(frozen=True)
class ComponentStatus:
    """One component: *state* is running or gone; *container* is its container's id on stage real, otherwise None."""

    name: str
    pid: int | None
    container: str | None
    state: str


@dataclass(frozen=True)
class HostStatus:
    """One execution host; *state* is up or down, *load* as qhost(1) prints it."""

    name: str
    state: str
    processors: str
    load: str
    memory: str


@dataclass(frozen=True)
class JobStatus:
    """One job of ``qstat -u '*'``, *state* in SGE's letters; *queue* is empty while it waits."""

    id: int
    name: str
    user: str
    state: str
    queue: str
    slots: int


@dataclass(frozen=True)
class SessionStatus:
    """One server that the hub knows; *state* is ready, or what it is about: spawn, stop."""

    user: str
    server: str
    state: str
    url: str
    started: str


@dataclass(frozen=True)
class Status:
    """The keys of ``hubstack status -o json``. What can't be asked is empty, and *troubles* says why."""

    name: str
    components: list[ComponentStatus]
    hosts: list[HostStatus]
    jobs: list[JobStatus]
    sessions: list[SessionStatus]
    troubles: list[str]


def status_of(name: str) -> Status:
    """Ask a stack's components.

    Raises:
        Refused: there is no such stack.
    """
    stack = Stack.existing(name)
    hosts: list[HostStatus] = []
    jobs: list[JobStatus] = []
    sessions: list[SessionStatus] = []
    troubles = []
    try:
        hosts, jobs = _hosts(ask(stack, "qhost")), _jobs(ask(stack, "qstat", "-u", "*", "-xml"))
    except Refused as trouble:
        troubles.append(trouble.what)
    try:
        sessions = _sessions(stack)
    except (OSError, Refused) as trouble:
        troubles.append(f"the hub doesn't answer: {trouble}")
    return Status(stack.name, _components(stack), hosts, jobs, sessions, troubles)


def _components(stack: Stack) -> list[ComponentStatus]:
    found = []
    for name in COMPONENTS:
        process = process_of(stack, name)
        alive = process is not None and process.alive()
        found.append(
            ComponentStatus(name, process.pid if process and alive else None, None, "running" if alive else "gone")
        )
    return found


def _hosts(table: str) -> list[HostStatus]:
    """Read qhost(1): two lines of heading, then a line for each host, the first of them for ``global``."""
    rows = [line.split() for line in table.splitlines()[2:] if line.strip()]
    return [
        HostStatus(row[0], "up" if row[6] != "-" else "down", processors=row[2], load=row[6], memory=row[7])
        for row in rows
        if row[0] != "global"
    ]


def _jobs(document: str) -> list[JobStatus]:
    return [
        JobStatus(
            id=int(job.findtext("JB_job_number", "0")),
            name=job.findtext("JB_name", ""),
            user=job.findtext("JB_owner", ""),
            state=job.findtext("state", ""),
            queue=job.findtext("queue_name") or "",
            slots=int(job.findtext("slots", "0")),
        )
        for job in ET.fromstring(document).iter("job_list")  # noqa: S314 - our own daemon wrote it
    ]


def _sessions(stack: Stack) -> list[SessionStatus]:
    return [
        SessionStatus(
            user=user["name"],
            server=server["name"],
            state="ready" if server["ready"] else server["pending"] or "stopped",
            url=server["url"],
            started=server["started"] or "",
        )
        for user in hub_api(stack, "users?state=active")
        for server in user["servers"].values()
    ]
