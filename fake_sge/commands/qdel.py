"""qdel(1): delete jobs. All its answers go to standard output."""

from __future__ import annotations

from collections.abc import Iterable

from fake_sge.commands.listing import format_ids
from fake_sge.commands.options import Option, OptionError, OptionTable
from fake_sge.commands.protocol import Cluster, Invocation, Reply, Running
from fake_sge.commands.selection import Chosen, choose, jobs_of_owners, read_operands
from fake_sge.commands.usage import usage
from fake_sge.core import Cell, Deleted, DeletionRegistered, Denied, Event, Job, KillDue, TaskRange

__all__ = ["OPTIONS", "run"]

OPTIONS = OptionTable(Option("-f"), Option("-help"), Option("-t", "first-last:step"), Option("-u", "user,..."))


def run(invocation: Invocation, cluster: Cluster) -> Running:
    """Delete what waits, and have what runs killed."""
    yield from ()
    try:
        helped, forced, owners, words = _read(list(invocation.argv))
        wanted = read_operands(words)
    except OptionError as error:
        if error.text.startswith("error: found lonely"):
            return Reply(stderr=f"{error.text}\n", code=1)
        return Reply(stderr=f"{usage('qdel')}error: {error.text}\n", code=1)
    if helped:
        return Reply(usage("qdel"))
    if not wanted and not owners:
        return Reply("ERROR! no option argument\n", usage("qdel"), 1)
    cell = cluster.cell
    if wanted:
        chosen = choose(cell, wanted, invocation.user, owners)
    else:
        chosen = jobs_of_owners(cell, owners)
        if not chosen:
            text = "There are no jobs registered"
            if owners != ["*"]:
                text = f"There is no job registered for the following users: {','.join(owners)}"
            return Reply(f"{text}\n", code=1)
    answers, code = [], 0
    for item in chosen:
        answer, item_code = _delete(invocation, cluster, item, forced)
        answers.append(f"{answer}\n")
        code = code or item_code
    if forced and not cell.is_manager(invocation.user):
        # the client waits a minute for the jobs to go, a dot every five seconds, and may not force it then
        answers.append("............\n")
        code = 1
    return Reply("".join(answers), code=code)


def _read(argv: list[str]) -> tuple[bool, bool, list[str], list[str]]:
    """-help, -f, the users of -u, and the operands with the -t behind them: whatever isn't an option names a job.

    Raises `OptionError`.
    """
    helped, forced, owners, words = False, False, list[str](), list[str]()
    at = 0
    while at < len(argv):
        word = argv[at]
        at += 1
        if word == "-help":
            helped = True
        elif word in ("-f", "--force"):
            forced = True
        elif word == "-u":
            owners += argv[at].split(",") if at < len(argv) else []
            at += 1
        elif word == "-t":
            if at == len(argv):
                raise OptionError("-t option must have a list of task id ranges")
            words += [word, argv[at]]
            at += 1
        else:
            words.append(word)
    return helped, forced, owners, words


def _delete(invocation: Invocation, cluster: Cluster, item: Chosen, forced: bool) -> tuple[str, int]:
    if item.job is None:
        return item.refusal, 1
    user = invocation.user
    may_force = cluster.cell.is_manager(user) or cluster.cell.policy.users_force_deletion
    job = cluster.cell.jobs.get(item.job)
    array = job is not None and job.request.tasks is not None
    try:
        events = cluster.input("delete", job_id=item.job, tasks=item.tasks, user=user, forced=forced and may_force)
    except Denied as denied:
        if denied.kind == "unknown_task" and item.tasks is not None:
            return _no_such_task(cluster.cell, item, item.tasks), 1
        return denied.text, denied.exit_code
    if (forced and may_force) or any(isinstance(event, KillDue) and event.why == "qdel -f" for event in events):
        return f"{user} forced the deletion of job {item.job}", 0
    return _told(events, item, user, job if array else None), 0


def _no_such_task(cell: Cell, item: Chosen, tasks: TaskRange) -> str:
    job = cell.jobs[item.job or 0]
    name = job.request.name if item.by_name else item.job
    if len(tasks) == 1:
        text = f'job "{name}" task "{tasks.first}" does not exist'
        return f"{text} for user(s) {item.by_name}" if item.by_name else text
    text = f'job "{name}" task id range "{tasks.first}-{tasks.last}:{tasks.step}" comprises no tasks'
    return f"{text} under user(s) {item.by_name}" if item.by_name else text


def _told(events: Iterable[Event], item: Chosen, user: str, array: Job | None) -> str:
    """A line for each running task, then one for all that waited; *array* is the job if it is one."""
    lines, waiting, whole = [], list[int](), False
    for event in events:
        if getattr(event, "job", None) != item.job:
            continue
        if isinstance(event, DeletionRegistered):
            if array is not None:
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
    elif len(waiting) == 1 and array is not None:
        lines.append(f"{user} has deleted job-array task {item.job}.{waiting[0]}")
    elif waiting:
        lines.append(f"{user} has deleted job-array tasks {format_ids(sorted(waiting))} of job {item.job}")
    if lines:
        return "\n".join(lines)
    left = [task for task in array.tasks if item.tasks is None or task in item.tasks] if array is not None else [1]
    return "\n".join([f"job {item.job} is already in deletion"] * max(1, len(left)))
