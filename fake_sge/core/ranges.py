"""Sets of task ids as lists of ranges: an array job of a million tasks costs what a plain one costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fake_sge.core.model import TaskRange

__all__ = ["count", "first", "intersection", "members", "merge", "without"]


def count(ranges: Iterable[TaskRange]) -> int:
    """How many ids the ranges hold."""
    return sum(len(r) for r in ranges)


def first(ranges: list[TaskRange]) -> int | None:
    """The smallest id; the ranges are in order."""
    return ranges[0].first if ranges else None


def members(ranges: Iterable[TaskRange]) -> Iterator[int]:
    """Every id, range by range."""
    for r in ranges:
        yield from range(r.first, r.last + 1, r.step)


def without(ranges: list[TaskRange], task: int) -> list[TaskRange]:
    """The ranges less one id."""
    rest: list[TaskRange] = []
    for r in ranges:
        if task not in r:
            rest.append(r)
            continue
        if r.first < task:
            rest.append(TaskRange(r.first, task - r.step, r.step))
        if task + r.step <= r.last:
            rest.append(TaskRange(task + r.step, r.last, r.step))
    return rest


def merge(ids: Iterable[int], step: int = 1) -> list[TaskRange]:
    """The fewest ranges of one *step* that hold the ids."""
    found: list[TaskRange] = []
    for task in sorted(ids):
        if found and task == found[-1].last + step:
            found[-1] = TaskRange(found[-1].first, task, step)
        else:
            found.append(TaskRange(task, task, step))
    return found


def intersection(ranges: list[TaskRange], wanted: TaskRange | None) -> list[int]:
    """Ids of *ranges* that *wanted* names too; all of them where it is None."""
    return [task for task in members(ranges) if wanted is None or task in wanted]
