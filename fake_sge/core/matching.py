"""Does a job fit a place? Every check answers None, or the reason why not.

The order of the checks and the words are those of SGE 8.1.9's scheduler: what rules out a whole cluster queue or host
is
found, and said, once. Reasons are cheap tuples here; `explain` makes texts of them when somebody asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fake_sge.core.category import Category, Demand, Want
from fake_sge.core.instances import Host, QueueInstance
from fake_sge.core.layout import Layout
from fake_sge.core.outlook import Outlook
from fake_sge.core.resources import (
    STRING_TYPES,
    NotAValue,
    compare,
    format_value,
    matches,
    matches_pattern,
    parse_value,
)
from fake_sge.core.texts import expand_hosts, same_host

__all__ = [
    "Reason",
    "demanded_slots",
    "describe_shortfall",
    "queue_named",
    "queue_values",
    "shortfall",
    "soft_violations",
    "static_reasons",
]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a place doesn't suit. *scope* is cluster, host, queue or global; *text* what the scheduler says."""

    scope: str
    name: str
    text: str


_LIMITS = frozenset(
    f"{kind}_{what}" for kind in "sh" for what in ("rt", "cpu", "fsize", "data", "stack", "core", "rss", "vmem")
)
_QUEUE_VALUES = _LIMITS | {"qname", "hostname", "tmpdir", "seq_no", "rerun", "calendar", "min_cpu_interval"}


def queue_named(entries: Sequence[str], layout: Layout, queue: str | None, host: str | None) -> bool:
    """Do ``-q`` entries (``all.q``, ``*@node001``, ``*@@group``) name this queue and host? None stands for any."""
    return any(_entry_names(entry, layout, queue, host) for entry in entries)


def _entry_names(entry: str, layout: Layout, queue: str | None, host: str | None) -> bool:
    wanted, at, where = entry.partition("@")
    if queue is not None and wanted and not matches_pattern(wanted, queue):
        return False
    if host is None or not at:
        return True
    if where.startswith("@"):
        groups = [name for name in layout.groups if matches_pattern(where, name)]
        return host in expand_hosts(layout.groups, groups)
    return same_host(where, host) or matches_pattern(where, host)


def queue_values(place: QueueInstance, name: str) -> str | None:
    """A non-consumable value that the queue itself offers: a limit, its name, a complex value."""
    if name in place.fixed:
        return place.fixed[name]
    if name == "qname":
        return place.queue
    if name == "hostname":
        return place.host
    return place.texts.get(name) if name in _QUEUE_VALUES else None


def static_reasons(layout: Layout, category: Category, pe: str | None) -> list[Reason | None]:
    """For each queue instance, why no job of the category ever runs there; kept in the category."""
    known = category.statics.get(pe or "")
    if known is None:
        known = [None] * len(layout.queue_instances)
        for kind in _kinds(layout, category):
            if _reason(layout, category, pe, kind[0]) is not None:
                for place in kind:
                    known[place.index] = _reason(layout, category, pe, place)
        category.statics[pe or ""] = known
    return known


def _kinds(layout: Layout, category: Category) -> Sequence[Sequence[QueueInstance]]:
    """Queue instances between which the category can't tell."""
    named = category.queues or category.master_queues or any(want.name == "hostname" for want in category.hard)
    by_name = named or category.reservation is not None
    if by_name or category.load_dependent:
        return [[place] for place in layout.queue_instances]
    return layout.kinds


def _reason(layout: Layout, category: Category, pe: str | None, place: QueueInstance) -> Reason | None:
    return (
        _global_reason(layout, category)
        or _cluster_reason(layout, category, pe, place)
        or _host_reason(layout, category, place.execution_host)
        or _queue_reason(layout, category, pe, place)
        or _unknown_resource(layout, category, pe, place)
    )


def _global_reason(layout: Layout, category: Category) -> Reason | None:
    """A value that the whole cell has and that doesn't satisfy: no host or queue makes up for it (complex(5))."""
    fixed = layout.everywhere.fixed
    for want in category.plain if fixed else ():
        if want.name in fixed and not _satisfies(want, fixed[want.name]):
            why = f"it offers only gf:{want.name}={_shown(want, fixed[want.name])}"
            return Reason("global", "global", f"(-l {category.resource_list}) cannot run globally because {why}")
    return None


