"""Placing a parallel job: sge_pe(5)'s allocation rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fake_sge.core.category import Category
from fake_sge.core.instances import Environment, Host, QueueInstance
from fake_sge.core.matching import (
    Reason,
    demanded_slots,
    describe_shortfall,
    queue_named,
    shortfall,
    soft_violations,
    static_reasons,
)
from fake_sge.core.outlook import Outlook
from fake_sge.core.resources import matches_pattern
from fake_sge.core.run import Run

__all__ = ["Assignment", "environments", "explain_parallel", "find_places", "most_slots", "slot_amounts"]


@dataclass(slots=True)
class Assignment:
    """Slots on queue instances, the master's first."""

    pe: str
    slots: int
    places: list[tuple[QueueInstance, int]]
    violations: int = 0


def find_places(run: Run, category: Category, barred: list[str]) -> Assignment | None:
    """The most slots of the requested range; of several matching environments the first that gives most."""
    best: Assignment | None = None
    outlook = run.outlook_of(category)
    if not run.empty and outlook.room(run.room) < category.least_slots:
        return None
    for environment in environments(run, category):
        found = most_slots(run, category, environment, barred, outlook)
        if found is None:
            continue
        if best is None or found.slots > best.slots or found.violations < best.violations:
            best = found
    return best


def environments(run: Run, category: Category) -> list[Environment]:
    """Those that the request names, by pattern, the longest unchanged first; in a reservation, the one granted."""
    pattern = category.pe or ""
    if category.reservation is not None:
        granted = category.reservation.pe
        return [run.layout.environments[granted]] if granted in run.layout.environments else []
    return [environment for environment in run.environments if matches_pattern(pattern, environment.name)]


def slot_amounts(category: Category, environment: Environment) -> list[int]:
    """Slot amounts of the range that the environment and its rule allow, ascending."""
    known = category.amounts.get(environment.name)
    if known is None:
        most = environment.slots
        known = sorted({n for r in category.slots for n in range(r.first, min(r.last, most) + 1, r.step)})
        if environment.rule.isdigit():
            known = [n for n in known if n % max(int(environment.rule), 1) == 0]
        category.amounts[environment.name] = known
    return known


def most_slots(
    run: Run,
    category: Category,
    environment: Environment,
    barred: list[str],
    outlook: Outlook,
    order: Sequence[QueueInstance] | None = None,
    wanted: list[int] | None = None,
) -> Assignment | None:
    """The most slots of those *wanted* (else, of the range) that *environment* has in *order* (else, the snapshot)."""
    if not environment.access.admits(category.memberships):
        return None
    amounts = slot_amounts(category, environment) if wanted is None else wanted
    low, high = 0, len(amounts) - 1
    best: Assignment | None = None
    while low <= high:
        middle = (low + high) // 2
        found = _Attempt(run, category, environment, amounts[middle], barred, outlook, order or run.order).assign()
        if found is None:
            high = middle - 1
        else:
            best, low = found, middle + 1
    return best


def _wants_slots_alone(run: Run, category: Category) -> bool:
    """Do neither consumables nor quotas, soft requests or a master queue matter to where jobs of *category* go?"""
    choosy = category.soft or category.soft_queues or category.master_queues
    return not (category.checks or category.job_wants or run.quotas.sets or category.reservation or choosy)


