"""qstat(1): what jobs and queues do."""

from __future__ import annotations

import posixpath
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field

from fake_sge.commands import qstat_job
from fake_sge.commands.listing import JobFilter, Line, lines_of_queue, pending_lines, running_lines, zombie_lines
from fake_sge.commands.options import Given, Option, OptionError
from fake_sge.commands.protocol import Answer, Cluster, Invocation, NeedFile, Reply, Request, Running
from fake_sge.commands.qstat_queues import cluster_queues, cluster_queues_xml, queue_text, queue_xml
from fake_sge.commands.qstat_text import (
    QUEUE_HEADING,
    heading,
    job_line,
    pending_heading,
    queue_rule,
    request_lines,
)
from fake_sge.commands.qstat_xml import document, job_list
from fake_sge.commands.queuechoice import QueueChoice, check_states
from fake_sge.commands.queues import satisfies
from fake_sge.commands.usage import usage
from fake_sge.commands.views import View
from fake_sge.commands.wordlists import WordTable, items, read_words
from fake_sge.core import Job, Task
from fake_sge.core.instances import QueueInstance

__all__ = ["OPTIONS", "Wish", "run"]

OPTIONS = WordTable(
    Option("-explain", "a|c|A|E"),
    Option("-ext"),
    Option("-f"),
    Option("-F", "[resource,...]"),
    Option("-g", "c|d|t"),
    Option("-help"),
    Option("-j", "[job,...]"),
    Option("-l", "resource=value,..."),
    Option("-ncb"),
    Option("-ne"),
    Option("-pe", "environment,..."),
    Option("-pri"),
    Option("-q", "queue,..."),
    Option("-qs", "state..."),
    Option("-r"),
    Option("-s", "state..."),
    Option("-t"),
    Option("-u", "user,..."),
    Option("-U", "user,..."),
    Option("-urg"),
    Option("-xml"),
)


@dataclass(slots=True)
class Wish:
    """What the options ask for."""

    jobs: JobFilter = field(default_factory=JobFilter)
    view: View = field(default_factory=View)
    details: str | None = None
    bindings: bool = True
    xml: bool = False
    by_queue: bool = False
    one_by_one: bool = False
    cluster_queues: bool = False
    hide_empty: bool = False
    resources: list[str] | None = None
    explain: str = ""
    choice: QueueChoice = field(default_factory=QueueChoice)


def run(invocation: Invocation, cluster: Cluster) -> Running:
    """Answer a qstat: by default the caller's own jobs."""
    given = read_words("qstat", OPTIONS, invocation.argv)
    if isinstance(given, Reply):
        return given
    defaults = yield from _defaults(invocation)
    if isinstance(defaults, Reply):
        return defaults
    names = {option.name for option in given}
    given += [option for option in defaults if option.name not in names]
    try:
        wish = _wish(given, invocation.user)
        if wish.details is not None:
            return qstat_job.answer(cluster, wish.details, xml=wish.xml, bindings=wish.bindings)
        return _list(cluster, wish)
    except OptionError as error:
        return Reply(stderr=f"{usage('qstat') if error.option else ''}{error.text}\n", code=1)


def _list(cluster: Cluster, wish: Wish) -> Reply:
    if wish.choice.made or wish.by_queue or wish.cluster_queues:
        return _by_queue(cluster, wish)
    return _plain(cluster, wish)


def _defaults(invocation: Invocation) -> Generator[Request, Answer, list[Given] | Reply]:
    """The options of common/sge_qstat and ~/.sge_qstat; those of the command line override them one by one."""
    words: list[str] = []
    root = invocation.environment.get("SGE_ROOT")
    paths = [f"{root}/{invocation.environment.get('SGE_CELL', 'default')}/common/sge_qstat"] if root else []
    for path in [*paths, posixpath.join(invocation.home, ".sge_qstat")]:
        content = yield NeedFile(path)
        if isinstance(content, bytes):
            words += content.decode("utf-8", "replace").split()
    return read_words("qstat", OPTIONS, words)


