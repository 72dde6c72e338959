"""Priorities: sge_priority(5).

``priority = Wp x npprior + Wu x nurg + Wt x ntckts``, urgencies normalised over all pending and running jobs.

Jobs of a category with the same ``-p`` and deadline differ in age alone, and older never ranks below younger. So they
stand in one queue (a `Standing`), only the heads are compared, and no run touches the jobs behind them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from fake_sge.core.config import Attributes

if TYPE_CHECKING:
    from fake_sge.core.category import Category
    from fake_sge.core.model import Job

__all__ = ["Owners", "Scale", "Standing", "Weights"]


Owners = tuple[str, str | None, str, int]
"""What tickets depend on: owner, project, department, job share."""


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
    """What a scheduler run normalises with: its instant, the least urgency and the range. Shared by all standings."""

    weights: Weights
    at: int = 0
    lowest: float = 0.0
    span: float = 0.0
    most_tickets: float = 0.0

    def normal_tickets(self, job: Job) -> float:
        """ntckts: 0.5 where nobody has any."""
        return 0.5 if self.most_tickets < 1e-5 else job.tickets / self.most_tickets

    def normalised(self, urgency: float) -> float:
        """nurg: 0.5 where all are alike."""
        return 0.5 if self.span < 1e-5 else (urgency - self.lowest) / self.span

    def take(self, at: int, standings: list[Standing]) -> None:
        """Normalise anew over everything pending and running."""
        self.at = at
        bounds = [bound for standing in standings for bound in standing.bounds()]
        self.lowest = min(bounds, default=0.0)
        self.span = max(bounds, default=0.0) - self.lowest


@dataclass(slots=True, eq=False)
class Standing:
    """The pending and running jobs of one category, ``-p`` and deadline, oldest first; if there are tickets, of one
    owner, project, department and job share too.

    *members* are submission seconds by job id; *waiting* are the members that may be started, *reserving* the number of
    those with ``-R y``. The heaps hold stale entries until these come to the top.
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
    _oldest: list[tuple[int, int]] = field(default_factory=list)
    _youngest: list[tuple[int, int]] = field(default_factory=list)

    def join(self, job: Job) -> None:
        """Rank *job* here from now on."""
        second = int(job.submitted_at)
        self.members[job.id] = second
        heappush(self._oldest, (second, job.id))
        heappush(self._youngest, (-second, job.id))
        job.standing = self

    def leave(self, job: Job) -> None:
        """Rank it no more; it keeps the priority that it had."""
        job.settled = self.priority(job)
        job.standing = None
        self.members.pop(job.id, None)
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
        """The urgencies of the oldest and the youngest member; none if it is empty."""
        found = []
        for heap, sign in ((self._oldest, 1), (self._youngest, -1)):
            while heap and self.members.get(heap[0][1]) != sign * heap[0][0]:
                heappop(heap)
            if heap:
                found.append(self._urgency(sign * heap[0][0]))
        return found

    def contributions(self, second: int) -> tuple[float, float, float]:
        """Resource, waiting time and deadline contribution for a job submitted at *second*."""
        scale = self.scale
        waiting = scale.weights.waiting_time * max(scale.at - second, 0)
        due = 0.0
        if self.deadline_at is not None:
            due = scale.weights.deadline / max(self.deadline_at - scale.at, 1.0)
        return self.category.resource_urgency, waiting, due

    def urgency(self, job: Job) -> float:
        return self._urgency(int(job.submitted_at))

    def _urgency(self, second: int) -> float:
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
        urgency = self.scale.normalised(self._urgency(int(job.submitted_at)))
        tickets = self.scale.normal_tickets(job)
        return weights.priority * self.normal_posix + weights.urgency * urgency + weights.ticket * tickets
