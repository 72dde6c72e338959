"""One try to place a parallel job: 4.6."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from naive_sge.jobs import Key, Place, claims, levels
from naive_sge.matching import cluster_suits, named, suits, violations
from naive_sge.quotas import slots_left
from naive_sge.world import EXCLUSIVE, PER_JOB, Parallel, alone, amount

from fake_sge.core import JobRequest

if TYPE_CHECKING:
    from naive_sge.scheduler import Run

Taken = Callable[[Key], float]


def slot_amounts(pe: Parallel, request: JobRequest) -> list[int]:
    """Those of the range that the environment has and its rule can divide."""
    wanted = {n for span in request.pe_slots for n in range(span.first, min(span.last, pe.slots) + 1, span.step)}
    return sorted(n for n in wanted if not pe.rule.isdigit() or n % int(pe.rule) == 0)


def room(request: JobRequest, level: Key, capacity: dict[str, float], most: int, taken: Taken) -> tuple[int, bool]:
    """How many slots a level's consumables allow, and whether they allow the master too."""
    slots, master = most, True
    for name, total in capacity.items():
        if name == EXCLUSIVE:
            if taken((*level, "alone")) or (alone(request) and taken((*level, "beside"))):
                slots = 0
        elif (wanted := amount(request, name)) and name in PER_JOB:
            master = master and wanted <= total - taken((*level, name))
        elif wanted:
            slots = min(slots, int((total - taken((*level, name))) // wanted))
    return max(slots, 0), master


@dataclass
class Attempt:
    """A try to get *slots* slots in an environment: what was granted so far, and whether the master is among it."""

    run: Run
    request: JobRequest
    pe: str
    slots: int
    taken: Taken
    granted: list[tuple[Place, int]] = field(default_factory=list)
    has_master: bool = False

    def go(self, places: list[Place]) -> tuple[list[tuple[Place, int]], int] | None:
        """The places, and the soft requests that they leave unmet; None if there aren't so many slots."""
        world, request = self.run.world, self.request
        if self.slots > world.pes[self.pe].slots - self.taken(("pe", self.pe)):
            return None
        if self.run.lacks(request, ("global",), world.everywhere.capacity, self.slots, self.taken):
            return None
        if request.soft or request.soft_queues:
            places = sorted(places, key=lambda place: violations(world, request, place))
        hosts = dict.fromkeys(place.host for place in places if cluster_suits(world, request, place, self.pe))
        usable = [place for place in places if suits(world, request, place, self.pe)]
        before = -1
        while self.total > before:
            before = self.total
            for host in hosts:
                self.harvest([place for place in usable if place.host == host])
                if self.total >= self.slots and self.has_master:
                    return self.granted, sum(n * violations(world, request, place) for place, n in self.granted)
            if world.pes[self.pe].rule != "$round_robin":
                break
        return None

    @property
    def total(self) -> int:
        return sum(some for _, some in self.granted)

    def given(self, place: Place) -> int:
        return sum(some for other, some in self.granted if other is place)

    def harvest(self, here: list[Place]) -> None:
        """Take from one host what the rule wants, or nothing."""
        rule = self.run.world.pes[self.pe].rule
        fixed = self.slots if rule == "$pe_slots" else int(rule) if rule.isdigit() else None
        if not here:
            return
        level, capacity = levels(self.run.world, here[0])[1]
        most, master_host = room(self.request, level, capacity, self.slots, self.taken)
        offers = [(place, *self.offer(place, master_host)) for place in here]
        most = min(most - sum(map(self.given, here)), fixed or self.slots, sum(offer for _, offer, _ in offers))
        least = fixed or 1
        if most < least:
            return
        wanted = fixed or (1 if rule == "$round_robin" else min(self.slots - self.total, most))
        before, had_master = self.granted, self.has_master
        target = self.total + wanted
        for place, offer, suits_master in offers:
            self.take(place, self.for_master(place, min(offer, target - self.total), suits_master), suits_master)
            if self.total == target:
                break
        if self.total - sum(some for _, some in before) < least:
            self.granted, self.has_master = before, had_master

    def offer(self, place: Place, master_host: bool) -> tuple[int, bool]:
        """Slots that a place has left, and whether the master may run there."""
        world, request = self.run.world, self.request
        free = int(place.slots - self.taken(("queue", place.name, "slots")))
        level, capacity = levels(world, place)[2]
        most, master = room(request, level, capacity, free, self.taken)
        if request.master_queues:
            master = master and named(request.master_queues, place)
        asked = [name for name in PER_JOB if name in dict(request.hard)]
        somewhere = all(any(name in some for _, some in levels(world, place)) for name in asked)
        return min(most - self.given(place), self.slots), most > 0 and master and master_host and somewhere

    def for_master(self, place: Place, some: int, suits_master: bool) -> int:
        """As long as there is no master, keep a slot for it; a place for the master alone gives no more than that."""
        if self.has_master:
            return some
        if not suits_master:
            return some - 1 if self.total + some == self.slots else some
        outside = self.request.master_queues and self.request.hard_queues
        return min(some, 1) if outside and not named(self.request.hard_queues, place) else some

    def take(self, place: Place, some: int, suits_master: bool) -> None:
        if some <= 0:
            return
        more: dict[Key, float] = {}
        for key, value in claims(self.run.world, self.request, self.pe, self.granted):
            if self.has_master or key[-1] not in PER_JOB:
                more[key] = more.get(key, 0.0) + value
        some = int(min(some, slots_left(self.run.world, self.request, self.pe, place, self.taken, more)[0]))
        if some <= 0:
            return
        master = suits_master and not self.has_master
        if self.given(place):
            self.granted = [(other, n + (some if other is place else 0)) for other, n in self.granted]
        else:
            self.granted = [(place, some), *self.granted] if master else [*self.granted, (place, some)]
        self.has_master = self.has_master or suits_master
