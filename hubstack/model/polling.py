"""How often the hub asks qstat while servers start, counted by arithmetic instead of simulated."""

from __future__ import annotations

import simpy

__all__ = ["Polling"]

SHARED_INTERVAL_S = 0.3
"""The reference spawner's: one qstat for all who wait."""
OWN_INTERVAL_S = 0.5
"""batchspawner 1.3.0's startup_poll_interval: one for each."""


class Polling:
    """Counts the qstat commands of starting servers."""

    def __init__(self, env: simpy.Environment, *, shared: bool) -> None:
        self.env = env
        self.shared = shared
        self._waiting = 0
        self._since = env.now
        self._asked = 0.0

    def begins(self) -> None:
        """One more server is waited for."""
        self._settle()
        self._waiting += 1

    def ends(self) -> None:
        """One less."""
        self._settle()
        self._waiting -= 1

    def count(self) -> int:
        """The commands until now."""
        self._settle()
        return round(self._asked)

    def _settle(self) -> None:
        lasted = self.env.now - self._since
        self._since = self.env.now
        if self.shared:
            self._asked += lasted / SHARED_INTERVAL_S if self._waiting else 0.0
        else:
            self._asked += self._waiting * lasted / OWN_INTERVAL_S
