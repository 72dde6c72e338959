"""Queue instances as the q-programs select and show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from fake_sge.core import Cell, Complex
from fake_sge.core.layout import Host, QueueInstance
from fake_sge.core.matching import queue_named
from fake_sge.core.resources import STRING_TYPES, NotAValue, compare, format_memory, format_time, matches, parse_value

__all__ = [
    "Resource",
    "complaint_about",
    "host_resources",
    "in_order",
    "load_average",
    "queue_resources",
    "queue_type",
    "resource_value",
    "satisfies",
    "select_queues",
]


@dataclass(frozen=True, slots=True)
class Resource:
    """An attribute that a queue instance or host offers; *level* is qstat's: g, h or q, then l, f or c."""

    level: str
    name: str
    value: str


def in_order(instances: Iterable[QueueInstance]) -> list[QueueInstance]:
    """By sequence number, queue and host, as qstat lists them."""
    return sorted(instances, key=lambda instance: (instance.seq_no, instance.queue, instance.host))


def select_queues(
    cell: Cell,
    patterns: Iterable[str] = (),
    states: str = "",
    environments: Iterable[str] = (),
    requests: Iterable[tuple[str, str]] = (),
    users: Iterable[str] = (),
) -> list[QueueInstance]:
    """Those that fit every kind of selection that is given: -q, -qs, -pe, -l, -U of qstat(1)."""
    patterns, environments, requests, users = list(patterns), list(environments), list(requests), list(users)
    chosen = []
    for instance in in_order(cell.queue_instances):
        if patterns and not queue_named(patterns, cell.layout, instance.queue, instance.host):
            continue
        if states and not set(states) & set(instance.state):
            continue
        if environments and not _has_environment(instance, environments):
            continue
        if users and not any(_admits(cell, instance, user) for user in users):
            continue
        if satisfies(cell, instance, requests):
            chosen.append(instance)
    return chosen


def _admits(cell: Cell, instance: QueueInstance, user: str) -> bool:
    return instance.access.admits(cell.layout.memberships(user, ""))


def _has_environment(instance: QueueInstance, wanted: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in instance.environments for pattern in wanted)


def complaint_about(cell: Cell, requests: Iterable[tuple[str, str]]) -> str:
    """Why these -l requests can't be read, in the qmaster's words; "" if they can."""
    for name, value in requests:
        complex_ = cell.layout.complex(name)
        if complex_ is None:
            return f'unknown resource "{name}"'
        if complex_.type not in STRING_TYPES:
            try:
                parse_value(complex_.type, value)
            except NotAValue as error:
                return f'attribute "{complex_.name}" is not a {error.kind} value'
    return ""


def satisfies(cell: Cell, instance: QueueInstance, requests: Iterable[tuple[str, str]]) -> bool:
    """Could the queue instance, empty, fulfil these requests, which `complaint_about` has found readable?"""
    for name, value in requests:
        complex_ = cell.layout.complex(name)
        if complex_ is None or not _offers(cell, instance, complex_, value):
            return False
    return True


def _offers(cell: Cell, instance: QueueInstance, complex_: Complex, wanted: str) -> bool:
    """Every level that has the attribute must be able to give it."""
    offers = list(_offers_of(cell, instance, complex_.name))
    if complex_.type in STRING_TYPES:
        return any(matches(complex_.type, complex_.relop, wanted, str(offer)) for offer in offers)
    number = parse_value(complex_.type, wanted)
    fits = []
    for offer in offers:
        try:
            available = offer if isinstance(offer, float) else parse_value(complex_.type, offer)
        except NotAValue:
            continue
        fits.append(compare(complex_.relop, number, available))
    return bool(fits) and all(fits)


def _offers_of(cell: Cell, instance: QueueInstance, name: str) -> Iterator[float | str]:
    host = instance.execution_host
    for place in (cell.layout.everywhere, host):
        if name in place.capacity:
            yield place.capacity[name]
        elif name in place.fixed:
            yield place.fixed[name]
        elif name in place.load:
            yield place.load[name]
    if name == "slots":
        yield float(instance.slots)
    elif name in instance.capacity:
        yield instance.capacity[name]
    elif name in instance.fixed:
        yield instance.fixed[name]
    elif name in _QUEUE_ATTRIBUTES:
        yield _queue_attribute(instance, name)


