"""The wall clock, *rate* times as fast."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass

__all__ = ["Clock"]


@dataclass(frozen=True, slots=True)
class Clock:
    """Cell time agrees with the machine's at *origin_at* (epoch seconds), and then runs *rate* times as fast.

    It is *leapt_s* ahead of that when it has been put forward.
    """

    rate: float = 1.0
    origin_at: float = 0.0
    leapt_s: float = 0.0

    def starting_now(self) -> Clock:
        """The same clock, in agreement with the machine's at this instant."""
        return Clock(self.rate, time.time())

    def ahead(self, cell_s: float) -> Clock:
        """The same clock, put forward by *cell_s* of the cell's seconds."""
        return dataclasses.replace(self, leapt_s=self.leapt_s + cell_s)

    @property
    def plain(self) -> bool:
        """Whether it is the machine's own."""
        return self.rate == 1.0 and not self.leapt_s

    def now(self) -> float:
        """The present instant in cell time."""
        return self.to_cell(time.time())

    def to_cell(self, wall_at: float) -> float:
        if self.rate == 1.0:
            return wall_at + self.leapt_s
        return self.origin_at + (wall_at - self.origin_at) * self.rate + self.leapt_s

    def wall_s(self, cell_s: float) -> float:
        """How long a duration of the cell's takes on this machine."""
        return cell_s / self.rate
