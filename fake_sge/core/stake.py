"""What one task has to do with tickets."""

from __future__ import annotations

from dataclasses import dataclass

from fake_sge.core.model import Job

__all__ = ["Stake"]


@dataclass(slots=True, eq=False)
class Stake:
    """A task that runs or waits: *shares* are functional shares, *override* override tickets of those to whom it
    belongs, by kind (user, project, department, job); *names* says who they are. The rest are the tickets it got.
    """

    job: Job
    task: int
    queued: bool
    shares: dict[str, float]
    override: dict[str, float]
    names: dict[str, str]
    functional: float = 0.0
    shared: float = 0.0
    overridden: float = 0.0

    @property
    def total(self) -> float:
        """All its tickets so far."""
        return self.functional + self.shared + self.overridden
