"""The queue instances in the order in which a reservation looks at them."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fake_sge.core.instances import QueueInstance
    from fake_sge.core.run import Run

__all__ = ["Lineup"]

_SORT_KEY = attrgetter("sort_key")


@dataclass(slots=True, eq=False)
class Lineup:
    """Those that are full, or shut by a calendar, stand behind those with room, as they fell out of these; they are
    all sorted only where the order of the hosts has changed since the job before was tried. So it is in 8.1.9, and it
    decides which queue instances a reservation takes.

    *joined* are both; it is empty while no job that may get a reservation was tried since a place was given last.
    """

    run: Run
    joined: list[QueueInstance] = field(default_factory=list)
    _earlier: dict[str, float] = field(default_factory=dict)
    _first: bool = True
    _numbered: bool = False

    def revalued(self, values: dict[str, float]) -> None:
        """Hosts had these *values* of the load formula, and have others now."""
        for host, value in values.items():
            self._earlier.setdefault(host, value)

    def look(self, *, reserve: bool, parallel: bool) -> None:
        """A job is about to be tried; with *reserve* it may get a reservation."""
        anew = self._first or (bool(self._earlier) and (self.joined or reserve) and self._reordered())
        self._numbered = parallel or (self._numbered and not self._earlier)
        self._first = False
        self._earlier.clear()
        if reserve:
            self.joined = [*(self.joined or self.run.order), *self.run.aside]
            self.run.aside = []
        if anew:
            self.joined.sort(key=_SORT_KEY)

    def settled(self) -> None:
        """A place was given, now or for later: what has no room is set aside."""
        if self.joined:
            open_ = {place.index for place in self.run.order}
            self.run.aside = [place for place in self.joined if place.index not in open_]
            self.joined = []

    def _reordered(self) -> bool:
        """Do hosts stand otherwise than when the last job was tried? A parallel job numbers them all, even equals."""
        if self._numbered:
            return True
        now = {name: host.sort_value for name, host in self.run.layout.hosts.items()}
        return _ranks(now | self._earlier) != _ranks(now)


def _ranks(values: dict[str, float]) -> list[int]:
    """The rank of each host by its value; equals share one."""
    place = {value: rank for rank, value in enumerate(sorted(set(values.values())))}
    return [place[value] for value in values.values()]
