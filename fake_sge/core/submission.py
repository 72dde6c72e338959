"""Taking a job in: what the qmaster checks, and the words in which it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from fake_sge.core import dispatch, ranges
from fake_sge.core.advance import check_reservation, forbidden
from fake_sge.core.category import category_key, make_category
from fake_sge.core.events import Event, Submitted
from fake_sge.core.model import Job, JobRequest, TaskRange
from fake_sge.core.parallel import find_places
from fake_sge.core.refusals import Denied
from fake_sge.core.requestform import check_names, check_queues, check_requests, with_known_hosts, with_values
from fake_sge.core.resources import matches_pattern
from fake_sge.core.serial import find_place
from fake_sge.core.texts import names

if TYPE_CHECKING:
    from fake_sge.core.cell import Cell

__all__ = ["Form", "Verification", "checked_reservation", "normalise", "predecessors", "submit", "verify"]

_LAST_JOB_ID = 9999999
_TRY_AGAIN = 25
_ONLY_TASK = TaskRange(1, 1)
_MOST_FORMS = 4096
_REFORMED = ("hard", "soft", "project", "stdout", "stderr", "stdin", "shells", "hard_queues", "soft_queues",
             "master_queues")  # fmt: skip


@dataclass(slots=True)
class Form:
    """What the cell makes of requests that ask for the same: fields that it writes otherwise, their category's key."""

    changed: dict[str, Any]
    category_key: str

    def filled(self, request: JobRequest) -> JobRequest:
        """The request in this form."""
        return replace(request, **self.changed) if self.changed else request


@dataclass(frozen=True, slots=True)
class Verification:
    """What a dry run found: *slots* a parallel job would get; *messages* say why nothing was found."""

    found: bool
    slots: int | None = None
    messages: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What ``-w v`` and ``-w p`` print last."""
        if not self.found:
            return "verification: no suitable queues"
        if self.slots is not None:
            return f"verification: found possible assignment with {self.slots} slots"
        return "verification: found suitable queue(s)"


def submit(cell: Cell, request: JobRequest) -> list[Event]:
    """Check a request and queue it; the job id is used up either way."""
    identity = cell.next_job_id
    cell.next_job_id = 1 if identity >= _LAST_JOB_ID else identity + 1
    form = _form(cell, request)
    request = form.filled(request)
    _check_new(cell, request)
    _check_limits(cell, request)
    check_reservation(cell, request)
    if request.checkpoint and not request.checkpoint_when:
        request = replace(request, checkpoint_when=_usual_checkpoints(cell, request))
    if request.verify in ("e", "v", "p"):
        _answer_verification(cell, request, identity)
    job = Job(identity, request, cell.now)
    job.holds = request.holds
    job.idle = [request.tasks or _ONLY_TASK]
    if request.hold_jobs:
        job.predecessors = predecessors(cell, request, request.hold_jobs)
    if request.hold_array_jobs:
        job.array_predecessors = predecessors(cell, request, request.hold_array_jobs)
    if job.array_predecessors:
        _block(cell, job)
    cell.add_job(job, form.category_key)
    cell.request_run(cell.flush_submit_s)
    return [Submitted(cell.now, identity)]


def _answer_verification(cell: Cell, request: JobRequest, identity: int) -> None:
    result = verify(cell, request, request.verify)
    if request.verify == "e":
        if not result.found:
            raise Denied("error: no suitable queues", "no_suitable_queues")
        return
    lines = [f"Job {identity} {message}" for message in result.messages]
    raise Denied("\n".join([*lines, result.text]), "verification", 0 if result.found else 1)


def verify(cell: Cell, request: JobRequest, level: str) -> Verification:
    """Could the job start? *level* p: on the cell as it is; e, w, v: on an empty one without load."""
    request = normalise(cell, request)
    key = category_key(cell.layout, cell.quotas, request)
    category = make_category(cell.layout, key, request)
    category.reservation = cell.advance_reservations.get(request.advance_reservation)
    if category.reservation is not None and (why := forbidden(cell, category.reservation, request)):
        return Verification(False, messages=(why,))
    run = dispatch.make_run(cell, empty=level != "p")
    if category.pe is not None:
        assignment = find_places(run, category, [])
        if assignment is not None:
            return Verification(True, assignment.slots)
    elif find_place(run, category, []) is not None:
        return Verification(True)
    return Verification(False, messages=tuple(dispatch.explain(run, category)))


def normalise(cell: Cell, request: JobRequest) -> JobRequest:
    """The request with full names and times in seconds; raises `Denied` for what the cell doesn't allow."""
    return _form(cell, request).filled(request)


