"""What qstat(1) can add to a job's line: how it is ranked, what it asked for, what it was granted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fake_sge.commands.listing import Line
from fake_sge.commands.ranges import slot_range
from fake_sge.core import Cell, JobRequest
from fake_sge.core.resources import STRING_TYPES, parse_value

__all__ = ["JobFacts", "View", "job_facts", "requested_pairs"]


@dataclass(frozen=True, slots=True)
class View:
    """What is shown: *full* -f, *by_slot* -g t, *extended* -ext, *urgency* -urg, *priority* -pri, *requests* -r,
    *tasks* -t; *by_queue* if the queues are gone through.
    """

    full: bool = False
    by_slot: bool = False
    extended: bool = False
    urgency: bool = False
    priority: bool = False
    requests: bool = False
    tasks: bool = False
    by_queue: bool = False

    @property
    def dated(self) -> bool:
        """-ext alone leaves the dates out."""
        return not self.extended or self.urgency or self.priority or self.tasks

    @property
    def plain(self) -> bool:
        return not (self.extended or self.urgency or self.priority or self.requests)


@dataclass(frozen=True, slots=True)
class JobFacts:
    """*..._share* are normalised to 0..1 as the priority formula takes them: sge_priority(5)."""

    urgency_share: float
    priority_share: float
    ticket_share: float
    urgency: float
    resources: float
    waiting: float
    deadline: float
    tickets: tuple[int, ...]
    ticket_portion: float
    slot_range: str
    granted: int | None
    hard: list[tuple[str, str, float]]
    soft: list[tuple[str, str]]
    defaults: list[tuple[str, str]]


def requested_pairs(cell: Cell, requests: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Requests as SGE keeps them: full names, times in seconds."""
    by_shortcut = {complex_.shortcut: name for name, complex_ in cell.config.complexes.items()}
    pairs = []
    for name, text in requests:
        full = name if name in cell.config.complexes else by_shortcut.get(name, name)
        complex_ = cell.config.complexes.get(full)
        if complex_ is not None and complex_.type == "TIME" and ":" in text:
            pairs.append((full, f"{parse_value('TIME', text):.0f}"))
        else:
            pairs.append((full, text))
    return pairs


def job_facts(cell: Cell, line: Line) -> JobFacts:
    """Everything that the extra columns and -r need; the figures are those of the last scheduler run."""
    job = line.job
    request = job.request
    standing = job.standing
    resources = waiting = deadline = 0.0
    if job.excluded:
        standing = None  # its figures are those of tasks that -tc keeps back
    if standing is not None:
        resources, waiting, deadline = standing.contributions(int(job.submitted_at))
    return JobFacts(
        urgency_share=standing.scale.normalised(job.urgency) if standing is not None else 0.0,
        priority_share=standing.normal_posix if standing is not None else 0.0,
        ticket_share=_ticket_share(line),
        urgency=resources + waiting + deadline,
        resources=resources,
        waiting=waiting,
        deadline=deadline,
        tickets=(int(job.tickets), request.override_tickets, *map(int, job.ticket_parts)),
        ticket_portion=job.ticket_portion,
        slot_range=slot_range(request.pe_slots),
        granted=_granted(line) if request.pe is not None and line.running else None,
        hard=[(name, value, _contribution(cell, name, value, line.slots)) for name, value in _hard(cell, request)],
        soft=requested_pairs(cell, request.soft),
        defaults=_defaults(cell, line),
    )


def _granted(line: Line) -> int:
    """The slots on all queues together."""
    return sum(grant.slots for grant in line.task.grants) if line.task is not None else line.slots


def _ticket_share(line: Line) -> float:
    job = line.job
    if job.standing is not None:
        return job.standing.scale.normal_tickets(job)
    return 0.5 if line.running or job.settled else 0.0


def _hard(cell: Cell, request: JobRequest) -> list[tuple[str, str]]:
    return requested_pairs(cell, request.hard)


def _contribution(cell: Cell, name: str, value: str, slots: int) -> float:
    complex_ = cell.config.complexes.get(name)
    if complex_ is None:
        return 0.0
    urgency = float(complex_.urgency)
    if not urgency or complex_.type in STRING_TYPES:
        return urgency
    return urgency * parse_value(complex_.type, value) * slots


def _defaults(cell: Cell, line: Line) -> list[tuple[str, str]]:
    """Consumables that are debited though the job didn't ask for them, managed by the host or for the whole cell."""
    asked = {name for name, _ in requested_pairs(cell, line.job.request.hard)}
    host = cell.hosts.get(line.queue.partition("@")[2])
    managed = [place.capacity for place in (host, cell.layout.everywhere) if place is not None]
    found = []
    for name, complex_ in cell.config.complexes.items():
        if complex_.consumable == "NO" or name == "slots" or name in asked or complex_.default in ("0", "NONE"):
            continue
        if any(name in capacity for capacity in managed):
            found.append((name, complex_.default))
    return found