def _cluster_reason(layout: Layout, category: Category, pe: str | None, place: QueueInstance) -> Reason | None:
    """What rules out the whole cluster queue."""
    queue = place.queue
    named = not category.queues or queue_named(category.queues, layout, queue, None)
    if not named and not (pe and category.master_queues and queue_named(category.master_queues, layout, queue, None)):
        return Reason(
            "cluster", queue, f'cannot run in queue "{queue}" because it is not contained in its hard queue list (-q)'
        )
    if category.reservation is not None and queue not in category.reservation.queues:
        return Reason("cluster", queue, f'cannot run in queue instance "{queue}" because {_not_reserved(category)}')
    for want in category.plain:
        offer = queue_values(place, want.name) if want.name in _LIMITS or want.name == "qname" else None
        if offer is not None and not _satisfies(want, offer):
            return Reason(
                "cluster", queue, f'(-l {want.name}={want.text}) cannot run in queue "{queue}" because of cluster queue'
            )
    access = place.access
    if not access.admits_project(category.project):
        text = f'(no project) does not have the correct project to run in cluster queue "{queue}"'
        return Reason("cluster", queue, text)
    if not access.admits(category.memberships):
        return Reason("cluster", queue, f'has no permission for cluster queue "{queue}"')
    if pe and pe not in place.environments:
        return Reason("cluster", queue, f'cannot run in queue "{queue}" because PE "{pe}" is not in PE list')
    if category.immediate and "INTERACTIVE" not in place.types:
        return Reason("cluster", queue, f'cannot run in queue "{queue}" because it is not of type interactive')
    return None


def _host_reason(layout: Layout, category: Category, host: Host) -> Reason | None:
    """What rules out a host: -q, access, projects, forced complexes, requests of what isn't consumed."""
    name = host.name
    wanted = [*category.queues, *category.master_queues]
    if category.queues and not queue_named(wanted, layout, None, name):
        return Reason(
            "host", name, f'cannot run in queue "{name}" because it is not contained in its hard queue list (-q)'
        )
    if not host.access.open:
        if not host.access.admits(category.memberships):
            return Reason("host", name, f'has no permission for host "{name}"')
        if not host.access.admits_project(category.project):
            lead = f"(project {category.project})" if category.project else "(no project)"
            return Reason("host", name, f'{lead} does not have the correct project to run in host "{name}"')
    if layout.forced and (forced := _missing_forced(layout, category, host)):
        return Reason("host", name, f"does not request 'forced' resource \"{forced}\" of host {name}")
    for want in category.plain:
        offer, letter = _host_value(host, want.name)
        if offer is not None and not _satisfies(want, offer):
            text = f"it offers only {letter}:{want.name}={_shown(want, offer)}"
            return Reason("host", name, f'(-l {category.resource_list}) cannot run at host "{name}" because {text}')
    return None


def _queue_reason(layout: Layout, category: Category, pe: str | None, place: QueueInstance) -> Reason | None:
    """What rules out one queue instance."""
    name = place.name
    if category.reservation is not None and name not in category.reservation.places:
        return Reason("queue", name, f'cannot run in queue "{name}" because {_not_reserved(category)}')
    if category.queues and not queue_named(
        [*category.queues, *category.master_queues], layout, place.queue, place.host
    ):
        return Reason(
            "queue", name, f'cannot run in queue "{name}" because it is not contained in its hard queue list (-q)'
        )
    if category.checkpoint is not None and category.checkpoint not in place.checkpoints:
        why = f'ckpt object "{category.checkpoint}" is not in ckpt list of queue'
        why = why if place.checkpoints else "it is not of type checkpointing"
        return Reason("queue", name, f'cannot run in queue instance "{name}" because {why}')
    if not pe and not category.immediate and not category.checkpoint and "BATCH" not in place.types:
        return Reason("queue", name, f'cannot run in queue instance "{name}" because it is not of type batch')
    if layout.forced and (forced := _missing_forced(layout, category, place)):
        return Reason("queue", name, f"does not request 'forced' resource \"{forced}\" of queue instance {name}")
    for want in category.plain:
        offer = queue_values(place, want.name)
        if offer is not None and not _satisfies(want, offer):
            text = f"it offers only qf:{want.name}={_shown(want, offer)}"
            return Reason("queue", name, f'(-l {category.resource_list}) cannot run in queue "{name}" because {text}')
    return None


def _unknown_resource(layout: Layout, category: Category, pe: str | None, place: QueueInstance) -> Reason | None:
    """A request that neither the cell, the host nor the queue has anything of."""
    host, everywhere = place.execution_host, layout.everywhere
    for want in category.hard:
        name = want.name
        if want.attribute.consumable == "NO":
            known = name in host.load or name in host.fixed or name in everywhere.fixed
            known = known or queue_values(place, name) is not None
        elif pe and want.attribute.consumable == "JOB":
            continue  # only the master task needs it
        else:
            known = name in place.capacity or name in host.capacity or name in everywhere.capacity
        if not known:
            text = f"job requests unknown resource ({name})"
            return Reason(
                "queue", place.name, f'(-l {category.resource_list}) cannot run in queue "{place.name}" because {text}'
            )
    return None


