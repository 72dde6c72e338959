"""qstat(1)'s tables."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo

from fake_sge.commands.dates import short_date
from fake_sge.commands.listing import Line
from fake_sge.commands.views import View, job_facts
from fake_sge.core import Cell

__all__ = ["QUEUE_HEADING", "heading", "job_line", "pending_heading", "queue_rule", "request_lines"]

QUEUE_HEADING = "queuename                      qtype resv/used/tot. load_avg arch          states\n"


def queue_rule(view: View) -> str:
    """What parts queues; -ext makes it longer."""
    return "-" * (81 + 108 * view.extended) + "\n"


def pending_heading(view: View) -> str:
    """What stands above the jobs that wait, below the queues of -f."""
    bar = "#" * (76 + 110 * view.extended)
    return f"\n{bar}\n{' - PENDING JOBS' * 5}\n{bar}\n"


def heading(view: View, indent: str = "", width: int = 30) -> str:
    """The table's head: which columns it has is decided by -ext, -urg, -pri and -g t."""
    columns = [
        f"{'job-ID':<7.7} prior  ",
        " nurg   " if view.priority or view.urgency else "",
        " npprior" if view.priority else "",
        " ntckts " if view.priority or view.extended else "",
        " urg      rrcontr  wtcontr  dlcontr " if view.urgency else "",
        "  ppri" if view.priority else "",
        f" {'name':<10.10} {'user':<12.12} ",
        "project          department " if view.extended else "",
        "state ",
        "submit/start at     " if view.dated else "",
        " deadline           " if view.urgency else "",
        "cpu        mem     io      tckts ovrts otckt ftckt stckt share " if view.extended else "",
        f"{'queue':<{width}.{width}} ",
        "master" if view.by_slot else "slots",
        " ja-task-ID ",
        "task-ID state cpu        mem     io      stat failed " if view.tasks else "",
    ]
    rule = 93 + width - 10 + view.by_slot + 79 * view.extended + 64 * view.urgency + 35 * view.priority
    rule += 53 * view.tasks
    return f"{indent}{''.join(columns)}\n{indent}{'-' * rule}\n"


def job_line(cell: Cell, line: Line, view: View, zone: tzinfo | None, indent: str = "", width: int = 30) -> str:
    """One line of the table."""
    columns = [indent]
    if line.continued:
        columns.append(_blank(view))
    else:
        columns += _facts(cell, line, view, zone)
    if not view.full:
        columns.append(f"{line.queue:<{width}.{width}} ")
    columns.append(f"{line.master:<7.6}" if view.by_slot else f"{line.slots:5d} ")
    columns.append(line.ids or "       ")
    return "".join(columns) + "\n"


def _facts(cell: Cell, line: Line, view: View, zone: tzinfo | None) -> Iterable[str]:
    request = line.job.request
    yield f"{line.job.id:7d} {line.priority:7.5f} "
    if view.priority or view.urgency or view.extended:
        facts = job_facts(cell, line)
        if view.priority or view.urgency:
            yield f"{facts.urgency_share:7.5f} "
        if view.priority:
            yield f"{facts.priority_share:7.5f} "
        if view.priority or view.extended:
            yield f"{facts.ticket_share:7.5f} "
        if view.urgency:
            for number in (facts.urgency, facts.resources, facts.waiting, facts.deadline):
                yield f"{number:8.3g} " if number > 99999999 else f"{number:8.0f} "
        if view.priority:
            yield f"{request.priority:5d} "
    yield f"{request.name:<10.10} {request.owner:<12.12} "
    if view.extended:
        yield f"{request.project or 'NA':<16.16} {request.department:<10.10} "
    yield f"{line.state:<5.5} "
    if view.dated:
        yield f"{short_date(line.at, zone)} "
    if view.urgency:
        yield f"{short_date(request.deadline_at, zone) if request.deadline_at else '':<19} "
    if view.extended:
        yield _NO_USE if line.running else " " * len(_NO_USE)
        yield "   NA " * 6 if line.zombie else _tickets(facts.tickets, facts.ticket_portion)


def _tickets(tickets: tuple[int, ...], portion: float) -> str:
    return "".join(f"{number:5d} " for number in tickets) + f"{portion:<5.2f} "


_NO_USE = f"{'NA':<10} " + f"{'NA':<7} " * 2


def _blank(view: View) -> str:
    width = 16 + 8 * (view.priority or view.urgency) + 8 * view.priority + 8 * (view.priority or view.extended)
    width += 36 * view.urgency + 18 * view.priority + 24 + 28 * view.extended + 6 + 20 * view.dated + 20 * view.urgency
    return " " * width + (_NO_USE + _tickets((0,) * 5, 0.0) if view.extended else "")


def request_lines(cell: Cell, line: Line, view: View) -> str:
    """What -r adds below a job: its full name and what it asks for."""
    request = line.job.request
    lines = [_label("Full jobname", request.name)]
    if line.queue:
        lines.append(_label("Master Queue", line.queue))
    facts = job_facts(cell, line)
    if request.checkpoint is not None:
        lines.append(_label("Checkpoint Env.", request.checkpoint))
    if request.pe is not None:
        lines.append(_label("Requested PE", f"{request.pe} {facts.slot_range}"))
    if facts.granted is not None:
        lines.append(_label("Granted PE", f"{request.pe} {facts.granted}"))
    lines.append(_block("       Hard Resources:   ", [f"{n}={v} ({c:f})" for n, v, c in facts.hard]))
    if view.by_queue:
        lines += [f"       {name}={value} (default)\n" for name, value in facts.defaults]
    lines.append(_block("       Soft Resources:   ", [f"{n}={v}" for n, v in facts.soft]))
    for name, queues in (
        ("Hard requested queues", request.hard_queues),
        ("Soft requested queues", request.soft_queues),
        ("Master task hard requested queues", request.master_queues),
        ("Predecessor Jobs (request)", request.hold_jobs),
        ("Predecessor Jobs", [str(number) for number in line.job.predecessors]),
        ("Predecessor Array Jobs (request)", request.hold_array_jobs),
        ("Predecessor Array Jobs", [str(number) for number in line.job.array_predecessors]),
    ):
        if queues:
            lines.append(f"       {name}: {', '.join(queues)}\n")
    lines.append(f"       Binding:          {request.binding or 'NONE'}\n")
    return "".join(lines)


def _label(name: str, value: str) -> str:
    return f"       {name}:{' ' * max(1, 17 - len(name))}{value}\n"


def _block(label: str, values: list[str]) -> str:
    return label + ("\n" + " " * 25).join(values) + "\n"
