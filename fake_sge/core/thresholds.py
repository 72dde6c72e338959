"""load_thresholds and suspend_thresholds of queue_conf(5): states a and A, and the tasks that stop while the load is
high (state T).
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING

from fake_sge.core import changes
from fake_sge.core.events import Event
from fake_sge.core.instances import QueueInstance
from fake_sge.core.model import Task
from fake_sge.core.resources import parse_time
from fake_sge.core.states import UNUSABLE

if TYPE_CHECKING:
    from fake_sge.core.cell import Cell

__all__ = ["apply_thresholds", "follow_load", "forget_thresholds", "set_flag", "show_alarm"]


def set_flag(place: QueueInstance, letter: str, wanted: bool) -> None:
    """Add or remove one of the queue instance's state letters."""
    place.flags = place.flags.replace(letter, "") + (letter if wanted else "")


def show_alarm(cell: Cell, place: QueueInstance) -> None:
    """States a and A, as qstat(1) shows them: by the load as reported, without adjustments. A queue instance that the
    latter, or what is left of something, may bring there is kept in mind.
    """
    set_flag(place, "a", cell.load_rules.alarm(cell.layout, place, None) is not None)
    set_flag(place, "A", cell.load_rules.alarm(cell.layout, place, None, suspend=True) is not None)
    if cell.load_rules.may_alarm(cell.layout, place):
        cell.layout.restless[place] = None
    else:
        cell.layout.restless.pop(place, None)


def follow_load(cell: Cell) -> None:
    """Where slots were taken, given back, suspended or resumed, the load is one process for each that runs now."""
    for name in cell.stirred:
        host = cell.hosts.get(name)
        if host is None or not host.up:
            continue
        slots = sum(_running_slots(place) for place in host.queue_instances)
        processors = max(float(host.load.get("num_proc", "1")), 1.0)
        for span in ("avg", "short", "medium", "long"):
            host.load[f"load_{span}"] = f"{slots:f}"
            host.load[f"np_load_{span}"] = f"{slots / processors:f}"
        host.load["cpu"] = f"{min(100.0 * slots / processors, 100.0):f}"
        host.figures.clear()
        host.stale = True
        for place in host.queue_instances:
            show_alarm(cell, place)
        cell.given_back()
        cell.request_run()
    cell.stirred.clear()


def _running_slots(place: QueueInstance) -> int:
    grants = [grant for task in place.tasks.values() if not task.suspended_by for grant in task.grants]
    return sum(grant.slots for grant in grants if grant.queue_instance == place.name)


def forget_thresholds(cell: Cell) -> list[Event]:
    """Tasks that a threshold had suspended go on where there is none any more."""
    events: list[Event] = []
    for task in cell.running():
        if "T" in task.suspended_by and not cell.layout.place(task.grants[0].queue_instance).suspend_thresholds:
            events += changes.resume_task(cell, task, "T")
    return events


def apply_thresholds(cell: Cell) -> list[Event]:
    """What a scheduler run does before it places anything: resume where the load allows it, else suspend."""
    alarmed: list[QueueInstance] = []
    events: list[Event] = []
    for place in cell.layout.suspending:
        if UNUSABLE.intersection(place.flags) or "C" in place.flags:
            continue
        if cell.load_rules.alarm(cell.layout, place, cell.now, suspend=True) is not None:
            alarmed.append(place)
        else:
            events += _some(cell, place, _to_resume, changes.resume_task)
    for place in alarmed:
        events += _some(cell, place, _to_suspend, changes.suspend_task)
    return events


def _some(
    cell: Cell,
    place: QueueInstance,
    choose: Callable[[QueueInstance], Task | None],
    act: Callable[[Cell, Task, str], list[Event]],
) -> list[Event]:
    """nsuspend tasks each suspend_interval."""
    due = place.suspended_at is None or place.suspended_at + _interval_s(place) <= cell.now
    events: list[Event] = []
    for _ in range(int(place.texts.get("nsuspend", "1")) if due else 0):
        task = choose(place)
        if task is None:
            break
        events += act(cell, task, "T")
        place.suspended_at = cell.now
    if place.suspended_at is not None and choose(place) is not None:
        cell.look_again(place.suspended_at + _interval_s(place))
    return events


def _interval_s(place: QueueInstance) -> float:
    return parse_time(place.texts.get("suspend_interval", "00:05:00"))


def _in_order(place: QueueInstance) -> list[Task]:
    return sorted(place.tasks.values(), key=lambda task: (task.job.id, task.id))


def _to_suspend(place: QueueInstance) -> Task | None:
    """The one that runs shortest, the first of equals."""
    running = [task for task in _in_order(place) if not {"s", "T"}.intersection(task.suspended_by)]
    return max(running, key=attrgetter("start_second"), default=None)


def _to_resume(place: QueueInstance) -> Task | None:
    """The one that has run longest, of those whose master task is here."""
    stopped = [
        task for task in _in_order(place) if "T" in task.suspended_by and task.grants[0].queue_instance == place.name
    ]
    return min(stopped, key=attrgetter("start_second"), default=None)
