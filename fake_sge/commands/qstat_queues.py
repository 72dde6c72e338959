"""Queue instances and cluster queues as qstat(1) prints them: -f, -F, -explain, -g c."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fake_sge.commands.queues import Resource, load_average, queue_resources, queue_type
from fake_sge.commands.xml import HEADER, QSTAT, element, escape
from fake_sge.core import Cell
from fake_sge.core.instances import QueueInstance

__all__ = ["Summary", "cluster_queues", "cluster_queues_xml", "queue_text", "queue_xml"]


def queue_text(cell: Cell, instance: QueueInstance, resources: list[str] | None, explain: str) -> str:
    """The queue instance's line, then reasons for its states and its resources, if asked for."""
    load = load_average(instance.execution_host)
    slots = f"{instance.reserved}/{instance.used}/{instance.slots}"
    shown_load = "-NA-" if load is None else f"{load:2.2f}"
    arch = instance.execution_host.load.get("arch", "-NA-")
    line = f"{instance.name:<30.30} {queue_type(instance):<5.5} {slots:<14.14} {shown_load:<8.8} {arch:<13.13} "
    parts = [f"{line}{instance.state}\n"]
    parts += [f"\t{reason}\n" for reason in _reasons(cell, instance, explain)]
    parts += [f"\t{item.level}:{item.name}={item.value}\n" for item in _chosen(cell, instance, resources)]
    return "".join(parts)


def queue_xml(cell: Cell, instance: QueueInstance, resources: list[str] | None, explain: str, jobs: str) -> str:
    """A ``Queue-List`` element with the jobs that run there."""
    load = load_average(instance.execution_host)
    items: list[tuple[str, object]] = [
        ("name", instance.name),
        ("qtype", queue_type(instance)),
        ("slots_used", instance.used),
        ("slots_resv", instance.reserved),
        ("slots_total", instance.slots),
    ]
    if load is not None:
        items.append(("load_avg", f"{load:.5f}"))
    if "arch" in instance.execution_host.load:
        items.append(("arch", instance.execution_host.load["arch"]))
    if instance.state:
        items.append(("state", instance.state))
    tags = {"a": "load-alarm-reason", "A": "suspend-alarm-reason"}
    for letter in explain:
        items += [(tags.get(letter, "message"), reason) for reason in _reasons(cell, instance, letter)]
    text = "".join(element(name, value, "      ") for name, value in items)
    for item in _chosen(cell, instance, resources):
        text += f'      <resource name="{item.name}" type="{item.level}">{escape(item.value)}</resource>\n'
    return f"    <Queue-List>\n{text}{jobs}    </Queue-List>\n"


def _chosen(cell: Cell, instance: QueueInstance, wanted: list[str] | None) -> list[Resource]:
    if wanted is None:
        return []
    names = {complex_.name for name in wanted if (complex_ := cell.layout.complex(name)) is not None}
    return [item for item in queue_resources(cell, instance) if not wanted or item.name in names]


def _reasons(cell: Cell, instance: QueueInstance, explain: str) -> Iterator[str]:
    for letter, thresholds, kind in (
        ("a", instance.thresholds, "load"),
        ("A", instance.suspend_thresholds, "suspend"),
    ):
        if letter in explain and letter in instance.state:
            yield from _alarms(cell, instance, thresholds, kind)
    if "E" in explain and "E" in instance.state and instance.error_reason:
        yield from instance.error_reason.split("\n")


def _alarms(cell: Cell, instance: QueueInstance, thresholds: list[tuple[str, str]], kind: str) -> Iterator[str]:
    """Of a queue instance in alarm every threshold is told, the exceeded ones and the others."""
    offers = {resource.name: resource.level for resource in queue_resources(cell, instance)}
    for name, limit in thresholds:
        complex_ = cell.layout.complex(name)
        if complex_ is None or complex_.name not in offers:
            if instance.execution_host.up:
                yield f'error: no complex attribute for threshold "{name}"'
            else:
                yield f'error: no value for "{name}" because execd is in unknown state'
            continue
        value = _value(instance, complex_.name)
        yield f"alarm {offers[complex_.name]}:{complex_.name}={value} {kind}-threshold={limit}"


