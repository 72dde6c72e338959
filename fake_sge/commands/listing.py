"""The lines of qstat(1) and qhost(1): one `Line` for what is printed as one line or one ``job_list`` element."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from fake_sge.core import Cell, FinishedTask, Job, JobRequest, Task, TaskRange
from fake_sge.core.states import letters, waiting_letters

__all__ = [
    "JobFilter",
    "Line",
    "format_ids",
    "lines_of_queue",
    "pending_lines",
    "ranges_of",
    "requested_slots",
    "running_lines",
    "zombie_lines",
]


@dataclass(slots=True)
class Line:
    """*task* is None for tasks that were never touched. *at* is the start of a running task, else the submission.

    *continued* lines repeat nothing but their queue: the further slots of ``-g t``.
    """

    job: Job
    task: Task | None
    state: str
    at: float
    slots: int
    priority: float
    queue: str = ""
    ids: str = ""
    running: bool = False
    zombie: bool = False
    master: str = ""
    continued: bool = False


@dataclass(slots=True)
class JobFilter:
    """Which jobs and states are listed: -u and -s of qstat(1)."""

    users: list[str] = field(default_factory=list)
    pending: bool = True
    running: bool = True
    suspended: bool = True
    zombies: bool = False
    holds: str = ""

    def jobs(self, cell: Cell) -> Iterable[Job]:
        """The users' jobs in the order of the qmaster's list; only their own are looked at when no pattern is given."""
        if not self.users:
            return cell.jobs.values()
        if any(_is_pattern(user) for user in self.users):
            return [job for job in cell.jobs.values() if self.takes(job.request.owner)]
        users = dict.fromkeys(self.users)
        if len(users) == 1:
            return cell.jobs_of(next(iter(users)))
        return sorted((job for user in users for job in cell.jobs_of(user)), key=lambda job: job.id)

    def takes(self, owner: str) -> bool:
        return not self.users or any(fnmatchcase(owner, pattern) for pattern in self.users)

    def takes_hold(self, job: Job, holds: str) -> bool:
        """Does a waiting line with these holds show, when -s asks for kinds of hold?"""
        if not self.holds:
            return True
        return (
            any(kind in holds for kind in self.holds if kind in "uos")
            or ("j" in self.holds and bool(job.predecessors))
            or ("d" in self.holds and "d" in holds)
            or ("a" in self.holds and job.request.execute_at is not None)
        )


def _is_pattern(user: str) -> bool:
    return any(letter in user for letter in "*?[")


def running_lines(cell: Cell, jobs: Iterable[Job], wanted: JobFilter, *, by_slot: bool = False) -> Iterator[Line]:
    """One line for each task that is placed, with its master queue and all its slots, or (-t) one for each slot."""
    if not (wanted.running or wanted.suspended or wanted.holds):
        return
    for job in jobs:
        for task in job.tasks.values():
            if task.grants and _is_shown(task, wanted):
                grants = task.grants
                if by_slot:
                    for position in range(len(grants)):
                        yield from _slots(cell, job, task, position)
                    continue
                slots = grants[0].slots if len(grants) == 1 else sum(grant.slots for grant in grants)
                yield _running(job, task, grants[0].queue_instance, slots)


def lines_of_queue(
    cell: Cell, placed: Iterable[tuple[Job, Task]], queue_instance: str, wanted: JobFilter, *, by_slot: bool = False
) -> Iterator[Line]:
    """What runs on one queue instance: a line a task, or with *by_slot* (-g t) one a slot."""
    for job, task in placed:
        if not _is_shown(task, wanted):
            continue
        for position, grant in enumerate(task.grants):
            if grant.queue_instance != queue_instance:
                continue
            if by_slot:
                yield from _slots(cell, job, task, position)
            else:
                yield _running(job, task, queue_instance, grant.slots)


def _slots(cell: Cell, job: Job, task: Task, position: int) -> Iterator[Line]:
    """The master comes on top of the slots when the PE's first task isn't the job itself."""
    grant = task.grants[position]
    master = position == 0
    extra = 0
    if master and job.request.pe is not None:
        environment = cell.config.parallel_environments.get(task.pe or job.request.pe, {})
        extra = 0 if environment.get("job_is_first_task", "TRUE").upper() == "TRUE" else 1
    for slot in range(grant.slots + extra):
        line = _running(job, task, grant.queue_instance, 1)
        line.master = "MASTER" if master and slot == 0 else "SLAVE"
        line.continued = slot > 0
        yield line


def _running(job: Job, task: Task, queue_instance: str, slots: int) -> Line:
    at = task.dispatched_at if task.dispatched_at is not None else job.submitted_at
    ids = str(task.id) if job.request.tasks is not None else ""
    return Line(job, task, letters(task), at, slots, job.priority, queue_instance, ids, running=True)


def requested_slots(request: JobRequest) -> int:
    """What a waiting job's line shows: the least of its slot range."""
    return min((span.first for span in request.pe_slots), default=1) if request.pe is not None else 1


