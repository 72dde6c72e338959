"""The XML documents of qstat(1), joined from strings: a hub asks for them twice a second for each waiting user."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo

from fake_sge.commands.dates import xml_date
from fake_sge.commands.listing import Line
from fake_sge.commands.views import JobFacts, View, job_facts
from fake_sge.commands.xml import HEADER, QSTAT, element, escape
from fake_sge.core import Cell

__all__ = ["document", "job_list"]


def document(queues: str, pending: str) -> str:
    """The two lists of qstat.xsd: what is placed, and what waits."""
    return (
        f'{HEADER}<job_info  xmlns:xsd="{QSTAT}">\n'
        f"  <queue_info>\n{queues}  </queue_info>\n  <job_info>\n{pending}  </job_info>\n</job_info>\n"
    )


def job_list(cell: Cell, lines: Iterable[Line], view: View, zone: tzinfo | None, indent: str = "    ") -> str:
    """One ``job_list`` element a line. The attribute *state* is coarse; the element ``state`` has the letters."""
    dates: dict[float, str] = {}
    parts = []
    for line in lines:
        date = dates.get(line.at)
        if date is None:
            date = dates[line.at] = xml_date(line.at, zone)
        parts.append(_plain(line, date, view, indent) if view.plain else _rich(cell, line, date, view, zone, indent))
    return "".join(parts)


def _kind(line: Line) -> str:
    return "running" if line.running else "zombie" if line.zombie else "pending"


def _plain(line: Line, date: str, view: View, indent: str) -> str:
    request = line.job.request
    time = "JAT_start_time" if line.running else "JB_submission_time"
    queue = "" if view.full else f"{indent}  <queue_name>{line.queue}</queue_name>\n"
    master = f"{indent}  <master>{line.master}</master>\n" if view.by_slot else ""
    tasks = f"{indent}  <tasks>{line.ids}</tasks>\n" if line.ids else ""
    return (
        f'{indent}<job_list state="{_kind(line)}">\n'
        f"{indent}  <JB_job_number>{line.job.id}</JB_job_number>\n"
        f"{indent}  <JAT_prio>{line.priority:.5f}</JAT_prio>\n"
        f"{indent}  <JB_name>{escape(request.name)}</JB_name>\n"
        f"{indent}  <JB_owner>{escape(request.owner)}</JB_owner>\n"
        f"{indent}  <state>{line.state}</state>\n"
        f"{indent}  <{time}>{date}</{time}>\n"
        f"{queue}{master}"
        f"{indent}  <slots>{line.slots}</slots>\n"
        f"{tasks}{indent}</job_list>\n"
    )


def _rich(cell: Cell, line: Line, date: str, view: View, zone: tzinfo | None, indent: str) -> str:
    request = line.job.request
    facts = job_facts(cell, line)
    items: list[tuple[str, object]] = [("JB_job_number", line.job.id), ("JAT_prio", f"{line.priority:.5f}")]
    if view.priority or view.extended:
        items.append(("JAT_ntix", f"{facts.ticket_share:.5f}"))
    if view.priority:
        items.append(("JB_nppri", f"{facts.priority_share:.5f}"))
    if view.priority or view.urgency:
        items.append(("JB_nurg", f"{facts.urgency_share:.5f}"))
    if view.urgency:
        items.append(("JB_rrcontr", f"{facts.resources:.5g}"))
        items.append(("JB_wtcontr", f"{facts.waiting:.0f}"))
        items.append(("JB_dlcontr", f"{facts.deadline:.0f}"))
    if view.priority:
        items.append(("JB_priority", request.priority))
    items += [("JB_name", request.name), ("JB_owner", request.owner)]
    if view.extended:
        items += [("JB_project", request.project or ""), ("JB_department", request.department)]
    items.append(("state", line.state))
    if view.dated:
        items.append(("JAT_start_time" if line.running else "JB_submission_time", date))
    if view.urgency and request.deadline_at:
        items.append(("JB_deadline", xml_date(request.deadline_at, zone)))
    if view.extended and not line.zombie:
        names = ("tickets", "JB_override_tickets", "otickets", "ftickets", "stickets")
        numbers = dict(zip(names, facts.tickets, strict=True))
        items += [("tickets", numbers["tickets"]), ("JB_override_tickets", numbers["JB_override_tickets"])]
        items.append(("JB_jobshare", int(facts.ticket_portion)))  # 8.1.9 shows the share of tickets here
        items += [(name, numbers[name]) for name in ("otickets", "ftickets", "stickets")]
        items.append(("JAT_share", f"{facts.ticket_portion:.5f}"))
    if not view.full:
        items.append(("queue_name", line.queue))
    if view.by_slot:
        items.append(("master", line.master))
    items.append(("slots", line.slots))
    if line.ids:
        items.append(("tasks", line.ids))
    inner = indent + "  "
    text = "".join(element(name, value, inner) for name, value in items)
    if view.requests:
        text += _requests(cell, line, facts, view, inner)
    return f'{indent}<job_list state="{_kind(line)}">\n{text}{indent}</job_list>\n'


def _requests(cell: Cell, line: Line, facts: JobFacts, view: View, indent: str) -> str:
    request = line.job.request
    parts = [element("full_job_name", request.name, indent)]
    if request.pe is not None:
        parts.append(f'{indent}<requested_pe name="{escape(request.pe)}">{facts.slot_range}</requested_pe>\n')
    if facts.granted is not None:
        parts.append(f'{indent}<granted_pe name="{escape(request.pe or "")}">{facts.granted}</granted_pe>\n')
    for name, value, contribution in facts.hard:
        attributes = f'name="{name}" resource_contribution="{contribution:f}"'
        parts.append(f"{indent}<hard_request {attributes}>{escape(value)}</hard_request>\n")
    if view.by_queue:
        for name, value in facts.defaults:
            parts.append(f'{indent}<def_hard_request name="{name}">{escape(value)}</def_hard_request>\n')
    for name, value in facts.soft:
        parts.append(f'{indent}<soft_request name="{name}">{escape(value)}</soft_request>\n')
    for tag, values in (
        ("hard_req_queue", request.hard_queues),
        ("soft_req_queue", request.soft_queues),
        ("master_hard_req_queue", request.master_queues),
        ("predecessor_jobs_req", request.hold_jobs),
        ("predecessor_jobs", [str(number) for number in line.job.predecessors]),
        ("ad_predecessor_jobs_req", request.hold_array_jobs),
        ("ad_predecessor_jobs", [str(number) for number in line.job.array_predecessors]),
    ):
        parts += [element(tag, value, indent) for value in values]
    parts.append(element("binding", request.binding or "NONE", indent))
    return "".join(parts)
