"""Placing a task that needs one slot."""

from __future__ import annotations

from fake_sge.core.category import Category
from fake_sge.core.instances import Host, QueueInstance
from fake_sge.core.matching import Reason, describe_shortfall, shortfall, soft_violations, static_reasons
from fake_sge.core.outlook import Outlook
from fake_sge.core.quota import Applied
from fake_sge.core.run import Run

__all__ = ["explain_serial", "find_place", "quota_reason"]


def find_place(run: Run, category: Category, barred: list[str]) -> QueueInstance | None:
    """The first queue instance that fits; with soft requests, the first of those that violate the fewest."""
    outlook = run.outlook_of(category)
    if shortfall(run.layout.everywhere, category.checks, 1, outlook):
        return None
    statics = static_reasons(run.layout, category, None)
    soft = bool(category.soft or category.soft_queues)
    unfit = run.unfit.setdefault(category, set())
    best: QueueInstance | None = None
    least = 0
    for place in run.order:
        if statics[place.index] is not None or place.index in unfit or place.host in barred:
            continue
        denial = _quota_denial(run, category, place, outlook)
        if denial is not None and denial.rule.everywhere:
            break
        if denial is not None or not _fits(outlook, category, place):
            unfit.add(place.index)
            continue
        if not soft:
            return place
        missed = soft_violations(run.layout, category, place)
        if best is None or missed < least:
            best, least = place, missed
    return best


def _fits(outlook: Outlook, category: Category, place: QueueInstance) -> bool:
    if outlook.slots(place) < 1:
        return False
    checks = category.checks
    if not checks:
        return True
    return shortfall(place.execution_host, checks, 1, outlook) is None and shortfall(place, checks, 1, outlook) is None


def _quota_denial(run: Run, category: Category, place: QueueInstance, outlook: Outlook) -> Applied | None:
    applied = run.quotas.applied(category, None, place) if run.quotas.sets else None
    if not applied:
        return None
    room, tightest = run.quotas.room(category, applied, {}, outlook)
    return tightest if room < 1 else None


def quota_reason(denial: Applied, place: QueueInstance) -> Reason:
    """What the scheduler says about a quota that is used up."""
    if denial.rule.everywhere:
        return Reason(
            "quota",
            denial.rule.name,
            f'cannot run because it exceeds limit "{denial.key}" in rule "{denial.rule.name}"',
        )
    text = f'cannot run in queue instance "{place.name}" because it exceeds limit in rule "{denial.rule.name}"'
    return Reason("queue", place.name, "Job " + text)


def explain_serial(run: Run, category: Category) -> list[Reason]:
    """Why no place fits: what `find_place` met, in its order."""
    layout = run.layout
    if demand := shortfall(layout.everywhere, category.demands, 1, run.present(category)):
        return [describe_shortfall(layout, category, layout.everywhere, demand, run.present(category))]
    statics = static_reasons(layout, category, None)
    found: dict[tuple[str, str], Reason] = {}
    for place in run.order:
        if ("cluster", place.queue) in found or ("host", place.host) in found:
            continue
        denial = _quota_denial(run, category, place, run.present(category))
        if denial is not None:
            reason = quota_reason(denial, place)
            found.setdefault((reason.scope, reason.name), reason)
            if denial.rule.everywhere:
                break
            continue
        why = statics[place.index] or _dynamic_reason(run, category, place)
        if why is not None:
            found.setdefault((why.scope, why.name), why)
    return list(found.values())


def _dynamic_reason(run: Run, category: Category, place: QueueInstance) -> Reason | None:
    levels: tuple[Host | QueueInstance, ...] = (place.execution_host, place)
    if category.reservation is not None and run.present(category).slots(place) < 1:
        levels = ()
    for level in levels:
        if demand := shortfall(level, category.demands, 1, run.present(category)):
            return describe_shortfall(run.layout, category, level, demand, run.present(category))
    return _foreseen_reason(run, category, place)


def _foreseen_reason(run: Run, category: Category, place: QueueInstance) -> Reason | None:
    """There is enough at present, but not until the job's end."""
    outlook = run.outlook_of(category)
    if (slots := outlook.slots(place)) < 1:
        text = f"it offers only qc:slots={slots:.6f}{'' if category.reservation else ' due to a reservation'}"
        return Reason(
            "queue", place.name, f'(-l {category.resource_list}) cannot run in queue "{place.name}" because {text}'
        )
    for level in (place.execution_host, place):
        if demand := shortfall(level, category.demands, 1, outlook):
            why = describe_shortfall(run.layout, category, level, demand, outlook)
            return Reason(why.scope, why.name, f"{why.text} due to a reservation")
    return None
