"""qmod(1): change the states of queue instances and of running jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fake_sge.commands.options import Given, Option, OptionError
from fake_sge.commands.protocol import Cluster, Invocation, Reply, Running
from fake_sge.commands.queues import select_queues
from fake_sge.commands.ranges import parse_tasks
from fake_sge.commands.selection import Chosen, Wanted, choose, read_operands
from fake_sge.commands.usage import usage
from fake_sge.commands.wordlists import WordTable, read_words
from fake_sge.core import Denied, Event, QueueInstance, Requeued, Task, TaskRange

__all__ = ["OPTIONS", "run"]

_EITHER = "queue_or_job..."

OPTIONS = WordTable(
    Option("-c", _EITHER),
    Option("-cj", "job..."),
    Option("-cq", "queue..."),
    Option("-d", "queue..."),
    Option("-e", "queue..."),
    Option("-f"),
    Option("-help"),
    Option("-r", _EITHER),
    Option("-rj", "job..."),
    Option("-rq", "queue..."),
    Option("-s", _EITHER),
    Option("-sj", "job..."),
    Option("-sq", "queue..."),
    Option("-t", "first-last:step"),
    Option("-us", _EITHER),
    Option("-usj", "job..."),
    Option("-usq", "queue..."),
)

_ORDER = ("-c", "-cj", "-cq", "-d", "-r", "-rj", "-rq", "-e", "-s", "-sj", "-sq", "-us", "-usj", "-usq")
"""What is done first, whatever the order on the command line."""
_LONG = {
    "--help": "-help",
    "--force": "-f",
    "--clear": "-c",
    "--clearjob": "-cj",
    "--clearqueue": "-cq",
    "--suspend": "-s",
    "--suspendjob": "-sj",
    "--suspendqueue": "-sq",
    "--unsuspend": "-us",
    "--unsuspendjob": "-usj",
    "--unsuspendqueue": "-usq",
    "--disable": "-d",
    "--reschedule": "-r",
    "--reschedulejob": "-rj",
    "--reschedulequeue": "-rq",
    "--enable": "-e",
}

_QUEUE_ACTIONS = {
    "-c": "clear_error",
    "-cq": "clear_error",
    "-d": "disable",
    "-e": "enable",
    "-r": "reschedule",
    "-rq": "reschedule",
    "-s": "suspend",
    "-sq": "suspend",
    "-us": "resume",
    "-usq": "resume",
}
_JOB_METHODS = {
    "-c": "clear_job_error",
    "-cj": "clear_job_error",
    "-r": "reschedule_job",
    "-rj": "reschedule_job",
    "-s": "suspend_job",
    "-sj": "suspend_job",
    "-us": "resume_job",
    "-usj": "resume_job",
}
_DONE = {
    "disable": "disabled",
    "enable": "enabled",
    "suspend": "suspended",
    "resume": "unsuspended",
    "clear_error": "no error",
}
_LETTERS = {
    "disable": ("d", True),
    "enable": ("d", False),
    "suspend": ("s", True),
    "resume": ("s", False),
    "clear_error": ("E", False),
}


def run(invocation: Invocation, cluster: Cluster) -> Running:
    """Apply each option to the queues and jobs that stand behind it."""
    yield from ()
    if not invocation.argv:
        return Reply(stderr=f"{usage('qmod')}ERROR! no option argument\n", code=1)
    given = read_words("qmod", OPTIONS, [_LONG.get(word, word) for word in invocation.argv])
    if isinstance(given, Reply):
        return given
    try:
        actions = _actions(given)
    except OptionError as error:
        return Reply(stderr=f"{error.text}\n", code=1)
    config = cluster.cell.config
    if config.admin_hosts and invocation.host not in config.admin_hosts:
        return Reply(f'denied: host "{invocation.host}" is not an admin host\n', code=1)
    forced = any(option.name == "-f" for option in given)
    answers: list[str] = []
    code = 0
    for option, wanted in actions:
        lines, item_code = _apply(invocation, cluster, option, wanted, forced)
        answers += lines
        code = code or item_code
    return Reply("".join(f"{line}\n" for line in answers), code=code)


def _actions(given: Iterable[Given]) -> list[tuple[str, Wanted]]:
    """What is to be done to what, in the order in which it is done. Raises `OptionError`."""
    found: list[tuple[str, Wanted]] = []
    for option in given:
        if option.name == "-t":
            if not found or found[-1][0] not in _JOB_METHODS:
                text = f"found lonely '-t {option.value}' option (The -t option needs a leading job name)."
                raise OptionError(text)
            name, wanted = found.pop()
            found.append((name, Wanted(wanted.text, parse_tasks(option.value))))
        elif option.name in _ORDER:
            # a list between commas names queues, never jobs
            words = [name for word in option.values for name in ([word] if _of_jobs(option.name) else word.split(","))]
            found += [(option.name, wanted) for word in words for wanted in _read(word)]
    return sorted(found, key=lambda action: _ORDER.index(action[0]))


def _of_jobs(option: str) -> bool:
    return option in _JOB_METHODS and option not in _QUEUE_ACTIONS


def _read(word: str) -> list[Wanted]:
    return read_operands([word]) if "," not in word else [Wanted(word)]


_Answer = tuple[list[str], int]


def _apply(invocation: Invocation, cluster: Cluster, option: str, wanted: Wanted, forced: bool) -> _Answer:
    """What may be either names queues, or jobs by their numbers alone."""
    name = wanted.text
    queues = select_queues(cluster.cell, [name]) if option in _QUEUE_ACTIONS else []
    if queues:
        action = _QUEUE_ACTIONS[option]
        answers = [_change_queue(invocation, cluster, queue.name, action, forced) for queue in queues]
        return [line for lines, _ in answers for line in lines], max(code for _, code in answers)
    if option in _JOB_METHODS and (option not in _QUEUE_ACTIONS or name.isdecimal()):
        return _change_jobs(invocation, cluster, _JOB_METHODS[option], wanted, forced)
    return [f'invalid queue or job "{name}"' if option in ("-s", "-us") else f'invalid queue "{name}"'], 1


def _change_queue(invocation: Invocation, cluster: Cluster, queue: str, action: str, forced: bool) -> _Answer:
    user = invocation.user
    instance = next(item for item in cluster.cell.queue_instances if item.name == queue)
    config = cluster.cell.config
    privileged = user in config.managers or user in config.operators
    if not privileged and user not in instance.texts.get("owner_list", "NONE").replace(",", " ").split():
        return [f'{user} - you have no permission to modify queue "{queue}"'], 1
    if action in _LETTERS and not forced:
        letter, wanted = _LETTERS[action]
        if (letter in instance.state) == wanted:
            word = {"clear_error": "no error"}.get(action, _DONE[action])
            return [f'Queue instance "{queue}" is already in the specified state: {word}'], 0
    try:
        events = cluster.input("change_queue", queue_instance=queue, action=action, user=user)
    except Denied as denied:
        if not (forced and denied.kind == "already"):
            return [denied.text], denied.exit_code
        events = []
    if action == "reschedule":
        return _rescheduled(cluster, events, instance, forced), 0
    done = "forced state change of" if forced else "changed state of"
    return [f'{user}@{invocation.host} {done} "{queue}" ({_DONE[action]})'], 0


def _rescheduled(cluster: Cluster, events: list[Event], place: QueueInstance, forced: bool) -> list[str]:
    """A line for each task that goes, then one for each that may not."""
    word = "Forced" if forced else "Pushed"
    gone = dict.fromkeys((event.job, event.task) for event in events if isinstance(event, Requeued))
    lines = [f"{word} rescheduling of {_named(cluster, *task)} on host {place.host}" for task in gone]
    for job in cluster.cell.jobs.values():
        for task in job.tasks.values():
            if any(grant.queue_instance == place.name for grant in task.grants) and (job.id, task.id) not in gone:
                name = _named(cluster, job.id, task.id)
                lines.append(f"The {name} is running in queue none where jobs are not rerunable.")
    return lines


def _named(cluster: Cluster, number: int, task: int | None) -> str:
    """``job 5``, ``job-array task 5.1``."""
    job = cluster.cell.jobs.get(number)
    if task is None or job is None or job.request.tasks is None:
        return f"job {number}"
    return f"job-array task {number}.{task}"


def _change_jobs(invocation: Invocation, cluster: Cluster, method: str, wanted: Wanted, forced: bool) -> _Answer:
    chosen = choose(cluster.cell, [wanted], None)
    lines, code = [], 0
    for item in chosen:
        if item.job is None:
            lines.append(f'invalid queue or job "{wanted.text}"')
            code = 1
            continue
        answer = _WAYS[method](invocation, cluster, item, forced)
        lines += answer[0]
        code = code or answer[1]
    return lines, code


def _permitted(invocation: Invocation, cluster: Cluster, number: int) -> bool:
    config = cluster.cell.config
    user = invocation.user
    return user in (cluster.cell.jobs[number].request.owner, *config.managers, *config.operators)


_Done = Callable[[Task], str]


def _each(invocation: Invocation, cluster: Cluster, method: str, item: Chosen, done: _Done, **more: bool) -> _Answer:
    """Change the running tasks one by one; those that wait can't be."""
    number = item.job or 0
    if not _permitted(invocation, cluster, number):
        return [f'{invocation.user} - you have no permission to modify job "{number}"'], 1
    job = cluster.cell.jobs[number]
    lines, code = [], 0
    for task in [one for one in job.tasks.values() if one.grants and (item.tasks is None or one.id in item.tasks)]:
        text = done(task)
        try:
            only = TaskRange(task.id, task.id)
            cluster.input(method, job_id=number, tasks=only, user=invocation.user, **more)
        except Denied as denied:
            text = denied.text.replace(f"job {number}", _named(cluster, number, task.id))
            code = code or denied.exit_code
        lines.append(text)
    waiting = [span for span in (*job.idle, *job.blocked) if not item.tasks or span.first in item.tasks]
    for span in waiting:
        for identity in range(span.first, span.last + 1, span.step):
            text = f"job-array task {number}.{identity} in pending/hold state"
            lines.append(f"Modify operation can not be applied on {text}")
    return lines, code


