"""When and where a job that can't start yet could: sched_conf(5)'s max_reservation and qsub(1)'s ``-R y``."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from fake_sge.core.category import Category
from fake_sge.core.instances import Environment, Host, QueueInstance
from fake_sge.core.matching import shortfall, static_reasons
from fake_sge.core.outlook import Empty, Window, quota_key, shared
from fake_sge.core.parallel import Assignment, environments, most_slots, slot_amounts
from fake_sge.core.plan import Plan
from fake_sge.core.run import Run

__all__ = ["Reservation", "find_reservation"]


@dataclass(frozen=True, slots=True)
class Reservation:
    """Slots on queue instances from *start_at* on, the master's first."""

    start_at: float
    pe: str | None
    places: list[tuple[QueueInstance, int]]


def find_reservation(run: Run, category: Category) -> Reservation | None:
    """The earliest place for a job of *category*; None if its resources are never free for good."""
    assert run.plan is not None
    if category.pe is None:
        return _serial(run, run.plan, category)
    best: Reservation | None = None
    for environment in environments(run, category):
        found = _parallel(run, run.plan, category, environment)
        if found is not None and (best is None or found.start_at < best.start_at):
            best = found
    return best


def _serial(run: Run, plan: Plan, category: Category) -> Reservation | None:
    """The queue instance that is free for good the earliest; of equals the first."""
    statics = static_reasons(run.layout, category, None)
    everywhere = _level_since(plan, category, run.layout.everywhere)
    best, best_at = None, math.inf
    for place in run.lineup.joined:
        if statics[place.index] is not None:
            continue
        at = max(everywhere, _place_since(run, plan, category, place))
        if at < best_at:
            best, best_at = place, at
    return None if best is None else Reservation(max(best_at, float(int(run.now))), None, [(best, 1)])


def _place_since(run: Run, plan: Plan, category: Category, place: QueueInstance) -> float:
    """Since when a slot of *place* is free for good, with all that the job needs of it and its host."""
    if place.slots < 1:
        return math.inf
    since = max(plan.free_since((place.name, "slots"), place.slots - 1), _quota_since(run, plan, category, place))
    return max(since, _level_since(plan, category, place.execution_host), _level_since(plan, category, place))


def _level_since(plan: Plan, category: Category, level: Host | QueueInstance) -> float:
    since = 0.0
    if shortfall(level, category.demands, 1, Empty({})) is not None:
        return math.inf
    for demand in category.demands:
        if demand.name not in level.capacity:
            continue
        if demand.exclusive:
            since = max(since, plan.free_since((level.name, demand.name), 0.0))
            if demand.amount:
                since = max(since, plan.free_since((level.name, shared(demand.name)), 0.0))
        else:
            since = max(since, plan.free_since((level.name, demand.name), level.capacity[demand.name] - demand.amount))
    return since


def _quota_since(run: Run, plan: Plan, category: Category, place: QueueInstance) -> float:
    applied = run.quotas.applied(category, None, place)
    if applied and run.quotas.room(category, applied, {}, Empty({}))[0] < 1:
        return math.inf
    limits = {one.counter(resource): limit for one in applied for resource, limit in one.limits}
    counted = run.quotas.amounts(category, applied, 1, True)
    return max(
        (plan.free_since(quota_key(counter), limits[counter] - amount) for counter, amount in counted), default=0.0
    )


def _parallel(run: Run, plan: Plan, category: Category, environment: Environment) -> Reservation | None:
    """The first change from which on the fewest slots are free for good; then, the most there."""
    amounts = slot_amounts(category, environment)
    if not amounts:
        return None
    order = run.lineup.joined

    def fewest(at: float) -> Assignment | None:
        if plan.room(at, at + plan.length_s(category)) < amounts[0]:
            return None
        window = Window(run.quotas.used, plan, at, at + plan.length_s(category))
        return most_slots(run, category, environment, [], window, order, amounts[:1])

    if plan.only_empties:
        found = _earliest_falling(plan.ends(float(int(run.now))), fewest)
    else:
        found = _earliest(_changes(run, plan, order, environment), fewest)
    if found is None:
        return None
    at, assignment = found
    if len(amounts) > 1:
        window = Window(run.quotas.used, plan, at, at + plan.length_s(category))
        assignment = most_slots(run, category, environment, [], window, order) or assignment
    return Reservation(at, environment.name, assignment.places)


def _earliest(changes: list[float], fewest: Callable[[float], Assignment | None]) -> tuple[float, Assignment] | None:
    """As 8.1.9 looks for it: from the last change on, until it fits no more."""
    found = None
    for at in reversed(changes):
        assignment = fewest(at)
        if assignment is None:
            break
        found = at, assignment
    return found


def _earliest_falling(
    changes: list[float], fewest: Callable[[float], Assignment | None]
) -> tuple[float, Assignment] | None:
    """The same, by halves: where nothing is taken anew, what fits at a time fits at all later ones."""
    low, high, found = 0, len(changes), None
    while low < high:
        middle = (low + high) // 2
        assignment = fewest(changes[middle])
        if assignment is None:
            low = middle + 1
        else:
            found, high = (changes[middle], assignment), middle
    return found


def _changes(run: Run, plan: Plan, order: list[QueueInstance], environment: Environment) -> list[float]:
    """The instants from now on at which something changes that the job could need."""
    whose = {f"pe {environment.name}", run.layout.everywhere.name}
    whose |= {place.name for place in order} | {place.host for place in order}
    now = float(int(run.now))
    found = {now}
    for (name, _), timeline in plan.timelines.items():
        if name in whose:
            found.update(at for at in timeline.times if at > now)
    return sorted(found)
