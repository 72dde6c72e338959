"""Dates as the q-programs print and read them, in the cell's time zone."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

__all__ = ["NotADate", "long_date", "parse_date_time", "short_date", "xml_date"]


def _at(seconds: float, zone: tzinfo | None) -> datetime:
    return datetime.fromtimestamp(int(seconds), zone)


def short_date(seconds: float, zone: tzinfo | None) -> str:
    """``11/23/2026 05:21:29``, the form of qstat's tables."""
    return _at(seconds, zone).strftime("%m/%d/%Y %H:%M:%S")


def long_date(seconds: float, zone: tzinfo | None) -> str:
    """``Mon Nov 23 05:21:29 2026``, the form of ctime(3)."""
    moment = _at(seconds, zone)
    return f"{moment:%a %b} {moment.day:2d} {moment:%H:%M:%S %Y}"


def xml_date(seconds: float, zone: tzinfo | None) -> str:
    """``2026-11-23T05:21:29``: local time without a zone, the form of the XML documents."""
    return _at(seconds, zone).strftime("%Y-%m-%dT%H:%M:%S")


class NotADate(ValueError):
    """A text that isn't a date; the message is SGE's."""


def parse_date_time(text: str, now: float, zone: tzinfo | None) -> float:
    """Epoch seconds of ``[[CC]YY]MMDDhhmm[.SS]`` (sge_types(1)). Raises `NotADate`.

    Without a year it is this year's; the 30th of February is the 2nd of March.
    """
    if not text:
        raise NotADate("no date specified")
    digits, dot, seconds = text.partition(".")
    if dot and len(seconds) not in (0, 2):
        raise NotADate("Invalid format of seconds field.")
    if len(digits) not in (8, 10, 12):
        raise NotADate("Invalid format of date/hour-minute field.")
    month, day, hour, minute = (_number(digits[at : at + 2]) for at in range(len(digits) - 8, len(digits), 2))
    second = _number(seconds)
    for number, least, most, what in (
        (month, 1, 12, "month"),
        (day, 1, 31, "day"),
        (hour, 0, 23, "hour"),
        (minute, 0, 59, "minute"),
        (second, 0, 59, "seconds"),
    ):
        if not least <= number <= most:
            raise NotADate(f"Invalid {what} specification.")
    year = _year(digits[:-8]) if digits[:-8] else _at(now, zone).year
    first = datetime(max(year, 1), month, 1, hour, minute, second, tzinfo=zone)
    moment = (first + timedelta(days=day - 1)).timestamp()
    if moment < 0:
        raise NotADate("Couldn't generate date from input. Perhaps a date before 1970 was specified.")
    return moment


def _year(digits: str) -> int:
    number = _number(digits)
    return number if len(digits) == 4 else number + (1900 if number >= 70 else 2000)


def _number(digits: str) -> int:
    """As atoi(3): what isn't a number is 0."""
    return int(digits) if digits.isascii() and digits.isdecimal() else 0
