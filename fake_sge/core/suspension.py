"""Who has to stop for whom: queues that are suspended, subordinate queues, slot-wise trees.

A task is suspended for as long as there is a reason: s by qmod(1), S because its queue is, P because another task of
its slot-wise tree runs instead, T by a threshold. It keeps its slots. Rules of queue_conf(5), and of
8.1.9 where that is silent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING

from fake_sge.core import changes
from fake_sge.core.events import Event, QueueChanged
from fake_sge.core.instances import QueueInstance
from fake_sge.core.layout import Layout
from fake_sge.core.model import Task
from fake_sge.core.thresholds import set_flag, show_alarm

if TYPE_CHECKING:
    from fake_sge.core.cell import Cell

__all__ = ["follow_queue", "reconfigured", "settle"]


def follow_queue(cell: Cell, place: QueueInstance) -> list[Event]:
    """Running tasks are suspended as long as a queue instance of theirs is: by a manager, its calendar, or another
    queue.
    """
    events: list[Event] = []
    for task in list(place.tasks.values()):
        places = [cell.layout.place(grant.queue_instance) for grant in task.grants]
        suspended = any(letter in its.flags for its in places for letter in "sCS")
        act = changes.suspend_task if suspended else changes.resume_task
        events += act(cell, task, "S")
    return events


def settle(cell: Cell) -> list[Event]:
    """Slots of some queue instances were taken or given back: suspend and resume what is subordinate to them."""
    events: list[Event] = []
    while cell.unsettled:
        place = cell.unsettled.pop(0)
        for other in place.execution_host.queue_instances if cell.layout.counting else ():
            show_alarm(cell, other)
        events += _settle_queues(cell, place)
        events += _settle_around(cell, place)
    return events


def _on_host(place: QueueInstance, queue: str) -> QueueInstance | None:
    return next((other for other in place.execution_host.queue_instances if other.queue == queue), None)


def _settle_queues(cell: Cell, place: QueueInstance) -> list[Event]:
    events: list[Event] = []
    for entry in () if place.subordinates.slots else place.subordinates.entries:
        below = _on_host(place, entry.queue)
        if below is not None and below is not place:
            events += _follow_superiors(cell, below)
    return events


def _follow_superiors(cell: Cell, below: QueueInstance) -> list[Event]:
    """S, as long as any queue instance above asks for it."""
    wanted = any(
        above.subordinates.suspends(entry, above.used, above.slots)
        for above in below.execution_host.queue_instances
        for entry in above.subordinates.entries
        if entry.queue == below.queue and above is not below
    )
    if ("S" in below.flags) is wanted:
        return []
    set_flag(below, "S", wanted)
    cell.layout.touch(below)
    word = "suspended on subordinate" if wanted else "unsuspended on subordinate"
    events: list[Event] = [QueueChanged(cell.now, below.name, below.state, word), *follow_queue(cell, below)]
    if not wanted:
        cell.given_back()
        cell.request_run()
    return events + _settle_around(cell, below)


@dataclass(slots=True)
class _Node:
    """A queue instance of a slot-wise tree; its tasks that may be chosen."""

    place: QueueInstance
    depth: int
    seq_no: int = 0
    longest: bool = False
    tasks: list[Task] = field(default_factory=list)


def _settle_around(cell: Cell, place: QueueInstance) -> list[Event]:
    """Suspend tasks, or let them go on, in the slot-wise trees that *place* belongs to, from the leaves to the root."""
    if not cell.layout.subordinating:
        return []
    root: QueueInstance | None = place if place.subordinates.slots else _above(place)
    events: list[Event] = []
    while root is not None:
        events += _settle_tree(cell, root, suspend=True)
        top, root = root, _above(root)
        if root is None:
            events += _settle_tree(cell, top, suspend=False)
    return events


def _above(place: QueueInstance) -> QueueInstance | None:
    for other in place.execution_host.queue_instances:
        if other.subordinates.slots and other is not place and place.queue in other.subordinates.names:
            return other
    return None


def _tree(root: QueueInstance) -> list[_Node]:
    nodes = [_Node(root, 0)]
    for node in nodes:
        if not node.place.subordinates.slots:
            continue
        for entry in node.place.subordinates.entries:
            below = _on_host(root, entry.queue)
            if below is not None and all(below is not known.place for known in nodes):
                nodes.append(_Node(below, node.depth + 1, entry.seq_no, entry.longest))
    return nodes


def _settle_tree(cell: Cell, root: QueueInstance, *, suspend: bool) -> list[Event]:
    nodes = _tree(root)
    running = sum(_runs(task) for node in nodes for task in node.place.tasks.values())
    surplus = running - root.subordinates.slots
    events: list[Event] = []
    if suspend:
        for _ in range(surplus):
            events += _stop_one(cell, nodes)
    else:
        for _ in range(-surplus):
            events += _continue_one(cell, nodes)
    return events


def _runs(task: Task) -> bool:
    return not task.suspended_by and task.deletion_at is None


def _stop_one(cell: Cell, nodes: list[_Node]) -> list[Event]:
    """Of the deepest queues with running tasks, of those the one with the highest number, the task it names."""
    for depth in range(nodes[-1].depth, 0, -1):
        level = _gather(nodes, depth, _runs)
        highest = max((node.seq_no for node in level), default=0)
        for task in _extremes([node for node in level if node.seq_no == highest], resume=False):
            return changes.suspend_task(cell, task, "P")
    return []


def _continue_one(cell: Cell, nodes: list[_Node]) -> list[Event]:
    """The other way round; a task with yet another reason to be suspended comes last, and loses this one."""
    for alone in (True, False):
        for depth in range(1, nodes[-1].depth + 1):
            level = _gather(nodes, depth, _only_preempted if alone else _preempted)
            lowest = min((node.seq_no for node in level), default=0)
            for task in _extremes([node for node in level if node.seq_no == lowest], resume=True):
                return changes.resume_task(cell, task, "P")
    return []


def _preempted(task: Task) -> bool:
    return "P" in task.suspended_by and task.deletion_at is None


def _only_preempted(task: Task) -> bool:
    return task.suspended_by == "P" and task.deletion_at is None


def _gather(nodes: list[_Node], depth: int, fits: Callable[[Task], bool]) -> list[_Node]:
    found = [node for node in nodes if node.depth == depth]
    for node in found:
        tasks = sorted(node.place.tasks.values(), key=lambda task: (task.job.id, task.id))
        node.tasks = [task for task in tasks if fits(task)]
    return [node for node in found if node.tasks]


def _extremes(nodes: list[_Node], *, resume: bool) -> Iterator[Task]:
    """The task to choose, if there is any: by its start, the first of equals."""
    for node in nodes[:1]:
        oldest = node.longest is not resume
        tasks = [task for other in nodes for task in other.tasks]
        yield (min if oldest else max)(tasks, key=attrgetter("start_second"))


def reconfigured(cell: Cell, before: Layout) -> list[Event]:
    """The lists may have changed: what was suspended slot by slot goes on then, and what they ask for now is done."""
    lists = [(place.name, place.subordinates) for place in cell.queue_instances if place.subordinates.entries]
    if lists == [(place.name, place.subordinates) for place in before.queue_instances if place.subordinates.entries]:
        return []
    events: list[Event] = []
    for task in cell.running():
        if "P" in task.suspended_by:
            events += changes.resume_task(cell, task, "P")
    for place in cell.queue_instances:
        events += _follow_superiors(cell, place)
    for place in cell.queue_instances:
        events += _settle_around(cell, place)
    return events
