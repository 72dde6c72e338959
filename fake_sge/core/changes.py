"""What users and managers change about jobs that are there: holds, attributes, errors, suspension, dependencies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fake_sge.core import ranges, submission
from fake_sge.core.events import Event, JobChanged, KillDue, SignalDue
from fake_sge.core.model import Job, JobRequest, Task, TaskRange
from fake_sge.core.refusals import Denied
from fake_sge.core.states import WAITING

if TYPE_CHECKING:
    from fake_sge.core.cell import Cell

__all__ = [
    "alter",
    "clear_error",
    "hold",
    "job_gone",
    "owned",
    "release",
    "resume",
    "resume_task",
    "suspend",
    "suspend_task",
    "task_gone",
    "tasks_to_hold",
]

_ARRAY_HOLD = "a"
"""The hold of a task that waits for the same task of another job (``-hold_jid_ad``)."""


def _changeable(cell: Cell, job_id: int, user: str) -> Job:
    job = cell.jobs.get(job_id)
    if job is None:
        raise Denied(f'denied: job "{job_id}" does not exist', "unknown_job")
    if user != job.request.owner and not cell.is_operator(user):
        text = f'denied: "{user}" must be at least owner of job {job_id} to change job attributes'
        raise Denied(text, "not_owner")
    return job


def owned(cell: Cell, job_id: int, user: str) -> Job:
    """The job, if *user* may modify it with qmod(1); raises `Denied`."""
    job = cell.jobs.get(job_id)
    if job is None:
        raise Denied(f'invalid queue or job "{job_id}"', "unknown_job")
    if user != job.request.owner and not cell.is_operator(user):
        raise Denied(f'{user} - you have no permission to modify job "{job_id}"', "not_owner")
    return job


def _check_kinds(cell: Cell, kinds: str, user: str, verb: str) -> None:
    if "s" in kinds and not cell.is_manager(user):
        raise Denied(f'denied: "{user}" must be manager to {verb} manager hold', "not_manager")
    if "o" in kinds and not cell.is_operator(user):
        raise Denied(f'denied: "{user}" must be operator to {verb} operator hold', "not_operator")


def _joined(holds: str, kinds: str) -> str:
    return "".join(kind for kind in "uosa" if kind in holds or kind in kinds)


def _less(holds: str, kinds: str) -> str:
    return "".join(kind for kind in holds if kind not in kinds)


def tasks_to_hold(job: Job, tasks: TaskRange | None, kinds: str, *, release: bool = False) -> list[int]:
    """The tasks whose holds would change: those that were never touched first, as the qmaster goes through them."""

    def would_change(holds: str) -> bool:
        return any((kind in holds) == release for kind in kinds)

    untouched = (*ranges.members(job.idle), *ranges.members(job.blocked)) if would_change(job.holds) else ()
    ids = sorted(untouched) + [task.id for task in job.tasks.values() if would_change(job.holds + task.holds)]
    return [identity for identity in ids if tasks is None or identity in tasks]


def hold(cell: Cell, job_id: int, tasks: TaskRange | None, kinds: str, user: str) -> list[Event]:
    """Set holds on a job, or on some of its tasks; what runs already is only marked."""
    job = _changeable(cell, job_id, user)
    if not tasks_to_hold(job, tasks, kinds):
        return []
    _check_kinds(cell, kinds, user, "set")
    if tasks is None:
        job.holds = _joined(job.holds, kinds)
    else:
        for task in _set_apart(job, tasks):
            task.holds = _joined(task.holds, kinds)
            if task.id in job.ready:
                job.ready.remove(task.id)
    job.version += 1
    cell.consider(job)
    return [JobChanged(cell.now, job_id, None, "hold")]


def release(cell: Cell, job_id: int, tasks: TaskRange | None, kinds: str, user: str) -> list[Event]:
    """Take holds off a job and its tasks, or off some of the tasks."""
    job = _changeable(cell, job_id, user)
    if not tasks_to_hold(job, tasks, kinds, release=True):
        return []
    _check_kinds(cell, kinds, user, "remove")
    if tasks is not None and job.holds:
        _hold_each(job)
    if tasks is None:
        job.holds = _less(job.holds, kinds)
    for task in [t for t in job.tasks.values() if t.holds and (tasks is None or t.id in tasks)]:
        task.holds = _less(task.holds, kinds)
        _let_wait(job, task)
    job.version += 1
    cell.consider(job)
    cell.request_run()
    return [JobChanged(cell.now, job_id, None, "release")]


def _hold_each(job: Job) -> None:
    """A hold of the whole job becomes one of each of its tasks, so that some can be let go."""
    for task in _set_apart(job, job.request.tasks or TaskRange(1, 1)):
        task.holds = _joined(task.holds, job.holds)
    job.holds = ""


def _set_apart(job: Job, tasks: TaskRange) -> list[Task]:
    """Tasks of their own for the untouched ids of a range, with those that are there already."""
    for identity in ranges.intersection(job.idle, tasks):
        job.idle = ranges.without(job.idle, identity)
        job.tasks[identity] = Task(job, identity)
    for identity in ranges.intersection(job.blocked, tasks):
        job.blocked = ranges.without(job.blocked, identity)
        job.tasks[identity] = Task(job, identity, holds=_ARRAY_HOLD)
    return [task for task in job.tasks.values() if task.id in tasks]


def _let_wait(job: Job, task: Task) -> None:
    """A waiting task that no hold keeps back may start; one that never ran goes back among the untouched."""
    if task.state != WAITING or task.holds or task.in_error or task.id in job.ready:
        return
    if task.restarts or task.error_reason:
        job.ready.append(task.id)
        return
    del job.tasks[task.id]
    step = job.request.tasks.step if job.request.tasks else 1
    job.idle = ranges.merge([*ranges.members(job.idle), task.id], step)


def job_gone(cell: Cell, job: Job) -> None:
    """A job has left the cell: those that wait for it (``-hold_jid``) need not any more."""
    for identity in cell.successors.pop(job.id, ()):
        if after := cell.jobs.get(identity):
            _predecessor_gone(cell, after, job.id)


def _predecessor_gone(cell: Cell, job: Job, before: int) -> None:
    if before in job.predecessors:
        job.predecessors.remove(before)
    if before in job.array_predecessors:
        job.array_predecessors.remove(before)
        for identity in list(ranges.members(job.blocked)):
            _unblock(cell, job, identity)
    cell.consider(job)
    cell.request_run(cell.flush_finish_s)


def task_gone(cell: Cell, job: Job, task_id: int) -> None:
    """A task has ended: the same task of jobs that wait for it (``-hold_jid_ad``) may start."""
    for identity in cell.successors.get(job.id, ()):
        after = cell.jobs.get(identity)
        if after is not None and job.id in after.array_predecessors:
            _unblock(cell, after, task_id)
            cell.consider(after)
            cell.request_run(cell.flush_finish_s)


def _unblock(cell: Cell, job: Job, task_id: int) -> None:
    if any(_still_has(cell.jobs.get(before), task_id) for before in job.array_predecessors):
        return
    task = job.tasks.get(task_id)
    if task is not None:
        task.holds = _less(task.holds, _ARRAY_HOLD)
        _let_wait(job, task)
    elif any(task_id in ids for ids in job.blocked):
        step = job.request.tasks.step if job.request.tasks else 1
        job.blocked = ranges.without(job.blocked, task_id)
        job.idle = ranges.merge([*ranges.members(job.idle), task_id], step)


def _still_has(job: Job | None, task_id: int) -> bool:
    if job is None:
        return False
    return task_id in job.tasks or any(task_id in ids for ids in (*job.idle, *job.blocked))


def alter(cell: Cell, job_id: int, changed: dict[str, Any], user: str) -> list[Event]:
    """Replace fields of the job's request; a running job's consumables stay as they are."""
    job = _changeable(cell, job_id, user)
    before = job.request
    if "max_running_tasks" in changed and before.tasks is None:
        raise Denied('invalid option argument "task concurrency"', "tasks")
    checkpoint = changed.get("checkpoint")
    if checkpoint and checkpoint not in cell.config.checkpoints:
        raise Denied(f'denied: checkpointing environment "{checkpoint}" does not exist', "checkpoint")
    if changed.get("priority", before.priority) > before.priority and not cell.is_operator(user):
        raise Denied(f'denied: "{user}" must be operator to increase job priority', "priority")
    if job.active and changed.get("advance_reservation", before.advance_reservation) != before.advance_reservation:
        raise Denied(f"job {job_id} can't modify running jobs", "running_reservation")
    if "override_tickets" in changed and not cell.is_operator(user):
        raise Denied(f'denied: "{user}" must be operator to change amount of override tickets', "tickets")
    name = changed.get("checkpoint")
    if name and name not in cell.config.checkpoints:
        raise Denied(f'denied: checkpointing environment "{name}" does not exist', "checkpoint")
    wanted = submission.normalise(cell, replace(before, **changed))
    if job.active and "hard" in changed:
        _check_running(cell, before, wanted)
    if job.active and wanted.project != before.project:
        raise Denied(f"job {job_id} can't modify running jobs", "running_project")
    job.request = wanted
    job.version += 1
    if "holds" in changed:
        job.holds = wanted.holds
    if "hold_jobs" in changed:
        job.predecessors = submission.predecessors(cell, wanted, wanted.hold_jobs)
        for other in job.predecessors:
            cell.successors.setdefault(other, []).append(job.id)
    if job.altered_in != cell.run_count:
        job.last_category, job.altered_in = job.category, cell.run_count
    cell.unrank(job)
    cell.categorise(job)
    cell.consider(job)
    cell.request_run()
    if wanted.override_tickets and cell.tickets is None:
        cell.set_timer(cell.now, "compile")  # from now on there are tickets
    return [JobChanged(cell.now, job_id, None, "alter")]


def _check_running(cell: Cell, before: JobRequest, wanted: JobRequest) -> None:
    old, new = dict(before.hard), dict(wanted.hard)
    for name in sorted(old.keys() | new.keys()):
        if cell.layout.complexes[name].consumable == "NO" or old.get(name) == new.get(name):
            continue
        if name not in new:
            text = (
                f'denied: former resource request on consumable "{name}" of running job missing in new resource request'
            )
            raise Denied(text, "running")
        if name not in old:
            text = f'denied: resource request on consumable "{name}" of running job was not contained in former'
            raise Denied(f"{text} resource request", "running")
        raise Denied(f'denied: can\'t change consumable resource request "{name}" of running job', "running")


def clear_error(cell: Cell, job_id: int, tasks: TaskRange | None, user: str) -> list[Event]:
    """Let tasks in state E wait again."""
    job = owned(cell, job_id, user)
    failed = [task for task in job.tasks.values() if task.in_error and (tasks is None or task.id in tasks)]
    if not failed:
        raise Denied(f"Job {job_id} is not in error state", "not_in_error")
    for task in failed:
        task.in_error = False
        job.active -= 1
        if not task.holds:
            job.ready.append(task.id)
    cell.consider(job)
    cell.request_run()
    return [JobChanged(cell.now, job_id, task.id, "clear_error") for task in failed]


def suspend(cell: Cell, job_id: int, tasks: TaskRange | None, user: str) -> list[Event]:
    """Stop running tasks; they keep their slots."""
    job = owned(cell, job_id, user)
    running = [t for t in job.tasks.values() if t.state != WAITING and (tasks is None or t.id in tasks)]
    fresh = [task for task in running if "s" not in task.suspended_by]
    if not fresh:
        raise Denied(f"{user} - job {job_id} is already suspended", "already", 0)
    events: list[Event] = []
    for task in fresh:
        events += suspend_task(cell, task, "s")
        events.append(JobChanged(cell.now, job_id, task.id, "suspend"))
        cell.unsettled.append(cell.layout.place(task.grants[0].queue_instance))
    return events


def resume(cell: Cell, job_id: int, tasks: TaskRange | None, user: str) -> list[Event]:
    """Let suspended tasks go on, unless their queue is suspended too."""
    job = owned(cell, job_id, user)
    stopped = [t for t in job.tasks.values() if "s" in t.suspended_by and (tasks is None or t.id in tasks)]
    if not stopped:
        held = [t for t in job.tasks.values() if "T" in t.suspended_by and (tasks is None or t.id in tasks)]
        if held:
            advice = "modify suspend threshold list of queue to remove suspend state"
            raise Denied(f"{user} - job {job_id} is not suspended by administrator - {advice}", "threshold", 0)
        raise Denied(f"{user} - job {job_id} is already unsuspended", "already", 0)
    events: list[Event] = []
    for task in stopped:
        events += resume_task(cell, task, "s")
        events.append(JobChanged(cell.now, job_id, task.id, "resume"))
        cell.unsettled.append(cell.layout.place(task.grants[0].queue_instance))
    return events


def suspend_task(cell: Cell, task: Task, letter: str) -> list[Event]:
    """Add a reason to be suspended: s by qmod, S by the queue, P by its slot-wise tree, T by a threshold.

    A job that stands still by s or T isn't compared with the others: it keeps its priority.
    """
    if "x" in task.job.request.checkpoint_when:
        return _migrate(cell, task)
    first = not task.suspended_by
    if letter in "sT" and not task.job.ready and not task.job.idle:
        cell.unrank(task.job)
    task.suspended_by = "".join(c for c in "SPTs" if c in task.suspended_by or c == letter)
    _stir(cell, task)
    return [SignalDue(cell.now, task.job.id, task.id, "SIGSTOP")] if first else []


def _stir(cell: Cell, task: Task) -> None:
    if cell.config.load_follows_jobs:
        cell.stirred.update((grant.host, None) for grant in task.grants)


def _migrate(cell: Cell, task: Task) -> list[Event]:
    """A job with a checkpoint isn't stopped but ended, to be started again where it can run: ``-c x`` of qsub(1)."""
    if task.migrating or task.deletion_at is not None:
        return []
    task.migrating = True
    return [KillDue(cell.now, task.job.id, task.id, "migration")]


def resume_task(cell: Cell, task: Task, letter: str) -> list[Event]:
    """Take a reason away; with the last one the task goes on."""
    if letter not in task.suspended_by:
        return []
    task.suspended_by = task.suspended_by.replace(letter, "")
    if task.job.standing is None and not {"s", "T"}.intersection(task.suspended_by):
        cell.rank_running(task.job)
    _stir(cell, task)
    return [] if task.suspended_by else [SignalDue(cell.now, task.job.id, task.id, "SIGCONT")]
