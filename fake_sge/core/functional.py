"""The functional policy: users, projects, departments and jobs have shares, whatever they used before."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from fake_sge.core.config import Attributes
from fake_sge.core.stake import Stake

__all__ = ["deal_functional"]

_KINDS = ("user", "project", "department")
_JOB = "job"
_BARELY = 0.001
"""Added to what is shared while the next job is looked for, so that there is something to divide by."""


@dataclass(slots=True)
class _Sums:
    """Shares of all that have tickets: in all by kind, and how many tasks each user, project, department has."""

    shares: dict[str, float] = field(default_factory=lambda: dict.fromkeys((*_KINDS, _JOB), 0.0))
    counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def count(self, stake: Stake) -> None:
        for kind in stake.shares:
            key = kind, stake.names[kind]
            self.counts[key] = self.counts.get(key, 0) + 1

    def counted(self, stake: Stake, kind: str) -> int:
        return self.counts.get((kind, stake.names[kind]), 0)


def deal_functional(stakes: list[Stake], scheduler: Attributes, total: float, dependent: bool) -> None:
    """Tasks that run first; then, one by one, the waiting one that would get most."""
    weights = {kind: float(scheduler.get(f"weight_{kind}", "0.25")) for kind in (*_KINDS, _JOB)}
    shared = scheduler.get("share_functional_shares", "TRUE").upper() == "TRUE"
    sums = _Sums()
    running = [stake for stake in stakes if not stake.queued]
    for stake in running:
        sums.count(stake)
    parts = [_parts(stake, sums, 0 if shared else None) for stake in running]
    for part in parts:
        for kind, value in part.items():
            sums.shares[kind] += value
    relative = _relative({kind: weight for kind, weight in weights.items() if sums.shares[kind] > 0})
    for stake, part in zip(running, parts, strict=True):
        stake.functional = _tickets(part, sums.shares, relative, total)
    queued = [stake for stake in stakes if stake.queued]
    if dependent:
        queued.sort(key=lambda stake: (-stake.total, int(stake.job.submitted_at), stake.job.id, stake.task))
    waiting = _categories(queued)
    most = int(scheduler.get("max_functional_jobs_to_schedule", "200"))
    _deal_waiting(waiting, sums, _relative(weights), total, most=most, shared=shared, dependent=dependent)


def _relative(weights: Mapping[str, float]) -> dict[str, float]:
    whole = sum(weights.values())
    return {kind: weight / whole if whole else 0.0 for kind, weight in weights.items()}


def _parts(stake: Stake, sums: _Sums, more: int | None) -> dict[str, float]:
    """The task's shares by kind; unless *more* is None, what its like share, with *more* tasks than are counted."""
    found = {
        kind: share / ((sums.counted(stake, kind) + more) or 1) if more is not None else share
        for kind, share in stake.shares.items()
    }
    found[_JOB] = float(stake.job.request.job_share)
    return found


def _tickets(
    parts: Mapping[str, float], sums: Mapping[str, float], weights: Mapping[str, float], total: float
) -> float:
    found = ((weights.get(kind, 0.0), part, sums[kind]) for kind, part in parts.items())
    return sum(weight * part * total / whole for weight, part, whole in found if whole)


def _categories(waiting: list[Stake]) -> list[deque[Stake]]:
    """Waiting tasks of the same user, project, department and job share, as far as these have any shares; in order."""
    found: dict[tuple[object, ...], deque[Stake]] = {}
    for stake in waiting:
        job_share = stake.job.request.job_share
        key = tuple(stake.names[kind] if stake.shares.get(kind) else "" for kind in _KINDS)
        if job_share or any(key):
            found.setdefault((*key, job_share), deque()).append(stake)
    return list(found.values())


def _deal_waiting(
    categories: list[deque[Stake]],
    sums: _Sums,
    weights: dict[str, float],
    total: float,
    *,
    most: int,
    shared: bool,
    dependent: bool,
) -> None:
    for _ in range(most):
        categories = [category for category in categories if category]
        if not categories:
            return
        best = min(categories, key=lambda heads: _rank(heads[0], sums, weights, total, shared, dependent))
        stake = best.popleft()
        sums.count(stake)
        parts = _parts(stake, sums, 0 if shared else None)
        for kind, part in parts.items():
            if not shared or kind == _JOB or sums.counted(stake, kind) <= 1:
                sums.shares[kind] += part
        stake.functional = _tickets(parts, sums.shares, weights, total)
    for category in categories:
        for stake in category:
            stake.functional = _would_get(category[0], sums, weights, total, shared)


def _would_get(stake: Stake, sums: _Sums, weights: dict[str, float], total: float, shared: bool) -> float:
    parts = _parts(stake, sums, 1 if shared else None)
    more = {kind: parts.get(kind, 0.0) if not shared or kind == _JOB else 0.0 for kind in sums.shares}
    whole = {kind: value + _BARELY + more[kind] for kind, value in sums.shares.items()}
    return _tickets(parts, whole, weights, total)


def _rank(
    stake: Stake, sums: _Sums, weights: dict[str, float], total: float, shared: bool, dependent: bool
) -> tuple[float, int, int, int]:
    """Most tickets first, then the oldest."""
    tickets = _would_get(stake, sums, weights, total, shared) + (stake.total if dependent else 0.0)
    return -tickets, int(stake.job.submitted_at), stake.job.id, stake.task
