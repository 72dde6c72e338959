"""Laws by which durations are drawn."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from fake_sge.cellfile import Duration, Strict

__all__ = ["Lognormal", "Work", "drawn"]


class Lognormal(Strict):
    """A lognormal duration: its median, and sigma of its logarithm."""

    median: Duration
    sigma: Annotated[float, Field(ge=0)]


class Work(Strict):
    """How long something lasts: *fixed* or *lognormal*. For a user, how long they work once the server answers."""

    fixed: Duration | None = None
    lognormal: Lognormal | None = None

    @model_validator(mode="after")
    def _is_one_law(self) -> Work:
        if (self.fixed is None) == (self.lognormal is None):
            raise ValueError("work has exactly one length; write fixed or lognormal")
        return self


def drawn(work: Work, draw: np.random.Generator) -> float:
    """One duration, in seconds."""
    if work.fixed is not None:
        return work.fixed
    assert work.lognormal is not None, "the schema has seen to it"
    return float(draw.lognormal(np.log(work.lognormal.median), work.lognormal.sigma))
