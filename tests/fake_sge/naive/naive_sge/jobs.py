"""What a naive scheduler knows of jobs, places and what is taken: nothing is counted, everything is summed up anew."""

from __future__ import annotations

from dataclasses import dataclass, field

from naive_sge.quotas import counters
from naive_sge.world import CONSUMABLE, EXCLUSIVE, PER_JOB, World, alone, amount

from fake_sge.core import JobRequest

Key = tuple[str, ...]


@dataclass(eq=False)
class Place:
    """A queue instance. *stamp* is when it last changed: those that changed later are looked at later."""

    queue: str
    host: str
    number: int
    slots: int
    stamp: int
    flags: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        return f"{self.queue}@{self.host}"


@dataclass(eq=False)
class Waiting:
    """A job: the tasks that wait, those that are held or in error among them, and what it waits for."""

    id: int
    request: JobRequest
    submitted: float
    held: bool = False
    before: list[int] = field(default_factory=list)
    tasks: list[int] = field(default_factory=list)
    errors: list[int] = field(default_factory=list)
    leaving: int = 0

    def startable(self) -> list[int]:
        return sorted(task for task in self.tasks if task not in self.errors)


@dataclass(eq=False)
class Running:
    """A task on its places, by the request that it was started with."""

    job: Waiting
    task: int
    request: JobRequest
    pe: str | None
    grants: list[tuple[Place, int]]
    start: int
    deleted: bool = False


def levels(world: World, place: Place) -> list[tuple[Key, dict[str, float]]]:
    """The three levels above a slot, with the consumables that each has."""
    return [
        (("global",), world.everywhere.capacity),
        (("host", place.host), world.hosts[place.host].capacity),
        (("queue", place.name), world.queues[place.queue].capacity),
    ]


def claims(
    world: World, request: JobRequest, pe: str | None, grants: list[tuple[Place, int]]
) -> list[tuple[Key, float]]:
    """Everything that a job takes on these places, master first."""
    found: list[tuple[Key, float]] = []
    for number, (place, slots) in enumerate(grants):
        found.append((("queue", place.name, "slots"), slots))
        for level, capacity in levels(world, place):
            for name in capacity:
                if name == EXCLUSIVE:
                    found.append(((*level, "alone" if alone(request) else "beside"), 1.0))
                elif name not in PER_JOB:
                    found.append(((*level, name), amount(request, name) * slots))
                elif number == 0:
                    found.append(((*level, name), amount(request, name)))
        for counter, resource in counters(world, request, pe, place):
            if resource in CONSUMABLE and (resource not in PER_JOB or number == 0):
                times = 1 if resource in PER_JOB else slots
                found.append((("quota", *counter, resource), amount(request, resource) * times))
    if pe is not None:
        found.append((("pe", pe), sum(slots for _, slots in grants)))
    return [(key, value) for key, value in found if value]
