"""Another configuration under a living cell: qconf(1).

As in 8.1.9, what tasks hold isn't carried from counter to counter but debited anew, by the rules that hold now: what is
given back later is then what stands there, whatever became a consumable, ceased to be one or lost its rule meanwhile.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from fake_sge.core import granting, ledger, places, suspension
from fake_sge.core.category import Category, category_key, make_category, request_of
from fake_sge.core.config import CellConfig
from fake_sge.core.events import Event
from fake_sge.core.layout import Layout
from fake_sge.core.priority import Weights
from fake_sge.core.refusals import Denied
from fake_sge.core.thresholds import forget_thresholds, show_alarm

if TYPE_CHECKING:
    from fake_sge.core.cell import Cell

__all__ = ["compile_anew", "configure"]

_RUN_AT_ONCE = ("configuration", "scheduler", "share_tree")
"""What the qmaster hands to its scheduler without delay; the rest is seen by the next run."""


def configure(cell: Cell, kind: str, name: str, value: Any, user: str) -> list[Event]:  # noqa: ARG001 -- for the journal
    """Replace, add or (*value* None) remove one object, or with *name* "" a whole field of the configuration."""
    events = compile_anew(cell, _changed(cell.config, kind, name, value))
    cell.request_run(1 if kind in _RUN_AT_ONCE else 0)
    return events


def _changed(config: CellConfig, kind: str, name: str, value: Any) -> CellConfig:
    if kind not in {field.name for field in dataclasses.fields(config)}:
        raise Denied(f'"{kind}" is nothing that a cell has', "unknown_kind")
    if not name:
        return dataclasses.replace(config, **{kind: value})
    objects: Any = dict(getattr(config, kind))
    if value is None:
        objects.pop(name, None)
    else:
        objects[name] = value
    return dataclasses.replace(config, **{kind: objects})


def compile_anew(cell: Cell, config: CellConfig) -> list[Event]:
    """Let *config* hold from now on. Raises `Denied`, and then everything is as it was."""
    kept, layout, tickets = dict(vars(cell)), cell.layout, cell.tickets
    held = [grant.queue_instance for task in cell.placed.values() for grant in task.grants]
    reserved = [place for reservation in cell.advance_reservations.values() for place in reservation.places]
    occupied = list(dict.fromkeys([*held, *reserved]))
    try:
        cell.compile(config, occupied)
        _find_all(cell, occupied)
    except Denied:
        vars(cell).update(kept)
        raise
    except (KeyError, ValueError) as error:
        vars(cell).update(kept)
        raise Denied(str(error), "not_compiled") from None
    _take_over_layout(cell, layout)
    if cell.tickets is not None and tickets is not None:
        cell.tickets.take_over(tickets, cell.now)
    cell.scale = dataclasses.replace(cell.scale, weights=Weights.of(config.scheduler))
    granting.book_again(cell)
    _charge_again(cell)
    _take_over_starts(cell, layout)
    cell.layout.keep_order(layout)
    _rank_again(cell)
    for place in cell.queue_instances:
        show_alarm(cell, place)
    cell.given_back()
    stopped = forget_thresholds(cell) + suspension.reconfigured(cell, layout)
    return [*stopped, *places.without_calendar(cell), *cell.open_calendars()]


def _find_all(cell: Cell, occupied: list[str]) -> None:
    try:
        for name in occupied:
            cell.layout.place(name)
    except KeyError:
        raise Denied("There are still running jobs in the queue. Deletion denied.", "occupied") from None


def _take_over_layout(cell: Cell, before: Layout) -> None:
    """What hosts and queue instances have become stays; a host that no machine stands behind is yet to be heard."""
    for name, host in cell.hosts.items():
        if name in before.hosts:
            host.take_over(before.hosts[name])
        elif name not in cell.config.machines:
            host.load, host.up = {}, False
        host.measured = places.measured(cell, host)
    cell.layout.loads = {name for host in cell.hosts.values() for name in host.load}
    known = {place.name: place for place in before.queue_instances}
    for place in cell.queue_instances:
        if place.name in known:
            place.take_over(known[place.name])
        elif not place.execution_host.up:
            place.flags += "u"


def _charge_again(cell: Cell) -> None:
    made: dict[Category, Category] = {}
    for task in cell.placed.values():
        assert task.charged is not None
        if task.charged not in made:
            made[task.charged] = _made_again(cell, task.charged)
        ledger.take_again(cell, task, made[task.charged])


def _made_again(cell: Cell, category: Category) -> Category:
    request = request_of(category)
    made = make_category(cell.layout, category_key(cell.layout, cell.quotas, request), request)
    made.reservation = category.reservation
    return made


def _take_over_starts(cell: Cell, before: Layout) -> None:
    """Which starts a host's load doesn't show yet; they are known by their queue instance's number."""
    numbers = {place.name: place.index for place in cell.queue_instances}
    for name, host in cell.hosts.items():
        recent = before.hosts[name].recent if name in before.hosts else {}
        for (job, task, index), start in recent.items():
            number = numbers.get(before.queue_instances[index].name)
            if number is not None:
                host.recent[job, task, number] = start


def _rank_again(cell: Cell) -> None:
    """Every job finds its category and its place among its like anew; priorities stay until the next run."""
    cell.categories = {}
    cell.standings = {}
    if cell.tickets is None:
        cell.scale.most_tickets = 0.0
    for job in cell.jobs.values():
        before, standing, ranked_in = job.category, job.standing, job.ranked_in
        cell.categorise(job)
        assert job.category is not None
        if before is not None:
            job.category.seen_in = max(job.category.seen_in, before.seen_in)
        if job.last_category is not None and job.altered_in == cell.run_count:
            job.last_category = _made_again(cell, job.last_category)
        if standing is not None:
            cell.rank(job)
            job.ranked_in = ranked_in
            cell.consider(job)
