"""A job of the other load, whatever it comes from."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LoadJob"]


@dataclass(frozen=True, slots=True)
class LoadJob:
    """One batch job: submitted *at_s* seconds after its source begins, it runs *run_s* seconds on *slots* slots.

    *limit_s* is the run time that its owner asked for, None if that isn't known; *project* is whom it was charged to.
    """

    at_s: float
    run_s: float
    slots: int
    limit_s: float | None
    owner: str
    project: str | None = None