def _suspend(invocation: Invocation, cluster: Cluster, item: Chosen, forced: bool) -> _Answer:
    def done(task: Task) -> str:
        return f"{invocation.user} - suspended {_named(cluster, task.job.id, task.id)}"

    return _each(invocation, cluster, "suspend_job", item, done)


def _resume(invocation: Invocation, cluster: Cluster, item: Chosen, forced: bool) -> _Answer:
    def done(task: Task) -> str:
        name = _named(cluster, task.job.id, task.id)
        if "T" in task.suspended_by:
            who = f"{invocation.user}@{invocation.host}"
            return f"{who} removed administrator suspension of {name} (suspend threshold is still active)"
        return f"{invocation.user} - unsuspended {name}"

    return _each(invocation, cluster, "resume_job", item, done)


def _reschedule(invocation: Invocation, cluster: Cluster, item: Chosen, forced: bool) -> _Answer:
    word = "Forced" if forced else "Pushed"

    def done(task: Task) -> str:
        return f"{word} rescheduling of {_named(cluster, task.job.id, task.id)} on host {task.grants[0].host}"

    return _each(invocation, cluster, "reschedule_job", item, done, forced=forced)


def _clear(invocation: Invocation, cluster: Cluster, item: Chosen, forced: bool) -> _Answer:
    """Exit code 1 even where it is done, as in 8.1.9."""
    number = item.job or 0
    if not _permitted(invocation, cluster, number):
        return [f'{invocation.user} - you have no permission to modify job "{number}"'], 1
    try:
        cluster.input("clear_job_error", job_id=number, tasks=item.tasks, user=invocation.user)
    except Denied as denied:
        return [denied.text], 1
    return [f"{invocation.user}@{invocation.host} cleared error state of job {number}"], 1


_WAYS: dict[str, Callable[[Invocation, Cluster, Chosen, bool], _Answer]] = {
    "suspend_job": _suspend,
    "resume_job": _resume,
    "clear_job_error": _clear,
    "reschedule_job": _reschedule,
}
