"""Instants as people write them: ``"09:00"``, ``"2026-10-05T09:30"``, ``90s``, ``"2nd tuesday 03:26"``."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, WithJsonSchema

from fake_sge.cellfile import parse_duration

__all__ = ["Instant", "LocalStart", "Rule", "RuleText", "instant_s", "local_epoch"]

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
_WEEKDAYS = tuple(name.lower() for name in calendar.day_name)
_ORDINALS = {"1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "last": -1}
_RULE = re.compile(
    rf"(?:(?P<ordinal>{'|'.join(_ORDINALS)}) )?(?P<day>{'|'.join(_WEEKDAYS)}|daily) (?P<clock>\S+)(?: (?P<zone>\S+))?"
)


def local_epoch(local: datetime, zone: str) -> float:
    """Epoch seconds of a wall clock's reading in *zone*.

    Of a reading that comes twice in autumn the first is meant; one that spring leaves out is the same interval after
    midnight as on other days.
    """
    return local.replace(tzinfo=ZoneInfo(zone), fold=0).timestamp()


def instant_s(text: str, start: datetime, zone: str) -> float:
    """Seconds from *start* (a wall clock's reading in *zone*) to the instant: negative if it lies before.

    ``90s`` counts from the start, ``09:00`` is the first such time at or after it, ``2026-10-05T09:30`` is itself.
    """
    begin = local_epoch(start, zone)
    if found := _CLOCK.fullmatch(text):
        when = datetime.combine(start.date(), _time(found))
        if when < start:
            when += timedelta(days=1)
        return local_epoch(when, zone) - begin
    if "T" in text:
        return local_epoch(datetime.fromisoformat(text), zone) - begin
    return parse_duration(text)


@dataclass(frozen=True, slots=True)
class Rule:
    """Instants that come again: ``2nd tuesday 03:26``, ``last friday 18:00``, ``daily 23:30``; a zone may follow."""

    ordinal: int | None
    weekday: int | None
    at: time
    zone: str | None

    @classmethod
    def parse(cls, text: str) -> Rule:
        """Reads a rule; raises `ValueError` with what would be right."""
        found = _RULE.fullmatch(" ".join(text.lower().split()))
        at = _CLOCK.fullmatch(found["clock"]) if found else None
        if found is None or at is None or (found["ordinal"] and found["day"] == "daily"):
            raise ValueError(
                f"{text!r} is not a rule; write one like '2nd tuesday 03:26', 'sunday 04:00' or 'daily 23:30'"
            )
        zone = text.rsplit(maxsplit=1)[-1] if found["zone"] else None
        if zone:
            _check_zone(zone)
        weekday = None if found["day"] == "daily" else _WEEKDAYS.index(found["day"])
        return cls(_ORDINALS[found["ordinal"]] if found["ordinal"] else None, weekday, _time(at), zone)

    def epochs(self, begin: float, end: float, zone: str) -> Iterator[float]:
        """The epoch seconds in [*begin*, *end*) at which the rule holds, in its own zone or in *zone*."""
        zone = self.zone or zone
        day = datetime.fromtimestamp(begin, ZoneInfo(zone)).date()
        while (midnight := local_epoch(datetime.combine(day, time()), zone)) < end:
            at = local_epoch(datetime.combine(day, self.at), zone)
            if self._holds(day) and begin <= at < end and at >= midnight:
                yield at
            day += timedelta(days=1)

    def _holds(self, day: date) -> bool:
        if self.weekday is None:
            return True
        if day.weekday() != self.weekday:
            return False
        if self.ordinal == -1:
            return day.day + 7 > calendar.monthrange(day.year, day.month)[1]
        return self.ordinal is None or (day.day - 1) // 7 + 1 == self.ordinal


def _time(found: re.Match[str]) -> time:
    hour, minute, second = (int(part or 0) for part in found.groups())
    return time(hour, minute, second)


def _check_zone(zone: str) -> None:
    try:
        datetime.now(UTC).astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):
        raise ValueError(f"there is no time zone {zone!r}; write one like Europe/London") from None


def _checked_instant(text: str) -> str:
    try:
        if not _CLOCK.fullmatch(text):
            _ = datetime.fromisoformat(text) if "T" in text else parse_duration(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is not an instant; write a time '09:00', a duration from the start 90s or a date"
        ) from None
    return text


def _checked_rule(text: str) -> str:
    Rule.parse(text)
    return text


def _checked_start(text: str) -> str:
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a date with a time; write one like 2026-10-05T08:00") from None
    if start.tzinfo is not None:
        raise ValueError("the start has no zone of its own; write the time as the site's clock shows it")
    return text


Instant = Annotated[
    str,
    AfterValidator(_checked_instant),
    WithJsonSchema(
        {"type": "string", "description": "a time 09:00, a duration from the start 90s, or 2026-10-05T09:30"}
    ),
]
RuleText = Annotated[
    str,
    AfterValidator(_checked_rule),
    WithJsonSchema(
        {"type": "string", "description": "2nd tuesday 03:26, last friday 18:00, sunday 04:00, daily 23:30"}
    ),
]
LocalStart = Annotated[
    str,
    AfterValidator(_checked_start),
    WithJsonSchema({"type": "string", "description": "a date with a time in the site's time zone: 2026-10-05T08:00"}),
]
