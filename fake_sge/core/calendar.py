"""When queues are open: calendar_conf(5), in the cell's local time.

Only two periods are ever known ahead, as in 8.1.9: the present state and until when, and the next one and until when.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from fake_sge.core.config import Attributes, CellConfig
from fake_sge.core.refusals import Denied

__all__ = ["BadCalendar", "Calendar", "Period", "read_calendars"]

_T = TypeVar("_T")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_STATES = ("on", "suspended", "off")
"""What overrides what, where entries overlap."""
_ALL_DAY = ((0, 86400),)
_DATE = re.compile(r"(\d{1,2})\.(\d{1,2}|[a-z]{3,})\.(\d{4})")
_DAYS_AHEAD = 9


class BadCalendar(ValueError):
    """A text that calendar_conf(5) doesn't allow."""


@dataclass(frozen=True, slots=True)
class Period:
    """*state* (on, off or suspended) holds until *until* (`math.inf`: for ever)."""

    state: str
    until: float


@dataclass(frozen=True, slots=True)
class _Entry:
    """*days* of the week (0 is Monday), or else *dates*, from first to last; *times* are seconds of the day."""

    days: frozenset[int]
    dates: tuple[tuple[date, date], ...]
    times: tuple[tuple[int, int], ...]
    state: str

    def holds(self, at: datetime) -> bool:
        day, second = at.date(), at.hour * 3600 + at.minute * 60 + at.second
        on_day = day.weekday() in self.days or any(first <= day <= last for first, last in self.dates)
        return on_day and any(first <= second < last for first, last in self.times)


class Calendar:
    """One calendar. Raises `BadCalendar` for what it can't read."""

    def __init__(self, texts: Attributes, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._year = [_year_entry(rule) for rule in _rules(texts.get("year", "NONE"))]
        self._week = [_week_entry(rule) for rule in _rules(texts.get("week", "NONE"))]

    def state_at(self, instant: float) -> str:
        """on, off or suspended. What the year says of an instant, the week can't change."""
        at = datetime.fromtimestamp(instant, self._zone)
        for entries in (self._year, self._week):
            states = [entry.state for entry in entries if entry.holds(at)]
            if states:
                return min(states, key=_STATES.index)
        return "on"

    def periods(self, now: float) -> tuple[Period, Period | None]:
        """The present one, and the next (None if the state never changes)."""
        states: list[tuple[float, str]] = [(now, self.state_at(now))]
        for instant in self._instants(now):
            state = self.state_at(instant)
            if state != states[-1][1]:
                states.append((instant, state))
            if len(states) == 3:
                break
        ends = [at for at, _ in states[1:]] + [math.inf]
        first = Period(states[0][1], ends[0])
        return first, Period(states[1][1], ends[1]) if len(states) > 1 else None

    def closed(self, now: float) -> list[tuple[float, float]]:
        """When it isn't on, of the two periods that are known ahead."""
        period, following = self.periods(now)
        found = [(now, period.until)] if period.state != "on" else []
        if following is not None and following.state != "on":
            found.append((period.until, following.until))
        return found

    def open_throughout(self, start: float, end: float) -> bool:
        """Is it on all the time from *start* until *end*?"""
        at = start
        while at < end:
            period, _ = self.periods(at)
            if period.state != "on":
                return False
            at = period.until
        return True

    def _instants(self, now: float) -> Iterator[float]:
        """When the state may change after *now*, in order: as far ahead as two changes need to be found."""
        today = datetime.fromtimestamp(now, self._zone).date()
        days = {today + timedelta(n) for n in range(_DAYS_AHEAD)}
        for entry in self._year:
            for first, last in entry.dates:
                days |= {day + timedelta(n) for day in (first, last) for n in range(_DAYS_AHEAD)}
        seconds = {0} | {edge for entry in (*self._year, *self._week) for span in entry.times for edge in span}
        for day in sorted(day for day in days if day >= today):
            for second in sorted(seconds - {86400}):
                clock = time(second // 3600, second // 60 % 60, second % 60)
                instant = datetime.combine(day, clock, self._zone).timestamp()
                if instant > now:
                    yield instant


def read_calendars(config: CellConfig, names: Sequence[str]) -> dict[str, Calendar]:
    """Those calendars of a cell that its queues use. Raises `Denied`."""
    found: dict[str, Calendar] = {}
    for name in dict.fromkeys(names):
        if name not in config.calendars:
            raise Denied(f'calendar "{name}" does not exist', "unknown_calendar")
        try:
            found[name] = Calendar(config.calendars[name], config.time_zone)
        except BadCalendar as error:
            raise Denied(f'error in calendar "{name}": {error}', "bad_calendar") from None
    return found


def _rules(text: str) -> list[list[str]]:
    return [] if text.strip().upper() == "NONE" else [rule.split("=") for rule in text.lower().split()]


def _year_entry(parts: list[str]) -> _Entry:
    dates = tuple(_range(part, _date) for part in parts[0].split(","))
    times, state = _rest(parts[1:])
    return _Entry(frozenset(), dates, times, state)


def _week_entry(parts: list[str]) -> _Entry:
    if parts[0][0].isdigit() or parts[0] in _STATES:
        days = frozenset(range(7))
        times, state = _rest(parts)
    else:
        ranges = [_range(part, _weekday) for part in parts[0].split(",")]
        days = frozenset((first + n) % 7 for first, last in ranges for n in range((last - first) % 7 + 1))
        times, state = _rest(parts[1:])
    return _Entry(days, (), times, state)


def _rest(parts: list[str]) -> tuple[tuple[tuple[int, int], ...], str]:
    """Times of day and a state, each optional, in this order."""
    times: tuple[tuple[int, int], ...] = _ALL_DAY
    state = "off"
    if parts and parts[0] not in _STATES:
        times = tuple(span for part in parts[0].split(",") for span in _times(part))
        parts = parts[1:]
    if parts:
        state, *more = parts
        if state not in _STATES or more:
            raise BadCalendar(f"{'='.join(parts)!r} is not a calendar's state: on, off or suspended")
    return times, state


def _range(text: str, read: Callable[[str], _T]) -> tuple[_T, _T]:
    first, _, last = text.partition("-")
    return read(first), read(last or first)


def _times(text: str) -> list[tuple[int, int]]:
    """A span of the day; one that ends before it begins is the two ends of the day."""
    first, last = _range(text, _second)
    return [(first, last)] if first < last else [(0, last), (first, 86400)]


def _second(text: str) -> int:
    try:
        hours, minutes, seconds = ([int(part) for part in text.split(":")] + [0, 0])[:3]
    except ValueError:
        raise BadCalendar(f"{text!r} is not a time of day") from None
    if hours > 24 or minutes > 59 or seconds > 59:
        raise BadCalendar(f"{text!r} is not a time of day")
    return min(hours * 3600 + minutes * 60 + seconds, 86400)


def _weekday(text: str) -> int:
    if text[:3] not in _DAYS:
        raise BadCalendar(f"{text!r} is not a day of the week")
    return _DAYS.index(text[:3])


def _date(text: str) -> date:
    found = _DATE.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        month = int(found[2]) if found[2].isdigit() else _MONTHS.index(found[2][:3]) + 1
        return date(int(found[3]), month, int(found[1]))
    except ValueError:
        raise BadCalendar(f"{text!r} is not a day of a year, D.M.YYYY") from None
