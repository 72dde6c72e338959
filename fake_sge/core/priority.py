"""Priorities: sge_priority(5).

``priority = Wp x npprior + Wu x nurg + Wt x ntckts``, urgencies normalised over all pending and running jobs.

Jobs of a category with the same ``-p`` and deadline differ in age alone, and older never ranks below younger. So they
stand in one queue (a `Standing`), only the heads are compared, and no run touches the jobs behind them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from fake_sge.core.config import Attributes

if TYPE_CHECKING:
    from fake_sge.core.category import Category
    from fake_sge.core.model import Job

__all__ = ["Extreme", "Owners", "Scale", "Standing", "Weights"]

_FEW = 64

Owners = tuple[str, str | None, str, int, int]
"""What tickets depend on: owner, project, department, job share, override tickets."""

Extreme = tuple[float, int, "Standing", int, int]
"""What distinguishes a member's urgency from that of others; an ordinal; its standing, job id and submission second."""


@dataclass(slots=True)
class Weights:
    """The weights of sched_conf(5)."""

    priority: float
    urgency: float
    ticket: float
    waiting_time: float
    deadline: float

    @classmethod
    def of(cls, scheduler: Attributes) -> Weights:
        defaults = {"priority": 0.0, "urgency": 0.5, "ticket": 0.5, "waiting_time": 0.278, "deadline": 3600000.0}
        return cls(**{name: float(scheduler.get(f"weight_{name}", value)) for name, value in defaults.items()})


@dataclass(slots=True, eq=False)
class Scale:
    """What a scheduler run normalises with: its instant, the least urgency and the range. Shared by all standings.

    Waiting makes all urgencies grow alike, so who has the least and the most changes only when somebody comes or goes:
    two heaps keep them at their tops (stale entries too, until these come to the top or outnumber the others).
    Deadlines make urgency grow faster; standings with one are looked through.
    """

    weights: Weights
    at: int = 0
    lowest: float = 0.0
    span: float = 0.0
    most_tickets: float = 0.0
    members: int = field(init=False, default=0)
    pressing: dict[Standing, None] = field(init=False, default_factory=dict)
    _least: list[Extreme] = field(init=False, default_factory=list)
    _most: list[Extreme] = field(init=False, default_factory=list)
    _seq: int = field(init=False, default=0)

    def normal_tickets(self, job: Job) -> float:
        """ntckts: 0.5 where nobody has any."""
        return 0.5 if self.most_tickets < 1e-5 else job.tickets / self.most_tickets

    def normalised(self, urgency: float) -> float:
        """nurg: 0.5 where all are alike."""
        return 0.5 if self.span < 1e-5 else (urgency - self.lowest) / self.span

    def enter(self, standing: Standing, job_id: int, second: int) -> None:
        """Somebody joins *standing*."""
        self.members += 1
        if standing.deadline_at is not None:
            self.pressing[standing] = None
            return
        self._seq += 1
        growing = standing.category.resource_urgency - self.weights.waiting_time * second
        heappush(self._least, (growing, self._seq, standing, job_id, second))
        heappush(self._most, (-growing, self._seq, standing, job_id, second))

    def take(self, at: int) -> None:
        """Normalise anew over everything pending and running."""
        self.at = at
        bounds = [bound for standing in self.pressing for bound in standing.bounds()]
        for heap in (self._least, self._most):
            while heap and not _holds(heap[0]):
                heappop(heap)
            if len(heap) > 2 * self.members + _FEW:
                heap[:] = [entry for entry in heap if _holds(entry)]
                heapify(heap)
            if heap:
                _, _, standing, _, second = heap[0]
                bounds.append(standing.urgency_since(second))
        self.lowest = min(bounds, default=0.0)
        self.span = max(bounds, default=0.0) - self.lowest


def _holds(entry: Extreme) -> bool:
    _, _, standing, job_id, second = entry
    return standing.members.get(job_id) == second


@dataclass(slots=True, eq=False)
class Standing:
    """The pending and running jobs of one category, ``-p`` and deadline, oldest first; if there are tickets, of one
    owner, project, department and job share too.

    *members* are submission seconds by job id; *waiting* are the members that may be started, *reserving* the number of
    those with ``-R y``. *heads* is a heap that holds stale entries until these come to the top.
    """

    category: Category
    posix: int
    deadline_at: float | None
    scale: Scale
    owners: Owners | None = None
    members: dict[int, int] = field(default_factory=dict)
    waiting: dict[int, Job] = field(default_factory=dict)
    heads: list[tuple[int, int]] = field(default_factory=list)
    reserving: int = 0

    def join(self, job: Job) -> None:
        """Rank *job* here from now on."""
        second = int(job.submitted_at)
        self.members[job.id] = second
        self.scale.enter(self, job.id, second)
        job.standing = self

    def leave(self, job: Job) -> None:
        """Rank it no more; it keeps the priority that it had."""
        job.settled = self.priority(job)
        job.standing = None
        self.scale.members -= self.members.pop(job.id, None) is not None
        if not self.members:
            self.scale.pressing.pop(self, None)
        self.unqueue(job)

    def queue(self, job: Job) -> None:
        """It may be started."""
        if job.id not in self.waiting:
            self.waiting[job.id] = job
            self.reserving += int(job.request.reserve)
            heappush(self.heads, (self.members[job.id], job.id))

    def unqueue(self, job: Job) -> None:
        """It may not be started (any more)."""
        if self.waiting.pop(job.id, None) is not None:
            self.reserving -= int(job.request.reserve)

    def head(self) -> Job | None:
        """The oldest job that may be started."""
        while self.heads:
            second, identity = self.heads[0]
            job = self.waiting.get(identity)
            if job is not None and self.members[identity] == second:
                return job
            heappop(self.heads)
        return None

    def park(self) -> None:
        """Set the head aside for the rest of a run; `unpark` brings it back."""
        heappop(self.heads)

    def unpark(self, job: Job) -> None:
        if job.id in self.waiting:
            heappush(self.heads, (self.members[job.id], job.id))

    def bounds(self) -> list[float]:
        """The urgencies of all members."""
        return [self.urgency_since(second) for second in self.members.values()]

    def contributions(self, second: int) -> tuple[float, float, float]:
        """Resource, waiting time and deadline contribution for a job submitted at *second*."""
        scale = self.scale
        waiting = scale.weights.waiting_time * max(scale.at - second, 0)
        due = 0.0
        if self.deadline_at is not None:
            due = scale.weights.deadline / max(self.deadline_at - scale.at, 1.0)
        return self.category.resource_urgency, waiting, due

    def urgency(self, job: Job) -> float:
        return self.urgency_since(int(job.submitted_at))

    def urgency_since(self, second: int) -> float:
        """That of a job submitted at *second*."""
        if self.deadline_at is not None:
            return sum(self.contributions(second))
        scale = self.scale
        return self.category.resource_urgency + scale.weights.waiting_time * max(scale.at - second, 0)

    @property
    def normal_posix(self) -> float:
        """npprior."""
        return (1024 + self.posix) / 2048

    def priority(self, job: Job) -> float:
        """What the last run made of it."""
        weights = self.scale.weights
        urgency = self.scale.normalised(self.urgency_since(int(job.submitted_at)))
        tickets = self.scale.normal_tickets(job)
        return weights.priority * self.normal_posix + weights.urgency * urgency + weights.ticket * tickets
