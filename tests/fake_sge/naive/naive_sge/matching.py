"""Does a job suit a place, whatever runs there? Straight from 4.2 to 4.5."""

from __future__ import annotations

from fnmatch import fnmatchcase

from naive_sge.jobs import Place, levels
from naive_sge.quotas import lists_of
from naive_sge.world import KIND, PER_JOB, Entry, World

from fake_sge.core import JobRequest


def admits(entry: Entry, lists: list[str], project: str | None) -> bool:
    if any(name in entry.xusers for name in lists) or project in entry.xprojects:
        return False
    if entry.users and not any(name in entry.users for name in lists):
        return False
    return not entry.projects or project in entry.projects


def named(entries: list[str], place: Place, *, anywhere: bool = False) -> bool:
    """-q: ``queue``, ``queue@host``, ``*@host``; of the host, or *anywhere*."""
    for entry in entries:
        queue, _, host = entry.partition("@")
        if fnmatchcase(place.queue, queue or "*") and (anywhere or fnmatchcase(place.host, host or "*")):
            return True
    return False


def named_for(request: JobRequest, place: Place, pe: str | None, *, anywhere: bool = False) -> bool:
    """-q lets it in, or the master of a parallel job by -masterq."""
    if not request.hard_queues or named(request.hard_queues, place, anywhere=anywhere):
        return True
    return pe is not None and bool(request.master_queues) and named(request.master_queues, place, anywhere=anywhere)


def offers(world: World, place: Place, name: str) -> list[str]:
    """What cell, host and queue have of something that isn't consumed; all of it must satisfy."""
    queue = world.queues[place.queue]
    found = [level.fixed[name] for level in (world.everywhere, world.hosts[place.host], queue) if name in level.fixed]
    if name == "h_rt":
        found.append("inf" if queue.h_rt is None else str(queue.h_rt))
    return found


def satisfied(name: str, wanted: str, offered: str) -> bool:
    if KIND[name].type == "STRING":
        return fnmatchcase(offered, wanted)
    if KIND[name].type == "BOOL":
        return wanted == offered
    return float(wanted) <= float(offered)


def cluster_suits(world: World, request: JobRequest, place: Place, pe: str | None) -> bool:
    """The cluster queue alone: a host ranks by its first place of which this holds."""
    queue, lists = world.queues[place.queue], lists_of(world, request.owner)
    if not named_for(request, place, pe, anywhere=True):
        return False
    if pe is not None and pe not in queue.pes:
        return False
    if request.immediate and "INTERACTIVE" not in queue.types:
        return False
    limit, wanted = queue.h_rt, dict(request.hard).get("h_rt")
    if limit is not None and wanted is not None and float(wanted) > limit:
        return False
    return admits(queue.entry, lists, request.project)


def suits(world: World, request: JobRequest, place: Place, pe: str | None) -> bool:
    """The cluster queue, the host and the queue instance, in what never changes."""
    queue, host = world.queues[place.queue], world.hosts[place.host]
    lists, wanted = lists_of(world, request.owner), dict(request.hard)
    if not cluster_suits(world, request, place, pe):
        return False
    if not named_for(request, place, pe):
        return False
    if not admits(host.entry, lists, request.project):
        return False
    if pe is None and not request.immediate and "BATCH" not in queue.types:
        return False
    if "special" not in wanted and any("special" in level.fixed for level in (host, queue)):
        return False
    for name, value in wanted.items():
        if KIND[name].consumable == "NO":
            offered = offers(world, place, name)
            if not offered or not all(satisfied(name, value, offer) for offer in offered):
                return False
        elif not any(name in capacity for _, capacity in levels(world, place)) and not (pe and name in PER_JOB):
            return False
    return True


def violations(world: World, request: JobRequest, place: Place) -> int:
    """Soft requests that a place leaves unmet."""
    missed = 0
    for name, value in request.soft:
        offered = offers(world, place, name)
        missed += not offered or not all(satisfied(name, value, offer) for offer in offered)
    return missed + (bool(request.soft_queues) and not named(request.soft_queues, place))


def category(world: World, request: JobRequest) -> tuple[object, ...]:
    """What makes jobs alike to the scheduler."""
    entries = [host.entry for host in world.hosts.values()] + [queue.entry for queue in world.queues.values()]
    entries += [pe.entry for pe in world.pes.values()]
    used = {name for entry in entries for name in (*entry.users, *entry.xusers)}
    projects = {name for entry in entries for name in (*entry.projects, *entry.xprojects)}
    filters = [chosen for limits in world.quotas for limit in limits for chosen in limit.filters.items()]
    return (
        [name for name in lists_of(world, request.owner) if name in used],
        request.owner if any(scope == "users" for scope, _ in filters) else None,
        request.project if request.project in projects or any(scope == "projects" for scope, _ in filters) else None,
        sorted(request.hard),
        sorted(request.soft),
        request.hard_queues,
        request.soft_queues,
        request.master_queues,
        request.pe,
        request.pe_slots,
        request.immediate,
    )