@dataclass(slots=True, eq=False)
class _Attempt:
    """One try to get *slots* slots in an environment."""

    run: Run
    category: Category
    environment: Environment
    slots: int
    barred: list[str]
    outlook: Outlook
    order: Sequence[QueueInstance]
    granted: dict[int, int] = field(default_factory=dict)
    places: list[QueueInstance] = field(default_factory=list)
    quota_taken: dict[tuple[str, str, str], float] = field(default_factory=dict)
    harvested: int = 0
    has_master: bool = False
    violations: int = 0

    def assign(self) -> Assignment | None:
        run, environment, category = self.run, self.environment, self.category
        if self.slots > self.outlook.environment_slots(environment):
            return None
        if environment.rule == "$fill_up" and run.layout.one_queue_a_host and _wants_slots_alone(run, category):
            return self._fill_up()
        if shortfall(run.layout.everywhere, category.checks, self.slots, self.outlook):
            return None
        by_host = self._hosts()
        while True:
            before = self.harvested
            for host, places in by_host:
                self._harvest(host, places)
                if self.harvested >= self.slots and self.has_master:
                    granted = [(place, self.granted[place.index]) for place in self.places]
                    return Assignment(environment.name, self.slots, granted, self.violations)
            if environment.rule != "$round_robin" or self.harvested == before:
                return None

    def _fill_up(self) -> Assignment | None:
        """What the general way comes to where nothing but slots counts and each host has one queue instance."""
        statics = static_reasons(self.run.layout, self.category, self.environment.name)
        outlook, barred, missing = self.outlook, self.barred, self.slots
        granted: list[tuple[QueueInstance, int]] = []
        for place in self.order:
            if statics[place.index] is not None or place.host in barred:
                continue
            slots = outlook.slots(place)
            if slots < 1:
                continue
            if slots >= missing:
                granted.append((place, missing))
                return Assignment(self.environment.name, self.slots, granted)
            granted.append((place, slots))
            missing -= slots
        self.harvested = self.slots - missing
        return None

    def _hosts(self) -> list[tuple[Host, list[QueueInstance]]]:
        """Hosts in the order of their best queue instance, each with those that suit."""
        run, category = self.run, self.category
        statics = static_reasons(run.layout, category, self.environment.name)
        usable = [p for p in self.order if (why := statics[p.index]) is None or why.scope != "cluster"]
        if category.soft or category.soft_queues:
            usable.sort(key=lambda place: soft_violations(run.layout, category, place))
        found: dict[str, tuple[Host, list[QueueInstance]]] = {}
        for place in usable:
            entry = found.setdefault(place.host, (place.execution_host, []))
            if statics[place.index] is None and place.host not in self.barred:
                entry[1].append(place)
        return [entry for entry in found.values() if entry[1]]

    def _harvest(self, host: Host, places: list[QueueInstance]) -> None:
        """Take what the rule wants from one host, or nothing."""
        fixed = self.environment.per_host(self.slots)
        least = fixed or 1
        free = sum(self.outlook.slots(place) - self.granted.get(place.index, 0) for place in places)
        if free < least:
            return
        room, host_master = demanded_slots(host, self.category.checks, self.slots, self.outlook)
        room = min(room - sum(self.granted.get(p.index, 0) for p in places), fixed or self.slots)
        if room < least:
            return
        offers = [(place, *self._offer(place, host_master)) for place in places]
        room = min(room, sum(offer for _, offer, _ in offers))
        if room < least:
            return
        open_rule = 1 if self.environment.rule == "$round_robin" else min(self.slots - self.harvested, room)
        wanted = fixed or open_rule
        self._take(offers, wanted, least)

    def _offer(self, place: QueueInstance, host_master: bool) -> tuple[int, bool]:
        """Slots a queue instance still has for this try, and whether the master task may run there."""
        run, category = self.run, self.category
        room, master = demanded_slots(place, category.checks, self.outlook.slots(place), self.outlook)
        if room <= 0:
            return 0, False
        room -= self.granted.get(place.index, 0)
        if category.master_queues:
            master = master and queue_named(category.master_queues, run.layout, place.queue, place.host)
        return min(room, self.slots), master and host_master and self._has_job_resources(place)

    def _has_job_resources(self, place: QueueInstance) -> bool:
        wanted = self.category.job_wants
        if not wanted:
            return True
        levels = (place.capacity, place.execution_host.capacity, self.run.layout.everywhere.capacity)
        return all(any(name in level for level in levels) for name in wanted)

    def _take(self, offers: list[tuple[QueueInstance, int, bool]], wanted: int, least: int) -> None:
        taken: list[tuple[QueueInstance, int]] = []
        got, got_master = 0, self.has_master
        for place, offer, master in offers:
            slots = min(offer, wanted - got)
            if not got_master:
                slots = self._master_rule(place, slots, master, got)
            slots = self._within_quota(place, slots, master and not got_master)
            if slots > 0:
                self._grant(place, slots, master and not got_master)
                got_master = got_master or master
                taken.append((place, slots))
                got += slots
            if got == wanted:
                break
        if got < least:
            self._give_back(taken)
        else:
            self.harvested += got
            self.has_master = got_master

    def _master_rule(self, place: QueueInstance, slots: int, master: bool, got: int) -> int:
        """Keep a slot for the master task; a queue that only ``-masterq`` names gives no more than that one."""
        if not master:
            return slots - 1 if self.harvested + got + slots == self.slots else slots
        category = self.category
        if category.master_queues and category.queues:
            inside = queue_named(category.queues, self.run.layout, place.queue, place.host)
            return slots if inside else min(slots, 1)
        return slots

    def _within_quota(self, place: QueueInstance, slots: int, master: bool) -> int:
        run = self.run
        applied = run.quotas.applied(self.category, self.environment.name, place)
        if not applied or slots <= 0:
            return slots
        room, _ = run.quotas.room(self.category, applied, self.quota_taken, self.outlook)
        slots = int(min(slots, room))
        for counter, amount in run.quotas.amounts(self.category, applied, slots, master):
            self.quota_taken[counter] = self.quota_taken.get(counter, 0.0) + amount
        return slots

    def _grant(self, place: QueueInstance, slots: int, master: bool) -> None:
        if place.index not in self.granted:
            self.places.insert(0 if master else len(self.places), place)
        self.granted[place.index] = self.granted.get(place.index, 0) + slots
        if self.category.soft or self.category.soft_queues:
            self.violations += slots * soft_violations(self.run.layout, self.category, place)

    def _give_back(self, taken: list[tuple[QueueInstance, int]]) -> None:
        for place, slots in taken:
            self.granted[place.index] -= slots
            if not self.granted[place.index]:
                del self.granted[place.index]
                self.places.remove(place)
            applied = self.run.quotas.applied(self.category, self.environment.name, place)
            for counter, amount in self.run.quotas.amounts(self.category, applied, slots, False):
                self.quota_taken[counter] = self.quota_taken.get(counter, 0.0) - amount


