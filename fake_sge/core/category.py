"""Job categories: pending jobs with the same requests share one, and with it every verdict about them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fake_sge.core.config import Complex
from fake_sge.core.layout import Layout
from fake_sge.core.model import JobRequest, Resource, TaskRange
from fake_sge.core.resources import STRING_TYPES, NotAValue, parse_value

if TYPE_CHECKING:
    from fake_sge.core.advance import AdvanceReservation
    from fake_sge.core.matching import Reason
    from fake_sge.core.quota import Quotas

__all__ = [
    "Category",
    "Demand",
    "Want",
    "category_key",
    "describe_slots",
    "make_category",
    "request_of",
    "urgency_slots",
]


@dataclass(frozen=True, slots=True)
class Want:
    """A resource request, parsed; *number* is 0 for string types."""

    attribute: Complex
    text: str
    number: float

    @property
    def name(self) -> str:
        return self.attribute.name


@dataclass(frozen=True, slots=True)
class Demand:
    """What a job takes of a consumable where there is any: *amount* for each slot, or once if *per_job*."""

    attribute: Complex
    amount: float
    per_job: bool
    requested: bool
    exclusive: bool = False
    name: str = field(init=False, default="")

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.attribute.name)


@dataclass(slots=True, eq=False)
class Category:
    """The requests that jobs share, and what the scheduler has found out about them.

    *key* is the text in field 40 of accounting(5); *plain* are the hard requests of what isn't consumed, *least_slots*
    the fewest of its slot range. *demands* are what a job takes of consumables, *debits* those of them of which there
    is a number anywhere, *checks* those that may keep a job from a queue instance with
    room, *job_wants* what it asks for once, for its master task. *limits* are the seconds it asks of
    h_rt and s_rt, *asked_s* the lesser (None if it asks for neither).

    *statics* holds, for each queue instance, why it never suits (None: it does); it is dropped when the configuration
    changes. *amounts* are the slot amounts of its range that an environment allows. *rejected_at* is the cell's
    `capacity_epoch` at which no place was found: until something is given back, nothing needs to be tried again.
    *seen_in* is the number of the last run that tried. *unreservable* is set when even a reservation found no place,
    and stays (as in 8.1.9) until the last of its *jobs* is gone. *reservation* is the
    advance reservation in which its jobs run; for them, and for one being granted, there are no quotas (*no_quotas*).
    """

    key: str
    user: str
    group: str
    memberships: list[str]
    project: str | None
    hard: list[Want]
    plain: list[Want]
    soft: list[Want]
    queues: list[str]
    soft_queues: list[str]
    master_queues: list[str]
    pe: str | None
    slots: list[TaskRange]
    least_slots: int
    immediate: bool
    demands: list[Demand]
    debits: list[Demand]
    checks: list[Demand]
    limits: tuple[float, float]
    asked_s: float | None
    job_wants: list[str]
    resource_urgency: float
    statics: dict[str, list[Reason | None]] = field(default_factory=dict)
    amounts: dict[str, list[int]] = field(default_factory=dict)
    rejected_at: int = -1
    load_dependent: bool = False
    seen_in: int = 0
    unreservable: bool = False
    jobs: int = 0
    checkpoint: str | None = None
    reservation: AdvanceReservation | None = None
    no_quotas: bool = False

    def amount(self, name: str) -> float:
        """How much of a consumable a slot (or, for JOB, the job) takes."""
        return next((demand.amount for demand in self.demands if demand.name == name), 0.0)

    @property
    def resource_list(self) -> str:
        """``h_rt=600,rmem=1000G``, as it stands in messages."""
        return ",".join(f"{want.name}={want.text}" for want in self.hard) or "NONE"


def describe_slots(ranges: list[TaskRange]) -> str:
    """A slot range as typed: ``2-4``, ``8``, ``1,4-6``."""
    return ",".join(str(r.first) if r.first == r.last else f"{r.first}-{r.last}" for r in ranges)


def category_key(layout: Layout, quotas: Quotas, request: JobRequest) -> str:
    """The category of a request, in the words of accounting(5): only what can make a difference is in it."""
    memberships = layout.memberships(request.owner, request.group)
    lists = [name for name in layout.access_lists_used if name in memberships]
    parts = ["-U " + ",".join(lists)] if lists else []
    if quotas.concerns_user(request.owner, request.group):
        parts.append("-u " + request.owner)
    queues = (("-q", request.hard_queues), ("-masterq", request.master_queues))
    parts += [f"{option} {','.join(entries)}" for option, entries in queues if entries]
    resources = (("-l", request.hard), ("-soft -l", request.soft))
    parts += [f"{option} {_resources(entries)}" for option, entries in resources if entries]
    if request.soft_queues:
        parts.append("-soft -q " + ",".join(request.soft_queues))
    if request.pe:
        parts.append(f"-pe {request.pe} {describe_slots(request.pe_slots)}")
    if request.checkpoint:
        parts.append(f"-ckpt {request.checkpoint}")
    if request.immediate:
        parts.append("-I y")
    if request.project and (request.project in layout.projects_used or quotas.concerns_project(request.project)):
        parts.append("-P " + request.project)
    if request.advance_reservation:
        parts.append(f"-ar {request.advance_reservation}")
    return " ".join(parts)


def _resources(entries: list[Resource]) -> str:
    return ",".join(f"{name}={value}" for name, value in sorted(entries))


def make_category(layout: Layout, key: str, request: JobRequest) -> Category:
    """Parse a request (already verified) into what matching needs."""
    hard = [_want(layout, entry) for entry in sorted(request.hard)]
    demands = _demands(layout, hard)
    debits = [demand for demand in demands if demand.name in layout.counted]
    asked = {want.name: want.number for want in hard}
    made = Category(
        key=key,
        user=request.owner,
        group=request.group,
        memberships=layout.memberships(request.owner, request.group),
        project=request.project,
        hard=hard,
        plain=[want for want in hard if want.attribute.consumable not in ("YES", "JOB")],
        soft=[_want(layout, entry) for entry in sorted(request.soft)],
        queues=list(request.hard_queues),
        soft_queues=list(request.soft_queues),
        master_queues=list(request.master_queues),
        pe=request.pe,
        slots=list(request.pe_slots),
        least_slots=min((slots.first for slots in request.pe_slots), default=1),
        immediate=request.immediate,
        demands=demands,
        debits=debits,
        checks=debits if request.advance_reservation else [d for d in debits if d.name != "slots" or layout.slots_bind],
        limits=(asked.get("h_rt", math.inf), asked.get("s_rt", math.inf)),
        asked_s=min((asked[name] for name in ("h_rt", "s_rt") if name in asked), default=None),
        job_wants=[demand.name for demand in demands if demand.per_job and demand.requested],
        resource_urgency=_urgency(layout, hard, request),
        checkpoint=request.checkpoint,
        no_quotas=bool(request.advance_reservation),
    )
    made.load_dependent = any(want.name in layout.loads for want in (*made.plain, *made.soft))
    return made


def request_of(category: Category) -> JobRequest:
    """A request that has the same category in the same cell: for compiling the category anew."""
    return JobRequest(
        owner=category.user,
        group=category.group,
        project=category.project,
        hard=[(want.name, want.text) for want in category.hard],
        soft=[(want.name, want.text) for want in category.soft],
        hard_queues=category.queues,
        soft_queues=category.soft_queues,
        master_queues=category.master_queues,
        pe=category.pe,
        pe_slots=category.slots,
        immediate=category.immediate,
        checkpoint=category.checkpoint,
        advance_reservation=category.reservation.id if category.reservation else 0,
    )


def _want(layout: Layout, entry: Resource) -> Want:
    """A complex may have been removed, or have another type, since the job asked for it."""
    name, text = entry
    attribute = layout.complexes.get(name) or Complex(name, name, "STRING", "==")
    try:
        number = 0.0 if attribute.type in STRING_TYPES else parse_value(attribute.type, text)
    except NotAValue:
        number = 0.0
    return Want(attribute, text, number)


def _demands(layout: Layout, hard: list[Want]) -> list[Demand]:
    requested = {want.name: want for want in hard}
    found: list[Demand] = []
    for attribute in layout.consumables:
        want = requested.get(attribute.name)
        exclusive = attribute.relop == "EXCL"
        if attribute.name == "slots":
            amount = 1.0
        elif want is not None:
            amount = want.number
        else:
            amount = 0.0 if exclusive else _default(attribute)
        if amount or want is not None or exclusive:
            found.append(Demand(attribute, amount, attribute.consumable == "JOB", want is not None, exclusive))
    return sorted(found, key=lambda demand: (demand.name != "slots", demand.requested, demand.name))


def _default(attribute: Complex) -> float:
    """What is taken where nothing is asked for; 8.1.9 keeps defaults of consumables that are no values."""
    try:
        return parse_value(attribute.type, attribute.default)
    except NotAValue:
        return 0.0


def _urgency(layout: Layout, hard: list[Want], request: JobRequest) -> float:
    """The resource requirement contribution of sge_priority(5), the implicit slots included."""
    slots = urgency_slots(layout, request)
    total = _figure(layout.complexes["slots"].urgency) * slots if "slots" in layout.complexes else 0.0
    for want in hard:
        figure = _figure(want.attribute.urgency)
        if figure and want.name != "slots":
            total += figure if want.attribute.type in STRING_TYPES else figure * slots * want.number
    return total


def urgency_slots(layout: Layout, request: JobRequest) -> float:
    """How many slots a range stands for: urgency_slots of sge_pe(5)."""
    if not request.pe:
        return 1.0
    first, last = request.pe_slots[0].first, request.pe_slots[-1].last
    environment = layout.environments.get(request.pe)
    rule = environment.urgency_slots if environment else "min"
    if rule == "max":
        return float(last)
    if rule == "avg":
        return float((first + last) // 2)
    return float(rule) if rule.isdigit() else float(first)


def _figure(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
