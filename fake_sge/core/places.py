"""Queue instances and hosts: what managers do to them, what execds report, and what follows from silence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from fake_sge.core import ending
from fake_sge.core.events import Event, HostChanged, QueueChanged
from fake_sge.core.instances import Host, QueueInstance
from fake_sge.core.model import Task
from fake_sge.core.refusals import Denied
from fake_sge.core.resources import NotAValue, parse_time, parse_value
from fake_sge.core.suspension import follow_queue
from fake_sge.core.texts import names
from fake_sge.core.thresholds import set_flag, show_alarm

if TYPE_CHECKING:
    from fake_sge.core.cell import Cell

__all__ = [
    "calendar_changes",
    "change_queue",
    "host_lost",
    "host_returned",
    "load_report",
    "measured",
    "set_error",
    "timer",
    "without_calendar",
]

_ACTIONS = {
    "disable": ("d", True, "disabled"),
    "enable": ("d", False, "enabled"),
    "suspend": ("s", True, "suspended"),
    "resume": ("s", False, "unsuspended"),
    "clear_error": ("E", False, "no error"),
}

_BY_CALENDAR = {"off": "D", "suspended": "C"}


def change_queue(cell: Cell, queue_instance: str, action: str, user: str) -> list[Event]:
    """qmod(1) on one queue instance, by a manager, an operator or (but for clear_error) an owner of the queue."""
    place = _place(cell, queue_instance)
    owners = names(place.texts.get("owner_list", "NONE"))
    if not cell.is_operator(user) and (action == "clear_error" or user not in owners):
        raise Denied(f'{user} - you have no permission to modify queue "{place.name}"', "not_owner")
    if action == "reschedule":
        return _reschedule_all(cell, place)
    letter, wanted, word = _ACTIONS[action]
    if (letter in place.flags) is wanted:
        text = f'Queue instance "{place.name}" is already in the specified state: {word}'
        raise Denied(text, "already", 0)
    set_flag(place, letter, wanted)
    cell.layout.touch(place)
    if letter == "E":
        place.error_reason = ""
    events: list[Event] = [QueueChanged(cell.now, place.name, place.state, word)]
    if letter == "s":
        events += follow_queue(cell, place)
        cell.unsettled.append(place)
    cell.given_back()
    cell.request_run()
    return events


def calendar_changes(cell: Cell, name: str) -> list[Event]:
    """Bring the queue instances with this calendar into its present state, until it changes."""
    calendar = cell.calendars[name]
    period, _ = calendar.periods(cell.now)
    closed = calendar.closed(cell.now)
    if period.until < math.inf:
        cell.set_timer(period.until, "calendar", name)
    events: list[Event] = []
    for place in cell.queue_instances:
        if place.texts.get("calendar") == name:
            if cell.plan is not None:
                cell.plan.closed[place.name] = (place.slots, closed)
            events += _enter_period(cell, place, period.state)
    cell.given_back()
    cell.request_run()
    return events


def without_calendar(cell: Cell) -> list[Event]:
    """A queue instance whose calendar was taken away is open; as in 8.1.9, tasks that were suspended with it stay so.

    They go on when their queue is suspended and unsuspended again.
    """
    events: list[Event] = []
    for place in cell.queue_instances:
        if place.texts.get("calendar", "NONE") not in cell.calendars:
            events += _enter_period(cell, place, "on", resume=False)
    return events


def _enter_period(cell: Cell, place: QueueInstance, state: str, *, resume: bool = True) -> list[Event]:
    letter = _BY_CALENDAR.get(state, "")
    if letter == "".join(flag for flag in place.flags if flag in "CD"):
        return []
    for other in "CD":
        set_flag(place, other, other == letter)
    cell.layout.touch(place)
    changed = QueueChanged(cell.now, place.name, place.state, f"calendar {state}")
    return [changed, *follow_queue(cell, place)] if resume else [changed]


def _place(cell: Cell, name: str) -> QueueInstance:
    try:
        return cell.layout.place(name)
    except KeyError:
        raise Denied(f'invalid queue "{name}"', "unknown_queue") from None


def _reschedule_all(cell: Cell, place: QueueInstance) -> list[Event]:
    events: list[Event] = []
    for task in list(place.tasks.values()):
        if ending.rerunnable(cell, task):
            events += ending.reschedule_task(cell, task, "manual/auto rescheduling")
    return events


def set_error(cell: Cell, place: QueueInstance, job_id: int) -> list[Event]:
    """A job's failure was the queue's fault: no more jobs until ``qmod -cq``."""
    reason = f"queue {place.queue} marked QERROR as result of job {job_id}'s failure at host {place.host}"
    place.error_reason = f"{place.error_reason}\n{reason}" if "E" in place.flags else reason
    if "E" in place.flags:
        return []
    set_flag(place, "E", True)
    return [QueueChanged(cell.now, place.name, place.state, "error")]


def load_report(cell: Cell, host: str, values: dict[str, str]) -> list[Event]:
    """Take over load values; a host that reports is up."""
    target = _host(cell, host)
    target.load.update(values)
    cell.layout.loads.update(values)
    target.figures.clear()
    target.stale = True
    target.measured = measured(cell, target)
    events = host_returned(cell, host)
    target.heard_at = cell.now
    _watch(cell, target)
    for place in target.queue_instances:
        show_alarm(cell, place)
    cell.given_back()
    cell.request_run()
    return events


def _host(cell: Cell, name: str) -> Host:
    try:
        return cell.hosts[name]
    except KeyError:
        raise Denied(f'denied: "{name}" is not an execution host', "unknown_host") from None


def measured(cell: Cell, host: Host) -> dict[str, float]:
    """Load values of what the host has as a consumable."""
    found = {}
    for name in host.capacity:
        if name in host.load:
            try:
                found[name] = parse_value(cell.layout.complexes[name].type, host.load[name])
            except NotAValue:
                continue
    return found


def _watch(cell: Cell, host: Host) -> None:
    if not host.watched and host.heard_at is not None:
        host.watched = True
        cell.set_timer(host.heard_at + cell.policy.silence_s, "unheard", host.name)


def host_lost(cell: Cell, host: str) -> list[Event]:
    """Nothing will be heard from now on (unless it is)."""
    target = _host(cell, host)
    if target.heard_at is None:
        target.heard_at = cell.now
    _watch(cell, target)
    return []


def host_returned(cell: Cell, host: str) -> list[Event]:
    """It is heard: its queue instances are known again, and tasks that were taken away may come back to it."""
    target = _host(cell, host)
    target.heard_at = None
    if target.up:
        return []
    target.up = target.stale = True
    for job in cell.jobs.values():
        for task in job.tasks.values():
            if host in task.barred:
                task.barred.remove(host)
    events: list[Event] = [HostChanged(cell.now, host, "returned")]
    for place in target.queue_instances:
        set_flag(place, "u", False)
        show_alarm(cell, place)
        events.append(QueueChanged(cell.now, place.name, place.state, "known"))
    cell.given_back()
    cell.request_run()
    return events


def timer(cell: Cell, kind: str, facts: tuple[Any, ...]) -> list[Event]:
    """A calendar's state ends, a host's silence has lasted, or its jobs were unknown for reschedule_unknown."""
    if kind == "calendar":
        return calendar_changes(cell, facts[0]) if facts[0] in cell.calendars else []
    host = cell.hosts.get(facts[0])
    if host is None:
        return []
    if kind == "unheard":
        return _unheard(cell, host)
    return _reschedule_unknown(cell, host) if not host.up else []


def _unheard(cell: Cell, host: Host) -> list[Event]:
    host.watched = False
    if host.heard_at is None or not host.up:
        return []
    if cell.now < host.heard_at + cell.policy.silence_s:
        _watch(cell, host)
        return []
    host.up, host.stale = False, True
    events: list[Event] = [HostChanged(cell.now, host.name, "lost")]
    for place in host.queue_instances:
        set_flag(place, "u", True)
        show_alarm(cell, place)
        events.append(QueueChanged(cell.now, place.name, place.state, "unknown"))
    host.unknown_at = cell.now
    if patience := _patience_s(cell, host):
        cell.set_timer(cell.now + patience, "reschedule_unknown", host.name)
    return events


def _patience_s(cell: Cell, host: Host) -> float:
    """reschedule_unknown of the host's own configuration, or else of the cell's (sge_conf(5)); 0 is never."""
    own = cell.config.configuration.get(host.name, {}).get("reschedule_unknown")
    return cell.policy.reschedule_unknown_s if own is None else parse_time(own)


def _reschedule_unknown(cell: Cell, host: Host) -> list[Event]:
    patience = _patience_s(cell, host)
    if not patience or cell.policy.never_reschedules:
        return []
    if host.unknown_at + patience > cell.now:  # it was heard meanwhile, or the time has been made longer
        cell.set_timer(host.unknown_at + patience, "reschedule_unknown", host.name)
        return []
    events: list[Event] = []
    for place in host.queue_instances:
        for task in list(place.tasks.values()):
            if cell.policy.reschedules_slaves or task.grants[0].host == host.name:
                events += _take_away(cell, task)
    return events


def _take_away(cell: Cell, task: Task) -> list[Event]:
    if ending.rerunnable(cell, task):
        return ending.reschedule_task(cell, task, "manual/auto rescheduling")
    if cell.policy.reschedule_kills:
        return ending.vanish(cell, task, "rescheduled")
    return []