def explain_parallel(run: Run, category: Category) -> list[Reason]:
    """Why no environment gives enough slots."""
    named = environments(run, category)
    if not named:
        return [Reason("job", "", "no matching PE found")]
    found: dict[tuple[str, str], Reason] = {}
    for environment in named:
        name = environment.name
        if not environment.access.admits(category.memberships):
            found["job", name] = Reason("job", name, f'cannot run because no access to PE "{name}"')
            continue
        offered = 0
        statics = static_reasons(run.layout, category, name)
        clusters = [why for place in run.order if (why := statics[place.index]) is not None and why.scope == "cluster"]
        others = [why for place in run.order if (why := statics[place.index]) is not None and why.scope != "cluster"]
        for why in (*clusters, *others, *_used_up(run, category, statics)):
            found.setdefault((why.scope, why.name), why)
        if amounts := slot_amounts(category, environment):
            attempt = _Attempt(run, category, environment, amounts[0], [], run.present(category), run.order)
            attempt.assign()
            offered = attempt.harvested
        found["pe", name] = Reason("pe", name, f'cannot run in PE "{name}" because it only offers {offered} slots')
    return list(found.values())


def _used_up(run: Run, category: Category, statics: list[Reason | None]) -> list[Reason]:
    """Hosts and queue instances that have nothing left for a single slot."""
    found = []
    for place in run.order:
        if statics[place.index] is None:
            for level in (place.execution_host, place):
                demand = shortfall(level, category.demands, 1, run.present(category))
                if demand is not None and not demand.per_job:
                    found.append(describe_shortfall(run.layout, category, level, demand, run.present(category)))
                    break
    return found
