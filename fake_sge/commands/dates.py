"""Dates as the q-programs print and read them, in the cell's time zone."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo

__all__ = ["long_date", "parse_date_time", "short_date", "xml_date"]

_DATE_TIME = re.compile(r"(?:(\d\d)?(\d\d))?(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d\d))?$")


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


def parse_date_time(text: str, now: float, zone: tzinfo | None) -> float | None:
    """Epoch seconds of ``[[CC]YY]MMDDhhmm[.SS]`` (sge_types(1)), None if *text* isn't one.

    Without a year it is this year's.
    """
    match = _DATE_TIME.match(text)
    if match is None:
        return None
    century, year, month, day, hour, minute, second = match.groups()
    this_year = _at(now, zone).year
    if year is None:
        full_year = this_year
    elif century is None:
        full_year = int(year) + (1900 if int(year) >= 70 else 2000)
    else:
        full_year = int(century + year)
    try:
        moment = datetime(full_year, int(month), int(day), int(hour), int(minute), int(second or 0), tzinfo=zone)
    except ValueError:
        return None
    return moment.timestamp()
