"""What tasks take and give back: slots, consumables, quotas, devices, at every level."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fake_sge.core import advance
from fake_sge.core.instances import Host, QueueInstance
from fake_sge.core.model import Grant, Task
from fake_sge.core.outlook import quota_key, shared
from fake_sge.core.plan import IN_ALL, Claim, Plan

if TYPE_CHECKING:
    from fake_sge.core.category import Category
    from fake_sge.core.cell import Cell

__all__ = ["DEVICE_COMPLEXES", "claims", "foresee", "give_back", "memory_limit", "take", "take_again"]

DEVICE_COMPLEXES = ("gpu", "gpus")
"""Consumables whose grants are device numbers of the host."""


def take(cell: Cell, task: Task, places: list[tuple[QueueInstance, int]]) -> None:
    """Debit *places* (the master's first) for *task* and note what it was granted."""
    category = task.job.category
    assert category is not None
    task.charged = category
    task.limits = _limits(category, places)
    identity, second, counted = (task.job.id, task.id), int(cell.now), _counted(cell, category)
    master = True
    for place, slots in places:
        host = place.execution_host
        _use(cell, place, slots)
        if counted:
            _debit(cell, task, category, place, slots, 1, master)
        devices = _devices(category, host, slots, master) if host.free_devices else ()
        task.grants.append(Grant(place.name, slots, devices) if devices else place.grant(slots))
        task.slots += slots
        host.recent[*identity, place.index] = second, slots
        host.stale = True
        place.tasks[identity] = task
        master = False
    if task.pe is not None:
        cell.layout.occupy(task.pe, task.slots)
    if category.reservation is not None:
        advance.hold(category.reservation, task, 1)
        task.limits = advance.limits(cell, category.reservation, task.limits)
    if cell.plan is not None:
        foresee(cell, cell.plan, task)


def give_back(cell: Cell, task: Task) -> None:
    """Credit exactly what `take` debited."""
    category = task.charged
    assert category is not None
    if task.pe is not None and task.pe in cell.layout.environments:
        cell.layout.occupy(task.pe, -task.slots)
    identity, counted = (task.job.id, task.id), _counted(cell, category)
    master = True
    for grant in task.grants:
        place = cell.layout.place(grant.queue_instance)
        host = place.execution_host
        _use(cell, place, -grant.slots)
        if counted:
            _debit(cell, task, category, place, grant.slots, -1, master)
        place.tasks.pop(identity, None)
        if host.recent.pop((*identity, place.index), None) is not None:
            host.stale = True
        if grant.devices:
            host.free_devices = sorted([*host.free_devices, *grant.devices], key=host.machine.gpus.index)
        if "o" in place.flags and not place.tasks:
            cell.set_timer(cell.now, "compile")
        master = False
    if category.reservation is not None:
        advance.hold(category.reservation, task, -1)
    if cell.plan is not None:
        cell.plan.leave(identity)
    task.grants = []
    task.slots = 0
    task.charged = None
    cell.given_back()


def take_again(cell: Cell, task: Task, category: Category) -> None:
    """Debit in a layout that was made anew what a placed task holds, by the amounts of *category*."""
    task.charged = category
    identity = task.job.id, task.id
    places = [(cell.layout.place(grant.queue_instance), grant.slots) for grant in task.grants]
    for index, (place, slots) in enumerate(places):
        _use(cell, place, slots)
        if _counted(cell, category):
            _debit(cell, task, category, place, slots, 1, index == 0)
        place.tasks[identity] = task
        host = place.execution_host
        host.free_devices = [device for device in host.free_devices if device not in task.grants[index].devices]
    if task.pe in cell.layout.environments:
        cell.layout.environments[task.pe].used += task.slots
    if category.reservation is not None:
        advance.hold(category.reservation, task, 1)
    if cell.plan is not None:
        foresee(cell, cell.plan, task)


def foresee(cell: Cell, plan: Plan, task: Task) -> None:
    """Let a placed task stand in *plan*, unless it runs on what an advance reservation has booked already."""
    category = task.charged
    assert category is not None
    if category.reservation is not None:
        return
    assert task.dispatched_at is not None
    places = [(cell.layout.place(grant.queue_instance), grant.slots) for grant in task.grants]
    taken = claims(cell, category, task.pe, places)
    plan.enter((task.job.id, task.id), task.dispatched_at, _foreseen(category, places), taken)


def _use(cell: Cell, place: QueueInstance, slots: int) -> None:
    layout = cell.layout
    place.used += slots
    layout.touch(place)
    if layout.subordinating or layout.counting:
        cell.unsettled.append(place)
    if cell.config.load_follows_jobs:
        cell.stirred[place.host] = None


def _counted(cell: Cell, category: Category) -> bool:
    """Does the category take more than slots of queue instances?"""
    return bool(category.debits or cell.quotas.sets)


def _debit(
    cell: Cell, task: Task, category: Category, place: QueueInstance, slots: int, sign: int, master: bool
) -> None:
    host, everywhere = place.execution_host, cell.layout.everywhere
    host.stale = True
    for demand in category.debits:
        amount = demand.amount * (int(master) if demand.per_job else slots)
        if demand.exclusive:
            amount = float(bool(demand.amount))
        if not amount:
            continue
        for used, capacity in (
            (host.used, host.capacity),
            (everywhere.used, everywhere.capacity),
            (place.used_of, place.capacity),
        ):
            if demand.name in capacity:
                _add(used, demand.name, sign * amount)
    if cell.quotas.sets:
        cell.quotas.debit(category, task.pe, place, slots, sign, master)


def claims(cell: Cell, category: Category, pe: str | None, places: Sequence[tuple[QueueInstance, int]]) -> list[Claim]:
    """What `take` debits, in the terms of the plan."""
    total = float(sum([slots for _, slots in places]))
    found: list[Claim] = [(IN_ALL, total)]
    if pe is not None:
        found.append(((f"pe {pe}", "slots"), total))
    found += [(place.slots_key, float(slots)) for place, slots in places]
    for index, (place, slots) in enumerate(places if _counted(cell, category) else ()):
        master = index == 0
        for demand in category.debits:
            name = demand.name
            amount = demand.amount * (int(master) if demand.per_job else slots)
            if demand.exclusive:
                name, amount = name if amount else shared(name), 1.0
            levels = (place.execution_host, cell.layout.everywhere, place)
            found += [((level.name, name), amount) for level in levels if amount and demand.name in level.capacity]
        applied = cell.quotas.applied(category, pe, place)
        counted = cell.quotas.amounts(category, applied, slots, master)
        found += [(quota_key(counter), amount) for counter, amount in counted]
    return found


def _foreseen(category: Category, places: list[tuple[QueueInstance, int]]) -> float | None:
    """The limit that is taken for a running task's length: the job's own; else the queues'."""
    least = category.asked_s
    if least is None:
        least = min(min(place.h_rt, place.s_rt) for place, _ in places)
    return None if least == math.inf else least


def _add(used: dict[str, float], name: str, amount: float) -> None:
    left = used.get(name, 0.0) + amount
    used[name] = 0.0 if abs(left) < 1e-6 else left


def _devices(category: Category, host: Host, slots: int, master: bool) -> tuple[int, ...]:
    """The lowest free device numbers, as many as the job takes of the host's GPU consumable."""
    if not host.free_devices:
        return ()
    wanted = 0.0
    for demand in category.demands:
        if demand.name in DEVICE_COMPLEXES and demand.name in host.capacity:
            wanted += demand.amount * (int(master) if demand.per_job else slots)
    granted = tuple(host.free_devices[: int(wanted)])
    host.free_devices = host.free_devices[len(granted) :]
    return granted


def _limits(category: Category, places: list[tuple[QueueInstance, int]]) -> tuple[float | None, float | None]:
    """The least of the job's and the queues' h_rt and s_rt, in seconds; None where there is none."""
    hard, soft = category.limits
    for h_rt, s_rt in dict.fromkeys([(place.h_rt, place.s_rt) for place, _ in places]):
        hard, soft = min(hard, h_rt), min(soft, s_rt)
    return (None if hard == math.inf else hard), (None if soft == math.inf else soft)


def memory_limit(cell: Cell, task: Task) -> float | None:
    """Bytes of resident memory at which the cell has the task killed: rmem for each slot on the master's host."""
    if not cell.config.enforce_rmem or task.charged is None:
        return None
    amount = task.charged.amount("rmem")
    return amount * task.grants[0].slots if amount else None