def _form(cell: Cell, request: JobRequest) -> Form:
    """Check a request; one like another that was accepted under the same configuration only by its names."""
    shape = _shape(request)
    form = cell.forms.get(shape)
    if form is not None:
        check_names(request)
        return form
    filled = _checked(cell, request)
    changed = {name: new for name in _REFORMED if (new := getattr(filled, name)) != getattr(request, name)}
    form = Form(changed, category_key(cell.layout, cell.quotas, filled))
    if len(cell.forms) >= _MOST_FORMS:
        cell.forms.clear()
    cell.forms[shape] = form
    return form


def _checked(cell: Cell, request: JobRequest) -> JobRequest:
    hard, soft, project = with_values(cell, request.hard), with_values(cell, request.soft), request.project
    if not project:
        default = cell.config.users.get(request.owner, {}).get("default_project", "NONE")
        project = None if default.upper() == "NONE" else default
    request = with_known_hosts(cell, replace(request, hard=hard, soft=soft, project=project))
    check_names(request)
    for check in _CHECKS:
        check(cell, request)
    return request


def _shape(request: JobRequest) -> tuple[object, ...]:
    """Everything in a request that its form, its category and the checks (but of its names) depend on."""
    return (
        request.owner,
        request.group,
        request.uid,
        request.gid,
        request.submit_host,
        request.project,
        request.pe,
        *map(tuple, request.hard),
        *request.pe_slots,
        request.tasks,
        request.max_running_tasks,
        request.priority,
        request.immediate,
        request.deadline_at,
        request.checkpoint,
        request.checkpoint_when,
        request.checkpoint_interval_s,
        request.advance_reservation,
        bool(request.hold_array_jobs),
        tuple(map(tuple, request.soft)),
        *(tuple(names) for names in (request.hard_queues, request.soft_queues, request.master_queues)),
        *(tuple(paths) for paths in (request.stdout, request.stderr, request.stdin, request.shells)),
    )


def _usual_checkpoints(cell: Cell, request: JobRequest) -> str:
    """When a job of the interface is checkpointed that doesn't say: checkpoint(5)'s ``when``."""
    texts = cell.config.checkpoints.get(request.checkpoint or "", {})
    return "".join(letter for letter in "msxr" if letter in texts.get("when", ""))


def checked_reservation(cell: Cell, request: JobRequest) -> JobRequest:
    """The same for the job that stands for what is to be reserved; the checks of qrsub(1) are fewer."""
    if request.name:
        check_names(request)
    _check_checkpoint(cell, request)
    request = with_known_hosts(cell, replace(request, hard=with_values(cell, request.hard)))
    check_requests(cell, request)
    check_queues(cell, request)
    _check_environment(cell, request)
    return request


def _check_user(cell: Cell, request: JobRequest) -> None:
    policy = cell.policy
    for what, identity, least in (("user", request.uid, policy.min_uid), ("group", request.gid, policy.min_gid)):
        if identity < least:
            text = f"job rejected: your {what} id {identity} is lower than minimum {what} id {least}"
            raise Denied(f"{text} of cluster configuration", "identity")
    allowed, barred = policy.user_lists, policy.xuser_lists
    if not allowed and not barred:
        return
    memberships = cell.layout.memberships(request.owner, request.group)
    if any(name in barred for name in memberships) or (allowed and not any(name in allowed for name in memberships)):
        raise Denied(f"job rejected: {request.owner}@{request.submit_host} is not allowed to submit jobs", "user")


def _check_limits(cell: Cell, request: JobRequest) -> None:
    most, own = cell.policy.max_jobs, cell.policy.max_u_jobs
    if len(cell.jobs) >= most:
        raise Denied(f"job rejected: only {most} jobs are allowed per cluster", "max_jobs", _TRY_AGAIN)
    count = len(cell.jobs_of(request.owner))
    if count >= own:
        text = f"job rejected: only {own} jobs are allowed per user (current job count: {count})"
        raise Denied(text, "max_u_jobs", _TRY_AGAIN)


def _check_tasks(cell: Cell, request: JobRequest) -> None:
    if request.tasks is None:
        if request.max_running_tasks:
            raise Denied('invalid "task concurrency" value in job request', "tasks")
        if request.hold_array_jobs:
            text = 'Can only specify "-hold_jid_ad" option with an array job (using "-t" option)'
            raise Denied(text, "array_dependency")
        return
    if request.tasks.first < 1:
        raise Denied("job rejected: 0 is an invalid task id", "tasks")
    most = cell.policy.max_aj_tasks
    if len(request.tasks) > most:
        raise Denied(f"job rejected: you tried to submit a job with more than {most} tasks", "tasks")


