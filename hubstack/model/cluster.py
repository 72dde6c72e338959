"""Grid Engine as the modelled hub sees it: the cell in its virtual shell, and execution hosts that take their time."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import simpy

from fake_sge.commands.submission import SUBMIT_OPTIONS, Description
from fake_sge.core import (
    Cell,
    CellConfig,
    Deleted,
    Denied,
    Dispatched,
    Event,
    Exit,
    Failed,
    Finished,
    JobRequest,
    KillDue,
    Submitted,
)
from fake_sge.virtual import VirtualShell
from hubstack.model.record import Ledger

__all__ = ["Cluster", "ServerJob"]

SIGKILLED = 137
USER_ID = 10_000
"""Any that min_uid and min_gid let in."""
FAILED_AT_LIMIT, FAILED_AFTER_JOB = 37, 100  # sge_status(5)

Process = Generator[simpy.Event, Any, None]


@dataclass(eq=False, slots=True)
class ServerJob:
    """A single-user server's job: three events that happen once each, if ever."""

    id: int
    user: str
    dispatched: simpy.Event
    running: simpy.Event
    ended: simpy.Event
    start_s: float
    kill_s: float


class Cluster:
    """Submits and deletes jobs, and runs them until somebody or a limit ends them."""

    def __init__(self, env: simpy.Environment, config: CellConfig, ledger: Ledger) -> None:
        self.env = env
        self.ledger = ledger
        self.shell = VirtualShell(env, Cell(config, env.now), self._happened)
        self._jobs: dict[int, ServerJob] = {}

    def submit(self, user: str, arguments: Sequence[str], *, start_s: float, kill_s: float) -> ServerJob:
        """qsub with these options; the script's first line runs *start_s* after dispatch. Raises `Denied`."""
        described = Description(self.env.now, None, "/", {})
        described.read(SUBMIT_OPTIONS.parse(list(arguments))[0])
        request = JobRequest(owner=user, uid=USER_ID, gid=USER_ID, name="jupyterhub", **described.fields)
        events = self.shell.input("submit", request=request)
        number = next(event.job for event in events if isinstance(event, Submitted))
        job = ServerJob(number, user, self.env.event(), self.env.event(), self.env.event(), start_s, kill_s)
        self._jobs[number] = job
        slots = request.pe_slots[0].first if request.pe_slots else 1
        self.ledger.submitted(number, user, request.project, slots, self.env.now)
        return job

    def delete(self, job: ServerJob) -> None:
        """qdel by the job's owner; one that has gone meanwhile is no trouble."""
        if not job.ended.triggered:
            try:
                self.shell.input("delete", job_id=job.id, tasks=None, user=job.user)
            except Denied as denied:
                if denied.kind not in ("unknown_job", "already"):
                    raise

    def _happened(self, event: Event) -> None:
        self.ledger.cell_event(event)
        match event:
            case Dispatched(job=number, task=task, h_rt_s=limit_s) if number in self._jobs:
                job = self._jobs[number]
                job.dispatched.succeed()
                self.env.process(self._run(job, task, limit_s))
            case KillDue(job=number, task=task) if number in self._jobs:
                self.env.process(self._kill(self._jobs[number], task))
            case Finished(job=number) | Deleted(job=number) | Failed(job=number) if number in self._jobs:
                self._jobs.pop(number).ended.succeed()
            case _:
                pass

    def _run(self, job: ServerJob, task: int, limit_s: float | None) -> Process:
        yield self.env.timeout(job.start_s)
        if job.ended.triggered:
            return
        self.shell.input("started", job_id=job.id, task_id=task)
        job.running.succeed()
        if limit_s is not None:
            yield self.env.timeout(limit_s) | job.ended
            self._end(job, task, Exit(failed=FAILED_AT_LIMIT, exit_status=SIGKILLED))

    def _kill(self, job: ServerJob, task: int) -> Process:
        yield self.env.timeout(job.kill_s)
        self._end(job, task, Exit(failed=FAILED_AFTER_JOB, exit_status=SIGKILLED))

    def _end(self, job: ServerJob, task: int, end: Exit) -> None:
        if not job.ended.triggered:
            self.shell.input("exited", job_id=job.id, task_id=task, exit=end)