def _wish(given: Iterable[Given], user: str) -> Wish:
    wish = Wish()
    columns: dict[str, bool] = {}
    users: list[str] = []
    for option in given:
        wish.choice.read(option)
        match option.name:
            case "-j":
                wish.details = option.values[-1] if option.values else wish.details or ""
            case "-u":
                users += items(option)
            case "-s":
                _read_states(wish.jobs, option.values[-1])
            case "-g":
                _read_groups(wish, columns, "".join(option.values))
            case "-f":
                columns["full"] = wish.by_queue = True
            case "-F":
                columns["full"] = wish.by_queue = True
                named = option.values[-1].split(",") if option.values else wish.resources or []
                wish.resources = [name for name in named if name]
            case "-explain":
                columns["full"] = wish.by_queue = True
                wish.explain = check_states(option.values[-1], "cAaE")
            case "-ext":
                columns["extended"] = True
            case "-pri":
                columns["priority"] = True
            case "-urg":
                columns["urgency"] = wish.by_queue = True
            case "-r":
                columns["requests"] = True
            case "-ncb":
                wish.bindings = False
            case "-ne":
                wish.hide_empty = True
            case "-xml":
                wish.xml = True
            case "-qs":
                wish.by_queue = True
            case "-t":
                columns["tasks"] = columns["by_slot"] = True
    wish.jobs.users = [] if "*" in users else users or [user]
    wish.view = View(**columns, by_queue=wish.by_queue or wish.choice.made)
    return wish


def _read_states(jobs: JobFilter, text: str) -> None:
    """``-s``: letters, of which h is followed by the kind of hold."""
    jobs.pending = jobs.running = jobs.suspended = False
    at = 0
    while at < len(text):
        letter = text[at]
        at += 1
        if letter == "h":
            kind = text[at] if at < len(text) and text[at] in "uosdja" else ""
            at += len(kind)
            jobs.holds += kind or "uosdja"
            jobs.pending = True
        elif letter == "p":
            jobs.pending = True
        elif letter == "r":
            jobs.running = True
        elif letter == "s":
            jobs.suspended = True
        elif letter == "z":
            jobs.zombies = True
        elif letter == "a":
            jobs.pending = jobs.running = jobs.suspended = True
        else:
            raise OptionError("ERROR! wrong argument to -s option", option="-s")


def _read_groups(wish: Wish, columns: dict[str, bool], text: str) -> None:
    wish.by_queue = True
    for letter in text:
        if letter == "c":
            wish.cluster_queues = True
        elif letter == "d":
            wish.one_by_one = True
        elif letter == "t":
            columns["by_slot"] = True
        else:
            raise OptionError(f"wrong character '{letter}' for -g option")


def _plain(cluster: Cluster, wish: Wish) -> Reply:
    """Jobs alone: the running ones in the qmaster's order, then the waiting ones by priority."""
    cell = cluster.cell
    jobs = wish.jobs.jobs(cell)
    if not isinstance(jobs, (list, tuple)):
        jobs = list(jobs)
    running = running_lines(cell, jobs, wish.jobs, by_slot=wish.view.by_slot)
    waiting = pending_lines(jobs, wish.jobs, one_by_one=wish.one_by_one) + zombie_lines(cell, wish.jobs)
    if wish.xml:
        zone = cluster.zone
        return Reply(document(job_list(cell, running, wish.view, zone), job_list(cell, waiting, wish.view, zone)))
    lines = [*running, *waiting]
    return Reply(heading(wish.view) + _table(cluster, lines, wish.view) if lines else "")


def _table(cluster: Cluster, lines: Iterable[Line], view: View) -> str:
    parts = []
    for line in lines:
        parts.append(job_line(cluster.cell, line, view, cluster.zone))
        if view.requests:
            parts.append(request_lines(cluster.cell, line, view))
    return "".join(parts)


