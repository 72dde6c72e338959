"""The wall clock, *rate* times as fast."""

from __future__ import annotations

import time
from dataclasses import dataclass

__all__ = ["Clock"]


@dataclass(frozen=True, slots=True)
class Clock:
    """Cell time agrees with the machine's at *origin_at* (epoch seconds), and then runs *rate* times as fast."""

    rate: float = 1.0
    origin_at: float = 0.0

    def starting_now(self) -> Clock:
        """The same clock, in agreement with the machine's at this instant."""
        return Clock(self.rate, time.time())

    def now(self) -> float:
        """The present instant in cell time."""
        return self.to_cell(time.time())

    def to_cell(self, wall_at: float) -> float:
        return wall_at if self.rate == 1.0 else self.origin_at + (wall_at - self.origin_at) * self.rate

    def wall_s(self, cell_s: float) -> float:
        """How long a duration of the cell's takes on this machine."""
        return cell_s / self.rate

    def cell_s(self, wall_s: float) -> float:
        return wall_s * self.rate
