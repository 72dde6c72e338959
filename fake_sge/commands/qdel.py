"""qdel(1): delete jobs. All its answers go to standard output."""

from __future__ import annotations

from collections.abc import Iterable

from fake_sge.commands.listing import format_ids
from fake_sge.commands.options import Option, OptionError, OptionTable
from fake_sge.commands.protocol import Cluster, Invocation, Reply, Running
from fake_sge.commands.selection import Chosen, choose, jobs_of_owners, read_operands
from fake_sge.commands.usage import usage
from fake_sge.core import Deleted, DeletionRegistered, Denied, Event, TaskRange

__all__ = ["OPTIONS", "run"]

OPTIONS = OptionTable(Option("-f"), Option("-help"), Option("-t", "first-last:step"), Option("-u", "user,..."))


def run(invocation: Invocation, cluster: Cluster) -> Running:
    """Delete what waits, and have what runs killed."""
    yield from ()
    forced, owners, words = False, list[str](), list[str]()
    try:
        given, _ = OPTIONS.parse(invocation.argv)
        if any(option.name == "-help" for option in given):
            return Reply(usage("qdel"))
        if not invocation.argv:
            return Reply("ERROR! no option argument\n", usage("qdel"), 1)
        forced, owners, words = _read(list(invocation.argv))
        wanted = read_operands(words)
    except OptionError as error:
        if error.option == "-t":
            return Reply(stderr=f"{error.text}\n", code=1)
        return Reply(f'ERROR! invalid option argument "{error.option}"\n', usage("qdel"), 1)
    cell = cluster.cell
    if wanted:
        chosen = choose(cell, wanted, invocation.user, owners)
    else:
        chosen = jobs_of_owners(cell, owners)
        if not chosen:
            return Reply(f"There is no job registered for the following users: {','.join(owners)}\n", code=1)
    answers, code = [], 0
    for item in chosen:
        answer, item_code = _delete(invocation, cluster, item, forced)
        answers.append(f"{answer}\n")
        code = code or item_code
    return Reply("".join(answers), code=code)


def _read(argv: list[str]) -> tuple[bool, list[str], list[str]]:
    """The operands keep their -t, which belongs to the one before it."""
    forced, owners, words = False, list[str](), list[str]()
    at = 0
    while at < len(argv):
        word = argv[at]
        at += 1
        if word == "-f":
            forced = True
        elif word == "-u":
            owners += argv[at].split(",")
            at += 1
        elif word == "-t":
            words += [word, argv[at]]
            at += 1
        else:
            words.append(word)
    return forced, owners, words


def _delete(invocation: Invocation, cluster: Cluster, item: Chosen, forced: bool) -> tuple[str, int]:
    if item.job is None:
        return item.refusal, 1
    user = invocation.user
    is_manager = cluster.cell.is_manager(user)
    job = cluster.cell.jobs.get(item.job)
    array = job is not None and job.request.tasks is not None
    try:
        events = cluster.input("delete", job_id=item.job, tasks=item.tasks, user=user, forced=forced and is_manager)
    except Denied as denied:
        if denied.kind == "unknown_task" and item.tasks is not None:
            return _no_such_task(item.job, item.tasks), 1
        return denied.text, denied.exit_code
    if forced and is_manager:
        return f"{user} forced the deletion of job {item.job}", 0
    told = _told(events, item, user, array)
    if forced and "registered" in told:
        # the client waits a minute for the job to go, a dot every five seconds, and may not force it then
        return f"{told}\n{'.' * 12}", 1
    return told, 0


def _no_such_task(job: int, tasks: TaskRange) -> str:
    if len(tasks) == 1:
        return f'job "{job}" task "{tasks.first}" does not exist'
    return f'job "{job}" task id range "{tasks.first}-{tasks.last}:{tasks.step}" comprises no tasks'


def _told(events: Iterable[Event], item: Chosen, user: str, array: bool) -> str:
    """A line for each running task, then one for all that waited."""
    lines, waiting, whole = [], list[int](), False
    for event in events:
        if getattr(event, "job", None) != item.job:
            continue
        if isinstance(event, DeletionRegistered):
            if array or item.tasks is not None:
                lines.append(f"{user} has registered the job-array task {event.job}.{event.task} for deletion")
            else:
                lines.append(f"{user} has registered the job {event.job} for deletion")
        elif isinstance(event, Deleted):
            if event.task is None:
                whole = True
            else:
                waiting.append(event.task)
    if whole:
        lines.append(f"{user} has deleted job {item.job}")
    elif len(waiting) == 1 and (array or item.tasks is not None):
        lines.append(f"{user} has deleted job-array task {item.job}.{waiting[0]}")
    elif waiting:
        lines.append(f"{user} has deleted job-array tasks {format_ids(sorted(waiting))} of job {item.job}")
    return "\n".join(lines) or f"job {item.job} is already in deletion"