def _by_queue(cluster: Cluster, wish: Wish) -> Reply:
    """Jobs in the order of their queue instances, each below its queue with -f."""
    cell = cluster.cell
    instances = wish.choice.find(cell)
    if instances is None:
        return Reply(code=1)
    if wish.cluster_queues:
        show = cluster_queues_xml if wish.xml else cluster_queues
        return Reply(show(cell, instances, extended=wish.view.extended))
    jobs = list(wish.jobs.jobs(cell))
    on_queue = _placed(jobs)
    shown = [instance for instance in instances if instance.used or not wish.hide_empty]
    waiting = jobs
    if wish.choice.made:
        waiting = [job for job in jobs if _could_run(cluster, job, instances)]
    pending = pending_lines(waiting, wish.jobs, one_by_one=wish.one_by_one)
    zombies = zombie_lines(cell, wish.jobs)
    if wish.xml:
        return Reply(_xml(cluster, wish, shown, on_queue, pending + zombies))
    if wish.view.full:
        return Reply(_full(cluster, wish, shown, on_queue, pending, zombies))
    lines = [line for instance in shown for line in _lines(cluster, wish, instance, on_queue)] + pending + zombies
    return Reply(heading(wish.view) + _table(cluster, lines, wish.view) if lines else "")


_OnQueue = dict[str, list[tuple[Job, Task]]]


def _placed(jobs: Iterable[Job]) -> _OnQueue:
    found: _OnQueue = {}
    for job in jobs:
        for task in job.tasks.values():
            for name in dict.fromkeys(grant.queue_instance for grant in task.grants):
                found.setdefault(name, []).append((job, task))
    return found


def _could_run(cluster: Cluster, job: Job, instances: Iterable[QueueInstance]) -> bool:
    """Waiting jobs show only if one of the selected queue instances could take them."""
    return any(satisfies(cluster.cell, instance, job.request.hard) for instance in instances)


def _lines(cluster: Cluster, wish: Wish, instance: QueueInstance, on_queue: _OnQueue) -> list[Line]:
    """What is shown of one queue instance; without -f and -g t a job shows once, at its master queue."""
    placed = on_queue.get(instance.name, [])
    if wish.view.by_slot or wish.view.full:
        return list(lines_of_queue(cluster.cell, placed, instance.name, wish.jobs, by_slot=wish.view.by_slot))
    masters = [job for job, task in placed if task.grants[0].queue_instance == instance.name]
    lines = running_lines(cluster.cell, dict.fromkeys(masters), wish.jobs)
    return [line for line in lines if line.queue == instance.name]


def _full(
    cluster: Cluster,
    wish: Wish,
    instances: Iterable[QueueInstance],
    on_queue: _OnQueue,
    pending: list[Line],
    zombies: list[Line],
) -> str:
    parts: list[str] = []
    for instance in instances:
        parts.append(queue_rule(wish.view) if parts else QUEUE_HEADING + queue_rule(wish.view))
        parts.append(queue_text(cluster.cell, instance, wish.resources, wish.explain))
        parts.append(_table(cluster, _lines(cluster, wish, instance, on_queue), wish.view))
    if pending:
        parts += [pending_heading(wish.view), _table(cluster, pending, wish.view)]
    if zombies:
        parts.append(_table(cluster, zombies, wish.view))
    return "".join(parts)


def _xml(
    cluster: Cluster, wish: Wish, instances: Iterable[QueueInstance], on_queue: _OnQueue, waiting: list[Line]
) -> str:
    cell, zone = cluster.cell, cluster.zone
    parts = []
    for instance in instances:
        lines = _lines(cluster, wish, instance, on_queue)
        if wish.view.full:
            jobs = job_list(cell, lines, wish.view, zone, "      ")
            parts.append(queue_xml(cell, instance, wish.resources, wish.explain, jobs))
        else:
            parts.append(job_list(cell, lines, wish.view, zone))
    return document("".join(parts), job_list(cell, waiting, wish.view, zone))