def _value(instance: QueueInstance, name: str) -> str:
    host = instance.execution_host
    if name == "slots":
        return f"{instance.slots - instance.used:8.3f}"
    for place in (instance, host):
        if name in place.capacity:
            return f"{place.free(name):8.3f}"
        if name in place.fixed:
            return place.fixed[name]
    return host.scaled(name)


_STATES = "sASCuadDcoE"


@dataclass(slots=True)
class Summary:
    """A cluster queue's slots, counted by what its instances can do; *states* by letter."""

    name: str
    load: float | None
    used: int
    reserved: int
    available: int
    total: int
    passing: int
    manual: int
    states: dict[str, int]


def _summaries(instances: Iterable[QueueInstance]) -> list[Summary]:
    queues: dict[str, list[QueueInstance]] = {}
    for instance in instances:
        queues.setdefault(instance.queue, []).append(instance)
    return [_summary(name, members) for name, members in sorted(queues.items())]


def _summary(name: str, members: list[QueueInstance]) -> Summary:
    loads = [load for member in members if (load := load_average(member.execution_host, "np_load_avg")) is not None]
    summary = Summary(name, sum(loads) / len(loads) if loads else None, 0, 0, 0, 0, 0, 0, dict.fromkeys(_STATES, 0))
    for member in members:
        states = set(member.state)
        summary.used += member.used
        summary.reserved += member.reserved
        summary.total += member.slots
        for letter in states & set(_STATES):
            summary.states[letter] += member.slots
        if states & set("cdsuE"):
            summary.manual += member.slots
        if states & set("aoACDS"):
            summary.passing += member.slots
        if not states:
            summary.available += member.slots - member.used
    return summary


def cluster_queues(cell: Cell, instances: Iterable[QueueInstance], *, extended: bool) -> str:
    """``qstat -g c``; with -ext a column for each state."""
    titles = ("CQLOAD", "USED", "RES", "AVAIL", "TOTAL", "aoACDS", "cdsuE")
    head = f"{'CLUSTER QUEUE':<30} {titles[0]:>7} " + "".join(f"{title:>6} " for title in titles[1:]) + " "
    rule = "-" * 80
    if extended:
        head += " ".join(f"{letter:>5}" for letter in _STATES)
        rule += "-" * 66
    parts = [f"{head}\n{rule}\n"]
    for summary in _summaries(instances):
        load = "-NA-" if summary.load is None else f"{summary.load:.2f}"
        numbers = (summary.used, summary.reserved, summary.available, summary.total, summary.passing, summary.manual)
        line = f"{summary.name:<30.30} {load:>7} " + "".join(f"{number:6d} " for number in numbers)
        if extended:
            line += "".join(f"{summary.states[letter]:5d} " for letter in _STATES)
        parts.append(f"{line}\n")
    return "".join(parts)


def cluster_queues_xml(cell: Cell, instances: Iterable[QueueInstance], *, extended: bool) -> str:
    """The same as ``cluster_queue_summary`` elements."""
    parts = [f'{HEADER}<job_info  xmlns:xsd="{QSTAT}">\n']
    for summary in _summaries(instances):
        items: list[tuple[str, object]] = [("name", summary.name)]
        if summary.load is not None:
            items.append(("load", f"{summary.load:.5f}"))
        items += [("used", summary.used), ("resv", summary.reserved), ("available", summary.available)]
        items += [("total", summary.total), ("temp_disabled", summary.passing)]
        items.append(("manual_intervention", summary.manual))
        if extended:
            items += [(_NAMES[letter], summary.states[letter]) for letter in _STATES]
        text = "".join(element(name, value, "    ") for name, value in items)
        parts.append(f"  <cluster_queue_summary>\n{text}  </cluster_queue_summary>\n")
    return "".join([*parts, "</job_info>\n"])


_NAMES = {
    "s": "suspend_manual",
    "A": "suspend_threshold",
    "S": "suspend_on_subordinate",
    "C": "suspend_calendar",
    "u": "unknown",
    "a": "load_alarm",
    "d": "disabled_manual",
    "D": "disabled_calendar",
    "c": "ambiguous",
    "o": "orphaned",
    "E": "error",
}
