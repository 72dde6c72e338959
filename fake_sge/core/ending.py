"""How tasks end: execd reports, deletion, rescheduling, and what each leads to (sge_status(5))."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fake_sge.core import changes, ledger, places, ranges
from fake_sge.core.events import (
    AccountingFacts,
    Deleted,
    DeletionRegistered,
    Event,
    Finished,
    JobChanged,
    JobErrored,
    KillDue,
    MailDue,
    Requeued,
    Started,
)
from fake_sge.core.model import Exit, FinishedTask, Job, Task, TaskRange
from fake_sge.core.refusals import Denied
from fake_sge.core.states import RUNNING, TRANSFERRING, WAITING

if TYPE_CHECKING:
    from fake_sge.core.cell import Cell

__all__ = [
    "cleaned",
    "delete",
    "drop_job",
    "exited",
    "finish",
    "kill_again",
    "let_go",
    "requeue",
    "rerunnable",
    "reschedule_job",
    "reschedule_task",
    "started",
    "vanish",
]

_HOST_FAULT = frozenset((7, 34, 36))
_QUEUE_FAULT = frozenset((5, 6, 8, 9, 10, 15))
_JOB_FAULT = frozenset((11, 26, 27, 28, 29, 30, 32, 33, 35, 38))
_EARLY_FAULT = frozenset((1, 2, 3, 4, 24))
_SHEPHERD_LOST = frozenset((17, 19))
_PE_STOP_FAULT = 13
_MIGRATED = 24
_RESCHEDULED = 25
_DELETE_AGAIN_S = 60.0
_CLEAN_UP_S = 2.0
"""How long a host that is up takes to clean up after a task that was taken off it, and is barred to the task."""


def started(cell: Cell, job_id: int, task_id: int) -> list[Event]:
    """t becomes r. A task that is gone meanwhile, or runs already, is no news."""
    task = cell.placed.get((job_id, task_id))
    if task is None or task.state != TRANSFERRING:
        return []
    task.state = RUNNING
    task.started_at = cell.now
    return [Started(cell.now, job_id, task_id), *_mail(cell.now, task, "b", None)]


def exited(cell: Cell, job_id: int, task_id: int, exit: Exit) -> list[Event]:
    """Finish, requeue or put into error, as the *failed* code says; one accounting line in every case."""
    task = cell.placed.get((job_id, task_id))
    if task is None:
        return []
    if task.migrating:
        exit = replace(exit, failed=_MIGRATED)  # noqa: A001
        task.migrating = False
    failed = exit.failed
    queues: list[Event] = []
    if failed in _HOST_FAULT:
        for place in cell.hosts[task.grants[0].host].queue_instances:
            queues += places.set_error(cell, place, job_id)
    elif failed in _QUEUE_FAULT or failed == _PE_STOP_FAULT:
        queues = places.set_error(cell, cell.layout.place(task.grants[0].queue_instance), job_id)
    if task.deletion_at is not None or task.job.request.immediate:
        return [*queues, *finish(cell, task, exit)]
    if failed in _JOB_FAULT:
        return [*queues, *_fail(cell, task, exit)]
    if failed == _RESCHEDULED:
        return [*queues, *requeue(cell, task, exit, submitted_anew=True)]
    if failed in _HOST_FAULT or failed in _QUEUE_FAULT or failed in _EARLY_FAULT:
        return [*queues, *requeue(cell, task, exit, again=failed == _MIGRATED)]
    if failed in _SHEPHERD_LOST and rerunnable(cell, task):
        return [*queues, *requeue(cell, task, exit)]
    return [*queues, *finish(cell, task, exit)]


def rerunnable(cell: Cell, task: Task) -> bool:
    """-r y, or the queue's rerun where the job leaves it open; with a checkpoint, ``-c r``."""
    request = task.job.request
    if request.checkpoint is not None:
        return "r" in request.checkpoint_when
    wish = request.rerun
    if wish is not None:
        return wish
    return cell.layout.place(task.grants[0].queue_instance).texts.get("rerun", "FALSE").upper() == "TRUE"


