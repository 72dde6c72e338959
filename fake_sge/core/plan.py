"""The resource diagram: what is taken of everything, when, as far as the scheduler can foresee (sched_conf(5)).

There is one only while ``max_reservation`` is above 0 or something is reserved in advance: without it there is no
looking ahead, and no cost. Running tasks stand in it from their start until their limit and
`DURATION_OFFSET` are over; a scheduler run adds its reservations, and takes them out again when it ends.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from fake_sge.core.resources import parse_time
from fake_sge.core.texts import pairs

if TYPE_CHECKING:
    from fake_sge.core.category import Category
    from fake_sge.core.config import Attributes

__all__ = ["IN_ALL", "Claim", "Key", "Plan", "Timeline", "duration_offset", "max_reservation"]

Key = tuple[str, str]
"""Whose resource: the name of a host, queue instance, environment or quota rule, and the resource's."""

Claim = tuple[Key, float]

IN_ALL: Key = ("", "slots")
"""All slots that are taken anywhere."""

_NOTHING = 1e-6
_DURATION_OFFSET_S = 60.0


class Timeline:
    """A step function: from ``times[i]`` until the next of *times*, ``levels[i]`` is taken; before all, nothing."""

    __slots__ = ("levels", "times")

    def __init__(self) -> None:
        self.times: list[float] = []
        self.levels: list[float] = []

    def add(self, start: float, end: float, amount: float) -> None:
        """Take *amount* more (or, below 0, give it back) from *start* until *end*, which may be `math.inf`."""
        first = self._cut(start)
        last = len(self.times) if end == math.inf else self._cut(end)
        for at in range(first, last):
            left = self.levels[at] + amount
            self.levels[at] = 0.0 if abs(left) < _NOTHING else left
        self._join(last)
        self._join(first)

    def _cut(self, at: float) -> int:
        index = bisect_left(self.times, at)
        if index == len(self.times) or self.times[index] != at:
            self.times.insert(index, at)
            self.levels.insert(index, self.levels[index - 1] if index else 0.0)
        return index

    def _join(self, index: int) -> None:
        """Drop a step that has become none."""
        if index < len(self.times):
            before = self.levels[index - 1] if index else 0.0
            if abs(self.levels[index] - before) < _NOTHING:
                del self.times[index], self.levels[index]

    def most(self, start: float, end: float) -> float:
        """The most that is taken at any instant from *start* until *end*."""
        index = bisect_right(self.times, start)
        last = bisect_left(self.times, end)
        most = self.levels[index - 1] if index else 0.0
        return max([most, *self.levels[index:last]])

    def below(self, threshold: float) -> float:
        """Since when no more than *threshold* is taken for good: 0 if always, `math.inf` if never.

        Gaps before the last crossing aren't looked for: so 8.1.9 reserves.
        """
        for index in range(len(self.times) - 1, -1, -1):
            if self.levels[index] > threshold + _NOTHING:
                return self.times[index + 1] if index + 1 < len(self.times) else math.inf
        return 0.0

    def copy(self) -> Timeline:
        """Another one, equal to it."""
        made = Timeline()
        made.times, made.levels = self.times.copy(), self.levels.copy()
        return made

    def shut(self, start: float, end: float, level: float) -> None:
        """Say that *level* is taken from *start* until *end*, whatever else is.

        As 8.1.9 does it: where a step falls on *start* to the second, the level before it goes on instead, and what
        was taken last before *end* is taken after it.
        """
        index = bisect_left(self.times, start)
        inside = bisect_left(self.times, end)
        meets = index < len(self.times) and self.times[index] == start
        before_end = self.levels[inside - 1] if inside > index + meets else None
        after = (level if meets else self.levels[index]) if index < len(self.times) else 0.0
        steps = [] if meets else [(start, level)]
        if inside == len(self.times):
            steps += [(end, 0.0)] if end < math.inf else []
        elif self.times[inside] != end:
            steps.append((end, after if before_end is None else before_end))
        self.times[index:inside] = [at for at, _ in steps]
        self.levels[index:inside] = [taken for _, taken in steps]


@dataclass(slots=True)
class _Stay:
    start: float
    end: float
    claims: list[Claim]