def _is_shown(task: Task, wanted: JobFilter) -> bool:
    if wanted.holds and wanted.takes_hold(task.job, task.job.holds + task.holds):
        return True
    return (wanted.running and not task.suspended_by) or (wanted.suspended and bool(task.suspended_by))


def pending_lines(jobs: Iterable[Job], wanted: JobFilter, *, one_by_one: bool = False) -> list[Line]:
    """Waiting jobs by priority, then submission, then number; tasks in the same state share a line."""
    if not wanted.pending:
        return []
    waiting = [job for job in jobs if job.idle or job.blocked or any(not task.grants for task in job.tasks.values())]
    waiting.sort(key=_pending_order)
    return [line for job in waiting for line in _waiting(job, wanted, one_by_one)]


def _pending_order(job: Job) -> tuple[float, float, int]:
    return (-job.waiting_priority, int(job.submitted_at), job.id)


def _waiting(job: Job, wanted: JobFilter, one_by_one: bool) -> Iterator[Line]:
    slots = requested_slots(job.request)
    array = job.request.tasks is not None
    priority = job.waiting_priority
    untouched = list(job.idle)
    groups: dict[str, list[Task]] = {}
    for task in job.tasks.values():
        if task.grants:
            continue
        if _like_untouched(task, job):
            untouched.append(TaskRange(task.id, task.id))
        elif wanted.takes_hold(job, job.holds + task.holds):
            groups.setdefault(letters(task), []).append(task)
    found: list[tuple[int, Task | None, str, list[TaskRange]]] = []
    for spans, state, hold in ((untouched, waiting_letters(job), ""), (job.blocked, "hqw", "d")):
        if spans and wanted.takes_hold(job, job.holds + hold):
            found.append((min(span.first for span in spans), None, state, spans))
    for state, tasks in groups.items():
        spans = [TaskRange(task.id, task.id) for task in tasks]
        found.append((min(task.id for task in tasks), tasks[0], state, spans))
    ranked = priority
    for _, first, state, spans in sorted(found, key=lambda entry: entry[0]):
        priority = job.settled if state.startswith("h") else ranked
        at = job.submitted_at if first is None else first.submitted_at or job.submitted_at
        if not array:
            yield Line(job, first, state, at, slots, priority)
        elif one_by_one:
            for id_ in sorted(_ids(spans)):
                yield Line(job, first, state, at, slots, priority, ids=str(id_))
        else:
            yield Line(job, first, state, at, slots, priority, ids=ranges_of(spans))


def _like_untouched(task: Task, job: Job) -> bool:
    """A task whose hold was released again waits together with those that never had one."""
    return letters(task) == waiting_letters(job)


def zombie_lines(cell: Cell, wanted: JobFilter) -> list[Line]:
    """The last jobs that ended, in the order in which they did, the tasks of one job together."""
    if not wanted.zombies:
        return []
    ended: dict[tuple[int, float], list[FinishedTask]] = {}
    for task in cell.finished:
        if wanted.takes(task.request.owner):
            ended.setdefault((task.job, task.submitted_at), []).append(task)
    lines = []
    for (number, submitted_at), tasks in ended.items():
        job = Job(number, tasks[-1].request, submitted_at)
        ids = format_ids(sorted({task.task for task in tasks})) if job.request.tasks is not None else ""
        lines.append(Line(job, None, "z", submitted_at, tasks[-1].slots, tasks[-1].priority, ids=ids, zombie=True))
    return lines


def _ids(ranges: Iterable[TaskRange]) -> Iterator[int]:
    for span in ranges:
        yield from range(span.first, span.last + 1, span.step)


def ranges_of(ranges: Iterable[TaskRange]) -> str:
    """``3-6:1`` for what is one range already; otherwise the ids are joined anew."""
    spans = list(ranges)
    if len(spans) == 1 and len(spans[0]) > 2:
        span = spans[0]
        return f"{span.first}-{span.first + (len(span) - 1) * span.step}:{span.step}"
    return format_ids(sorted(_ids(spans)))


def format_ids(ids: list[int]) -> str:
    """``1-3:1``, ``1-9:2``, ``1,2``, ``3,5,6``: three or more ids at equal distances make a range."""
    parts: list[str] = []
    at = 0
    while at < len(ids):
        end = at + 1
        if end < len(ids):
            step = ids[end] - ids[at]
            while end + 1 < len(ids) and ids[end + 1] - ids[end] == step:
                end += 1
        if end - at >= 2 and end < len(ids):
            parts.append(f"{ids[at]}-{ids[end]}:{ids[at + 1] - ids[at]}")
            at = end + 1
        else:
            parts.append(str(ids[at]))
            at += 1
    return ",".join(parts)