def finish(cell: Cell, task: Task, exit: Exit) -> list[Event]:
    """The task leaves the cell, and its job with the last one."""
    job = task.job
    grants, record = tuple(task.grants), _record(task)
    _remember(cell, job, task, task.slots, exit)
    _off_host(cell, task, exit)
    del job.tasks[task.id]
    cell.leaving.append((job, task.id))
    last = _settle(cell, job)
    mail = (
        _mail(cell.now, task, "e", exit)
        if exit.failed in (0, 100) and not exit.exit_status > 128
        else _mail(cell.now, task, "a", exit)
    )
    cell.request_run(cell.flush_finish_s)
    return [Finished(cell.now, job.id, task.id, grants, exit, record, last), *mail]


def let_go(cell: Cell) -> None:
    """What a scheduler run does last: tasks that ended before it count no more against ``-tc``, and nobody waits for
    them.
    """
    leaving, cell.leaving = cell.leaving, []
    for job, task_id in leaving:
        job.active -= 1
        changes.task_gone(cell, job, task_id)
        if job.id not in cell.jobs:
            changes.job_gone(cell, job)
        elif job.excluded:
            cell.consider(job)
            cell.request_run(cell.flush_finish_s)


def requeue(cell: Cell, task: Task, exit: Exit, *, submitted_anew: bool = False, again: bool = True) -> list[Event]:
    """The task waits again; with *submitted_anew* behind all others. Unless it goes *again*, it counts as never run."""
    job = task.job
    grants, record = tuple(task.grants), _record(task)
    _off_host(cell, task, exit)
    job.active -= 1
    task.restarts += int(again)
    task.error_reason = exit.reason
    if not task.holds:
        job.ready.append(task.id)
    if submitted_anew:
        cell.unrank(job)
        job.submitted_at = task.submitted_at = cell.now
    cell.consider(job)
    cell.request_run(cell.flush_finish_s)
    return [Requeued(cell.now, job.id, task.id, grants, exit, record)]


def _fail(cell: Cell, task: Task, exit: Exit) -> list[Event]:
    """Into state E: it counts as active and starts no more until ``qmod -cj``."""
    job = task.job
    grants, record = tuple(task.grants), _record(task)
    _off_host(cell, task, exit)
    task.in_error = True
    task.error_reason = exit.reason or f"failed {exit.failed}"
    cell.consider(job)
    cell.request_run(cell.flush_finish_s)
    failure = JobErrored(cell.now, job.id, task.id, task.error_reason, grants, exit, record)
    return [failure, *_mail(cell.now, task, "a", exit)]


def _off_host(cell: Cell, task: Task, exit: Exit) -> None:
    if cell.tickets is not None:
        cell.tickets.charge(task, exit.usage, cell.now)
    reservation = task.charged.reservation if task.charged else None
    if reservation is not None and reservation.deleted:
        cell.set_timer(cell.now, "reservation", reservation.id)
    ledger.give_back(cell, task)
    del cell.placed[task.job.id, task.id]
    task.state = WAITING
    task.dispatched_at = task.started_at = None
    task.suspended_by = ""
    task.pe = None


def _settle(cell: Cell, job: Job) -> bool:
    """Remove a job that has nothing left; otherwise see what the end of a task makes possible."""
    if job.tasks or job.idle or job.blocked:
        cell.consider(job)
        return False
    cell.remove_job(job)
    return True


def _remember(cell: Cell, job: Job, task: Task | None, slots: int, exit: Exit | None) -> None:
    request = job.request
    number = 0 if task is None or request.tasks is None else task.id
    slots = slots or (request.pe_slots[0].first if request.pe_slots else 1)
    gone = FinishedTask(job.id, number, request, job.submitted_at, slots, job.waiting_priority, cell.now, exit)
    cell.finished.append(gone)