def _not_reserved(category: Category) -> str:
    assert category.reservation is not None
    return f"it was not reserved by advance reservation {category.reservation.id}"


def _missing_forced(layout: Layout, category: Category, place: Host | QueueInstance) -> str | None:
    asked = [want.name for want in category.hard]
    there = (name for name in layout.forced if name in place.capacity or name in place.fixed)
    return next((name for name in there if name not in asked), None)


def _host_value(host: Host, name: str) -> tuple[str | None, str]:
    """A host's fixed value beats a load value."""
    if name in host.fixed:
        return host.fixed[name], "hf"
    if name == "hostname":
        return host.name, "hf"
    return host.load.get(name), "hl"


def _satisfies(want: Want, offer: str) -> bool:
    attribute = want.attribute
    if attribute.type in STRING_TYPES:
        if attribute.type == "HOST" and same_host(want.text, offer):
            return attribute.relop != "!="
        return matches(attribute.type, attribute.relop, want.text, offer)
    try:
        return compare(attribute.relop, want.number, parse_value(attribute.type, offer))
    except NotAValue:
        return False


def _shown(want: Want, offer: str) -> str:
    if want.attribute.type in STRING_TYPES:
        return offer
    try:
        return format_value(want.attribute.type, parse_value(want.attribute.type, offer))
    except NotAValue:
        return offer


def shortfall(place: Host | QueueInstance, demands: Sequence[Demand], slots: int, outlook: Outlook) -> Demand | None:
    """The first consumable of *place* of which there isn't enough for *slots* slots; levels that have none don't
    mind.
    """
    capacity = place.capacity
    if not capacity:
        return None
    for demand in demands:
        if demand.name not in capacity:
            continue
        if demand.exclusive:
            if outlook.conflict(place, demand):
                return demand
        elif demand.amount * (1 if demand.per_job else slots) > outlook.free(place, demand.name) + 1e-6:
            return demand
    return None


def demanded_slots(
    place: Host | QueueInstance, demands: Sequence[Demand], most: int, outlook: Outlook
) -> tuple[int, bool]:
    """How many slots the consumables of *place* allow, and whether they allow the master task (JOB consumables)."""
    slots, master = most, True
    if not place.capacity:
        return max(slots, 0), master
    for demand in demands:
        if demand.name not in place.capacity:
            continue
        if demand.exclusive:
            slots = 0 if outlook.conflict(place, demand) else slots
        elif demand.amount and demand.per_job:
            master = master and demand.amount <= outlook.free(place, demand.name) + 1e-6
        elif demand.amount:
            slots = min(slots, int(outlook.free(place, demand.name) / demand.amount + 1e-9))
    return max(slots, 0), master


def describe_shortfall(
    layout: Layout, category: Category, place: Host | QueueInstance, demand: Demand, outlook: Outlook
) -> Reason:
    """The reason for a `shortfall`."""
    free = outlook.free(place, demand.name)
    if isinstance(place, QueueInstance):
        layer, scope, where = "q", "queue", f'cannot run in queue "{place.name}" because'
    elif place is layout.everywhere:
        layer, scope, where = "g", "global", "cannot run globally because"
    else:
        layer, scope, where = "h", "host", f'cannot run at host "{place.name}" because'
    what = f"it offers only {layer}c:{demand.name}={format_value(demand.attribute.type, free)}"
    if demand.exclusive:
        what = f"exclusive resource ({demand.name}) is already in use"
    elif not demand.requested and demand.name != "slots":
        what = f"for default request {what}"
    return Reason(scope, place.name, f"(-l {category.resource_list}) {where} {what}")


def soft_violations(layout: Layout, category: Category, place: QueueInstance) -> int:
    """How many soft requests a place leaves unmet; one for the soft queue list."""
    missed = 0
    host = place.execution_host
    for want in category.soft:
        offers = [
            queue_values(place, want.name),
            _host_value(host, want.name)[0],
            layout.everywhere.fixed.get(want.name),
        ]
        known = [offer for offer in offers if offer is not None]
        missed += not known or not all(_satisfies(want, offer) for offer in known)
    if category.soft_queues and not queue_named(category.soft_queues, layout, place.queue, place.host):
        missed += 1
    return missed