def queue_type(instance: QueueInstance) -> str:
    """``BIP``: batch, interactive, checkpointing, parallel; N for none."""
    types = [name.upper() for name in instance.types]
    letters = ("B" if "BATCH" in types else "") + ("I" if "INTERACTIVE" in types else "")
    if instance.texts.get("ckpt_list", "NONE").upper() != "NONE":
        letters += "C"
    return letters + ("P" if instance.environments else "") or "N"


def load_average(host: Host, name: str = "load_avg") -> float | None:
    """The host's load value, None while nothing is heard of it."""
    return float(host.scaled(name)) if host.up and name in host.load else None


def resource_value(complex_: Complex, number: float, *, decimals: bool) -> str:
    """*number* as ``qstat -F`` prints it; ``qhost -F`` prints integers with *decimals*."""
    if number == float("inf"):
        return "infinity"
    if complex_.type == "MEMORY":
        return format_memory(number)
    if complex_.type == "TIME":
        return format_time(number)
    if complex_.type == "INT" and not decimals:
        return f"{number:.0f}"
    return f"{number:f}"


def _shown(complex_: Complex, text: str, decimals: bool) -> str:
    if complex_.type in STRING_TYPES:
        return text
    try:
        return resource_value(complex_, parse_value(complex_.type, text), decimals=decimals)
    except NotAValue:
        return text


def host_resources(cell: Cell, host: Host, *, decimals: bool = True) -> list[Resource]:
    """Load values in the order of the report, then what the host itself has, then what the whole cell has.

    Load values are scaled for the scheduler and qstat(1), not for qhost(1), which prints *decimals*.
    """
    complexes = cell.config.complexes
    resources = []
    if host.up:
        for name, text in host.load.items():
            if name in complexes and name not in host.capacity:
                known = text if decimals else host.scaled(name).strip()
                resources.append(Resource("hl", name, _shown(complexes[name], known, decimals)))
    resources += _owned(cell, host, "h", decimals)
    return resources + list(_owned(cell, cell.layout.everywhere, "g", decimals))


def _owned(cell: Cell, host: Host, level: str, decimals: bool) -> Iterator[Resource]:
    complexes = cell.config.complexes
    for name in host.capacity:
        yield Resource(f"{level}c", name, resource_value(complexes[name], host.free(name), decimals=decimals))
    for name, text in host.fixed.items():
        yield Resource(f"{level}f", name, _shown(complexes[name], text, decimals))


_QUEUE_ATTRIBUTES = [
    "qname",
    "hostname",
    "tmpdir",
    "seq_no",
    "rerun",
    "calendar",
    "s_rt",
    "h_rt",
    "s_cpu",
    "h_cpu",
    "s_fsize",
    "h_fsize",
    "s_data",
    "h_data",
    "s_stack",
    "h_stack",
    "s_core",
    "h_core",
    "s_rss",
    "h_rss",
    "s_vmem",
    "h_vmem",
    "min_cpu_interval",
]


def _queue_attribute(instance: QueueInstance, name: str) -> str:
    return {"qname": instance.queue, "hostname": instance.host}.get(name) or instance.texts.get(name, "NONE")


def queue_resources(cell: Cell, instance: QueueInstance) -> list[Resource]:
    """What ``qstat -F`` prints of a queue instance: of each consumable the level that has least."""
    complexes = cell.config.complexes
    host = instance.execution_host
    resources = {resource.name: resource for resource in host_resources(cell, host, decimals=False)}
    free_here = {"slots": float(instance.slots - instance.used)}
    free_here.update((name, instance.free(name)) for name in instance.capacity)
    for name, free in free_here.items():
        if name not in host.capacity or free < host.free(name):
            resources[name] = Resource("qc", name, resource_value(complexes[name], free, decimals=False))
    for name, text in instance.fixed.items():
        resources[name] = Resource("qf", name, _shown(complexes[name], text, decimals=False))
    for name in _QUEUE_ATTRIBUTES:
        text = _queue_attribute(instance, name)
        resources[name] = Resource("qf", name, _shown(complexes[name], text, decimals=False))
    return list(resources.values())