def _record(task: Task) -> AccountingFacts:
    job, request = task.job, task.job.request
    return AccountingFacts(
        owner=request.owner,
        group=request.group,
        name=request.name,
        account=request.account,
        priority=request.priority,
        submitted_at=job.submitted_at,
        project=request.project,
        department=request.department,
        pe=task.pe,
        slots=task.slots,
        task=0 if request.tasks is None else task.id,
        category=task.charged.key if task.charged else "",
        advance_reservation=request.advance_reservation,
        reserved_at=reservation.submitted_at if (reservation := task.charged and task.charged.reservation) else 0.0,
    )


def _mail(now: float, task: Task, on: str, exit: Exit | None) -> list[Event]:
    request = task.job.request
    if on not in request.mail_on:
        return []
    return [MailDue(now, task.job.id, task.id, on, tuple(request.mail_to), exit)]


def delete(cell: Cell, job_id: int, tasks: TaskRange | None, user: str, forced: bool) -> list[Event]:
    """qdel: what waits goes at once, what runs gets state d and is killed; *forced* (managers) ends it here and now."""
    job = cell.jobs.get(job_id)
    if job is None:
        raise Denied(f'denied: job "{job_id}" does not exist', "unknown_job")
    if user != job.request.owner and not cell.is_operator(user):
        text = f'{user} - you do not have the necessary privileges to delete the job "{job_id}"'
        raise Denied(text, "not_owner")
    placed = [t for t in job.tasks.values() if t.state != WAITING and (tasks is None or t.id in tasks)]
    fresh = [t for t in placed if forced or t.deletion_at is None or cell.now - t.deletion_at >= _DELETE_AGAIN_S]
    waiting = [t for t in job.tasks.values() if t.state == WAITING and (tasks is None or t.id in tasks)]
    idle = ranges.intersection([*job.idle, *job.blocked], tasks)
    if not fresh and not waiting and not idle:
        if placed:
            raise Denied(f"job {job_id} is already in deletion", "already", 0)
        raise Denied(f'denied: job "{job_id}" does not exist', "unknown_task")
    events: list[Event] = []
    for task in fresh:
        events += _force(cell, task, user) if _forces(cell, task, user, forced) else _register(cell, task, user)
    if job_id in cell.jobs and (waiting or idle):
        events += _drop_waiting(cell, job, tasks, waiting, idle, user)
    cell.request_run(cell.flush_finish_s)
    return events


def _forces(cell: Cell, task: Task, user: str, forced: bool) -> bool:
    """A manager may end a task here and now; others where sge_conf(5), qmaster_params, says so."""
    if forced and (cell.is_manager(user) or cell.policy.users_force_deletion):
        return True
    return cell.policy.forces_deletion_if_unknown and not cell.hosts[task.grants[0].host].up


def _register(cell: Cell, task: Task, user: str) -> list[Event]:
    task.deletion_at = cell.now
    return [DeletionRegistered(cell.now, task.job.id, task.id, user), KillDue(cell.now, task.job.id, task.id, "qdel")]


def _force(cell: Cell, task: Task, user: str) -> list[Event]:
    job = task.job
    gone = finish(cell, task, Exit(started_at=task.started_at or task.dispatched_at, ended_at=cell.now))
    return [KillDue(cell.now, job.id, task.id, "qdel -f"), *gone, Deleted(cell.now, job.id, task.id, user)]


def _drop_waiting(
    cell: Cell, job: Job, tasks: TaskRange | None, waiting: list[Task], idle: list[int], user: str
) -> list[Event]:
    for task in waiting:
        del job.tasks[task.id]
        job.active -= int(task.in_error)
        if task.id in job.ready:
            job.ready.remove(task.id)
    if tasks is None:
        job.idle, job.blocked = [], []
    else:
        for identity in idle:
            job.idle = ranges.without(job.idle, identity)
            job.blocked = ranges.without(job.blocked, identity)
    gone = sorted([*idle, *(task.id for task in waiting)])
    if not job.tasks:
        _remember(cell, job, None, 0, None)
    if tasks is not None or job.tasks:
        for identity in gone:
            changes.task_gone(cell, job, identity)
    if _settle(cell, job) and not any(job is other for other, _ in cell.leaving):
        changes.job_gone(cell, job)
    if tasks is None or job.request.tasks is None:
        return [Deleted(cell.now, job.id, None, user)]
    return [Deleted(cell.now, job.id, identity, user) for identity in gone]


