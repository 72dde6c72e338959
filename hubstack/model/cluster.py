"""Grid Engine as the modelled hub sees it: submit, delete, and be told how a job is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import simpy

from fake_sge.commands.submission import Description
from fake_sge.commands.submitoptions import SUBMIT_OPTIONS
from fake_sge.core import (
    CellConfig,
    Deleted,
    Denied,
    Dispatched,
    Event,
    Failed,
    Finished,
    JobRequest,
    Started,
    TaskRange,
)
from fake_sge.virtual import VirtualCluster
from hubstack.model.costs import Costs
from hubstack.model.record import Ledger
from hubstack.scenario import LoadJob

__all__ = ["Cluster", "ServerJob"]

USER_ID = 10_000
"""Any that min_uid and min_gid let in."""


@dataclass(eq=False, slots=True)
class ServerJob:
    """A single-user server's job: three events that happen once each, if ever."""

    id: int
    user: str
    dispatched: simpy.Event
    running: simpy.Event
    ended: simpy.Event


class Cluster:
    """The real scheduler's rules in virtual time. Jobs run until somebody or their limit ends them."""

    def __init__(self, env: simpy.Environment, config: CellConfig, costs: Costs, ledger: Ledger) -> None:
        self.env = env
        self.ledger = ledger
        self._jobs: dict[int, ServerJob] = {}
        latencies = {"start_latency_s": costs.job_start, "report_latency_s": costs.kill}
        self._cluster = VirtualCluster(env, config, ledger.cell_event, self._happened, **latencies)

    def submit(self, user: str, arguments: Sequence[str]) -> ServerJob:
        """qsub with these options. Raises `Denied`."""
        described = Description(self.env.now, None, "/", {})
        described.read(SUBMIT_OPTIONS.parse(list(arguments))[0])
        request = JobRequest(owner=user, uid=USER_ID, gid=USER_ID, name="jupyterhub", **described.fields)
        number = self._cluster.submit(request, math.inf)
        job = self._jobs[number] = ServerJob(number, user, self.env.event(), self.env.event(), self.env.event())
        slots = request.pe_slots[0].first if request.pe_slots else 1
        self.ledger.submitted(number, user, request.project, slots, self.env.now)
        return job

    def submit_batch(self, job: LoadJob, queue: str | None, pe: str | None) -> None:
        """qsub of a job that isn't the hub's; a job of several slots runs in *pe*. Raises `Denied`.

        It asks for as much time as its owner did, or as it took, whichever is more: traces have jobs that were let run
        on.
        """
        hard = [] if job.limit_s is None else [("h_rt", f"{math.ceil(max(job.limit_s, job.run_s + 1))}")]
        request = JobRequest(
            owner=job.owner,
            uid=USER_ID,
            gid=USER_ID,
            name="batch",
            project=job.project,
            hard=hard,
            hard_queues=[queue] if queue else [],
            pe=pe if job.slots > 1 else None,
            pe_slots=[TaskRange(job.slots, job.slots)] if job.slots > 1 else [],
        )
        number = self._cluster.submit(request, job.run_s)
        self.ledger.submitted(number, job.owner, job.project, job.slots, self.env.now)

    def delete(self, job: ServerJob) -> None:
        """qdel by the job's owner; one that has gone meanwhile is no trouble."""
        if not job.ended.triggered:
            try:
                self._cluster.delete(job.id, job.user)
            except Denied as denied:
                if denied.kind not in ("unknown_job", "already"):
                    raise

    def _happened(self, event: Event) -> None:
        match event:
            case Dispatched(job=number) if number in self._jobs:
                self._jobs[number].dispatched.succeed()
            case Started(job=number) if number in self._jobs:
                self._jobs[number].running.succeed()
            case Finished(job=number) | Deleted(job=number) | Failed(job=number) if number in self._jobs:
                self._jobs.pop(number).ended.succeed()
            case _:
                pass