def _check_new(cell: Cell, request: JobRequest) -> None:
    """What qalter(1) may do and qsub(1) may not."""
    if request.priority > 0 and not cell.is_operator(request.owner):
        raise Denied("job rejected: positive submission priority requires operator privileges", "priority")
    if request.master_queues and not request.pe:
        raise Denied("job rejected: specification of master queue is not allowed for non-parallel jobs", "masterq")


def _check_deadline(cell: Cell, request: JobRequest) -> None:
    if request.deadline_at is not None and "deadlineusers" not in cell.layout.memberships(request.owner, request.group):
        raise Denied(f'job rejected: the user "{request.owner}" is not a deadline initiation user', "deadline")


def _check_environment(cell: Cell, request: JobRequest) -> None:
    if request.pe is None:
        return
    if not any(matches_pattern(request.pe, name) for name in cell.layout.environments):
        text = f'job rejected: the requested parallel environment "{request.pe}" does not exist'
        raise Denied(text, "unknown_pe")
    if not request.pe_slots or request.pe_slots[0].first < 1:
        raise Denied('"job" rejected: pe range must be greater than zero', "pe_range")


def _check_checkpoint(cell: Cell, request: JobRequest) -> None:
    name, when = request.checkpoint, request.checkpoint_when
    if name and name not in cell.config.checkpoints:
        text = f'job rejected: the requested checkpointing environment "{name}" does not exist'
        raise Denied(text, "checkpoint")
    if "n" in when and (name or when != "n"):
        raise Denied('job rejected: checkpointing with "-c n" requested', "checkpoint")
    if not name and (request.checkpoint_interval_s or when not in ("", "n")):
        raise Denied("checkpointing denied", "checkpoint")


def _check_project(cell: Cell, request: JobRequest) -> None:
    project, owner = request.project, request.owner
    if project is None:
        if cell.policy.projects:
            text = "job rejected: no project was supplied and only certain projects are allowed to submit jobs"
            raise Denied(text, "project")
        if cell.policy.enforce_project:
            raise Denied("job rejected: no project assigned to job", "project")
        return
    if project not in cell.config.projects:
        raise Denied(f'job rejected: the requested project "{project}" does not exist', "unknown_project")
    texts = cell.config.projects[project]
    memberships = cell.layout.memberships(owner, request.group)
    allowed, barred = names(texts.get("acl", "NONE")), names(texts.get("xacl", "NONE"))
    if any(name in barred for name in memberships) or (allowed and not any(name in allowed for name in memberships)):
        raise Denied(f'job rejected: no access to project "{project}" for user "{owner}"', "project")


_CHECKS: tuple[Callable[[Cell, JobRequest], None], ...] = (
    _check_user,
    _check_tasks,
    _check_deadline,
    check_requests,
    check_queues,
    _check_environment,
    _check_checkpoint,
    _check_project,
)


def predecessors(cell: Cell, request: JobRequest, wanted: list[str]) -> list[int]:
    """Jobs to wait for: ids of jobs that are there, names (patterns) among the owner's own; others don't matter."""
    found: dict[int, None] = {}
    for entry in wanted:
        if entry.isdigit():
            if int(entry) in cell.jobs:
                found.setdefault(int(entry))
        else:
            own = cell.jobs_of(request.owner)
            found.update((job.id, None) for job in own if fnmatchcase(job.request.name, entry))
    return list(found)


def _block(cell: Cell, job: Job) -> None:
    """-hold_jid_ad: each task waits for the same task of the jobs named; their ranges must be equal."""
    for identity in job.array_predecessors:
        other = cell.jobs[identity]
        if other.request.tasks is None:
            text = 'Can only specify "-hold_jid_ad" option with an array job (using "-t" option)'
            raise Denied(text, "array_dependency")
        if other.request.tasks != job.request.tasks:
            text = (
                "This array job must have the same range of sub-tasks as the dependent array job specified with "
                "-hold_jid_ad"
            )
            raise Denied(text, "array_dependency")
    step = job.idle[0].step
    ids = list(ranges.members(job.idle))
    waits = [any(_has_task(cell.jobs[identity], task) for identity in job.array_predecessors) for task in ids]
    job.blocked = ranges.merge((task for task, blocked in zip(ids, waits, strict=True) if blocked), step)
    job.idle = ranges.merge((task for task, blocked in zip(ids, waits, strict=True) if not blocked), step)


def _has_task(job: Job, task: int) -> bool:
    return task in job.tasks or any(task in ids for ids in (*job.idle, *job.blocked))