def drop_job(cell: Cell, job: Job, *, forced: bool) -> list[Event]:
    """The job goes with its advance reservation: at once if *forced*, and then nothing is accounted.

    Otherwise what runs gets state d, and the kill comes when 8.1.9 repeats it, a minute later.
    """
    events: list[Event] = []
    for task in [task for task in job.tasks.values() if task.state != WAITING]:
        if forced:
            events += vanish(cell, task, "advance reservation")
        elif task.deletion_at is None:
            task.deletion_at = cell.now
            cell.set_timer(cell.now + _DELETE_AGAIN_S, "kill", job.id, task.id)
            events.append(DeletionRegistered(cell.now, job.id, task.id, job.request.owner))
    waiting = [task for task in job.tasks.values() if task.state == WAITING]
    idle = ranges.intersection([*job.idle, *job.blocked], None)
    if job.id in cell.jobs and (waiting or idle):
        events += _drop_waiting(cell, job, None, waiting, idle, job.request.owner)
    return events


def vanish(cell: Cell, task: Task, why: str) -> list[Event]:
    """A placed task is given up: whatever becomes of it, nothing is accounted."""
    job = task.job
    _remember(cell, job, task, task.slots, None)
    _off_host(cell, task, Exit())
    del job.tasks[task.id]
    cell.leaving.append((job, task.id))
    _settle(cell, job)
    return [
        KillDue(cell.now, job.id, task.id, why),
        Deleted(cell.now, job.id, task.id, job.request.owner),
    ]


def kill_again(cell: Cell, job_id: int, task_id: int) -> list[Event]:
    """The kill of a task in state d is repeated."""
    task = cell.placed.get((job_id, task_id))
    if task is None or task.deletion_at is None:
        return []
    return [KillDue(cell.now, job_id, task_id, "qdel")]


def reschedule_job(cell: Cell, job_id: int, tasks: TaskRange | None, user: str, forced: bool) -> list[Event]:
    """``qmod -rj``: take running tasks off their hosts and let them wait again, as if submitted now."""
    job = changes.owned(cell, job_id, user)
    events: list[Event] = []
    for task in [t for t in job.tasks.values() if t.state != WAITING and (tasks is None or t.id in tasks)]:
        if forced or rerunnable(cell, task):
            events += reschedule_task(cell, task, "manual/auto rescheduling")
    if not events and job.active and job.request.checkpoint is not None:
        text = f"{job_id} requests ckpt object {job.request.checkpoint}. Therefore this job is not restartable."
        raise Denied(text, "not_rerunnable", 0)
    if not events and job.active:
        raise Denied(f"The job {job_id} is running in queue none where jobs are not rerunable.", "not_rerunnable", 0)
    return events


def reschedule_task(cell: Cell, task: Task, reason: str) -> list[Event]:
    """Requeue one task; its hosts are barred to it until they have cleaned up, or are heard again."""
    if task.deletion_at is not None:
        return []
    identity = task.job.id, task.id
    hosts = list(dict.fromkeys(grant.host for grant in task.grants))
    kill = [KillDue(cell.now, *identity, "rescheduled")]
    gone = requeue(cell, task, Exit(failed=_RESCHEDULED, reason=reason), submitted_anew=True)
    task.error_reason = ""
    task.barred = hosts
    cell.set_timer(cell.now + _CLEAN_UP_S, "cleaned", *identity)
    return [*kill, *gone, JobChanged(cell.now, *identity, "rescheduled")]


def cleaned(cell: Cell, job_id: int, task_id: int) -> None:
    """Hosts that are up have cleaned up after a task: it may go there again."""
    job = cell.jobs.get(job_id)
    task = job.tasks.get(task_id) if job else None
    if task is not None and task.barred:
        task.barred = [host for host in task.barred if host in cell.hosts and not cell.hosts[host].up]
        cell.request_run()