@dataclass(slots=True, eq=False)
class Plan:
    """The timelines of all resources. *closed* are the periods in which a calendar shuts a queue instance, with its
    slots; a run sees these as taken. *slots* are those of all queue instances together.
    """

    max_reservation: int
    default_s: float
    offset_s: float
    interval_s: float
    slots: int = 0
    timelines: dict[Key, Timeline] = field(default_factory=dict)
    closed: dict[str, tuple[int, list[tuple[float, float]]]] = field(default_factory=dict)
    _as_if_open: dict[Key, Timeline] = field(default_factory=dict)
    _stays: dict[tuple[int, int], _Stay] = field(default_factory=dict)
    _ends: list[tuple[float, tuple[int, int]]] = field(default_factory=list)
    _reserved: list[_Stay] = field(default_factory=list)
    _booked: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, scheduler: Attributes, interval_s: float) -> Plan:
        """An empty one by the settings of sched_conf(5)."""
        default_s = parse_time(scheduler.get("default_duration", "INFINITY"))
        return cls(max_reservation(scheduler), default_s, duration_offset(scheduler), interval_s)

    def length_s(self, category: Category) -> float:
        """How long a job of the category is taken to last: its h_rt or s_rt, else default_duration; and the offset."""
        limits = [want.number for want in category.hard if want.name in ("h_rt", "s_rt")]
        return min(limits, default=self.default_s) + self.offset_s

    def enter(self, task: tuple[int, int], now: float, limit_s: float | None, claims: list[Claim]) -> None:
        """A task has started; *limit_s* is the least of its limits, if any."""
        start = float(int(now))
        end = start + (self.default_s if limit_s is None else limit_s) + self.offset_s
        self._stays[task] = stay = _Stay(start, end, claims)
        self._add(stay, 1)
        if end < math.inf:
            heappush(self._ends, (end, task))

    def book(self, reservation: int, start: float, end: float, claims: list[Claim]) -> None:
        """Keep *claims* for an advance reservation."""
        self._stays[-reservation, 0] = stay = _Stay(start, end, claims)
        self._booked.append(reservation)
        self._add(stay, 1)

    def unbook(self, reservation: int) -> None:
        """An advance reservation is over."""
        self._booked.remove(reservation)
        self.leave((-reservation, 0))

    def leave(self, task: tuple[int, int]) -> None:
        """A task has given everything back."""
        stay = self._stays.pop(task, None)
        if stay is not None:
            self._add(stay, -1)

    def look_ahead(self, now: float) -> None:
        """Before a run: tasks that last longer than foreseen are taken to end within the next interval."""
        late: list[tuple[float, tuple[int, int]]] = []
        while self._ends and (self._ends[0][0] <= now or self._gone(*self._ends[0])):
            end, task = heappop(self._ends)
            stay = self._stays.get(task)
            if stay is not None and stay.end == end:
                later = float(int(now)) + self.interval_s
                self._add(_Stay(end, later, stay.claims), 1)
                stay.end = later
                late.append((later, task))
        for entry in late:
            heappush(self._ends, entry)
        self._shut(now)

    def _shut(self, now: float) -> None:
        self.timelines |= self._as_if_open
        self._as_if_open.clear()
        for place, (slots, periods) in self.closed.items():
            line = self.timelines.get((place, "slots")) or Timeline()
            if periods:
                self._as_if_open[place, "slots"] = line
                self.timelines[place, "slots"] = line = line.copy()
            for start, end in periods:
                line.shut(max(start, float(int(now))), end, slots)

    def _gone(self, end: float, task: tuple[int, int]) -> bool:
        stay = self._stays.get(task)
        return stay is None or stay.end != end

    def reserve(self, start: float, length_s: float, claims: list[Claim]) -> None:
        """Keep *claims* for a job that can't start yet, until the run is over."""
        stay = _Stay(start, start + length_s, claims)
        self._reserved.append(stay)
        self._add(stay, 1)

    @property
    def reservations(self) -> int:
        """How many this run has made."""
        return len(self._reserved)

    def forget_reservations(self) -> None:
        """They are made anew by each run."""
        for stay in self._reserved:
            self._add(stay, -1)
        self._reserved.clear()

    @property
    def only_empties(self) -> bool:
        """From now on everything is only given back: nothing is reserved, no queue will be shut."""
        return not self._reserved and not self._booked and not self._as_if_open

    def ends(self, now: float) -> list[float]:
        """*now*, and when anything is given back from then on."""
        times = self.timelines[IN_ALL].times if IN_ALL in self.timelines else []
        return [now, *times[bisect_right(times, now) :]]

    def room(self, start: float, end: float) -> float:
        """No more slots than this are free all the time from *start* until *end*."""
        return self.slots - self.taken(IN_ALL, start, end)

    def next_end(self) -> float | None:
        """When the first running task will be over, as foreseen: the diagram moves then, whatever happens."""
        return self._ends[0][0] if self._ends else None

    def _add(self, stay: _Stay, sign: int) -> None:
        for key, amount in stay.claims:
            timeline = self.timelines.get(key)
            if timeline is None:
                timeline = self.timelines[key] = Timeline()
            timeline.add(stay.start, stay.end, sign * amount)
            if key in self._as_if_open:
                self._as_if_open[key].add(stay.start, stay.end, sign * amount)

    def taken(self, key: Key, start: float, end: float) -> float:
        """The most that is taken of a resource from *start* until *end*."""
        timeline = self.timelines.get(key)
        return timeline.most(start, end) if timeline is not None else 0.0

    def free_since(self, key: Key, threshold: float) -> float:
        """Since when no more than *threshold* is taken for good."""
        timeline = self.timelines.get(key)
        return timeline.below(threshold) if timeline is not None else 0.0


def max_reservation(scheduler: Attributes) -> int:
    """How many jobs a scheduler run reserves for."""
    return int(scheduler.get("max_reservation", "0"))


def duration_offset(scheduler: Attributes) -> float:
    """``DURATION_OFFSET`` of sched_conf(5)'s *params*, in seconds."""
    given = dict(pairs(scheduler.get("params", "none"))).get("DURATION_OFFSET")
    return float(given) if given is not None else _DURATION_OFFSET_S
