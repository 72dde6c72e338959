"""Queue instances as the q-programs select and show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fake_sge.core import Cell, Complex
from fake_sge.core.instances import Host, QueueInstance
from fake_sge.core.matching import queue_named
from fake_sge.core.resources import STRING_TYPES, NotAValue, compare, format_memory, format_time, matches, parse_value
from fake_sge.core.texts import same_host

__all__ = [
    "Resource",
    "complaint_about",
    "host_resources",
    "host_satisfies",
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


def select_queues(cell: Cell, patterns: Iterable[str]) -> list[QueueInstance]:
    """Those that ``-q`` patterns name."""
    patterns = list(patterns)
    chosen = in_order(cell.queue_instances)
    return [one for one in chosen if queue_named(patterns, cell.layout, one.queue, one.host)]


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
    """Could the queue instance, empty, fulfil these requests, which `complaint_about` has found readable?

    Load values count only if they never change.
    """
    return all(
        _fulfils(complex_, value, list(_offers_of(cell, instance, complex_.name)))
        for complex_, value in _known(cell, requests)
    )


def host_satisfies(cell: Cell, host: Host, requests: Iterable[tuple[str, str]]) -> bool:
    """Can the host itself, as it is now, fulfil these requests?"""
    for complex_, value in _known(cell, requests):
        name = complex_.name
        offers: list[float | str] = [
            place.free(name) if name in place.capacity else place.fixed.get(name, place.load.get(name, ""))
            for place in (cell.layout.everywhere, host)
            if name in place.capacity or name in place.fixed or name in place.load
        ]
        if name == "hostname":
            offers.append(host.name)
        if not _fulfils(complex_, value, offers):
            return False
    return True


def _known(cell: Cell, requests: Iterable[tuple[str, str]]) -> Iterator[tuple[Complex, str]]:
    for name, value in requests:
        complex_ = cell.layout.complex(name)
        if complex_ is not None:
            yield complex_, value


def _fulfils(complex_: Complex, wanted: str, offers: Iterable[float | str]) -> bool:
    """Every level that has the attribute must be able to give it, and one must have it."""
    if complex_.type == "HOST":
        return any(same_host(wanted, str(offer)) or _matches(complex_, wanted, offer) for offer in offers)
    if complex_.type in STRING_TYPES:
        return any(_matches(complex_, wanted, offer) for offer in offers)
    number = parse_value(complex_.type, wanted)
    fits = []
    for offer in offers:
        try:
            available = offer if isinstance(offer, float) else parse_value(complex_.type, offer)
        except NotAValue:
            continue
        fits.append(compare(complex_.relop, number, available))
    return bool(fits) and all(fits)


def _matches(complex_: Complex, wanted: str, offer: float | str) -> bool:
    return matches(complex_.type, complex_.relop, wanted, str(offer))


_STATIC_LOAD = (
    "arch",
    "num_proc",
    "mem_total",
    "swap_total",
    "virtual_total",
    "m_topology",
    "m_socket",
    "m_core",
    "m_thread",
)
"""Load values that never change."""


def _offers_of(cell: Cell, instance: QueueInstance, name: str) -> Iterator[float | str]:
    host = instance.execution_host
    for place in (cell.layout.everywhere, host):
        if name in place.capacity:
            yield place.capacity[name]
        elif name in place.fixed:
            yield place.fixed[name]
        elif name in place.load and name in _STATIC_LOAD:
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
