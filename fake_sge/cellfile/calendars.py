"""The form of calendars: calendar_conf(5)."""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["check_week", "check_year"]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_STATES = ("on", "off", "suspended")
_DATE = re.compile(r"(\d{1,2})\.(\d{1,2}|[a-z]{3,})\.(\d{4})")
_TIME = re.compile(r"(\d{1,2})(?::(\d{1,2})(?::(\d{1,2}))?)?")


def check_year(text: str) -> None:
    """Refuse (`ValueError`) what isn't a year of calendar_conf(5), like ``12.3.2027=6-20=off 1.4.2027-3.4.2027``."""
    _check(text, _year_days, "write it as D.M.YYYY[-D.M.YYYY][=HH:MM-HH:MM][=off|suspended], or NONE")


def check_week(text: str) -> None:
    """Refuse (`ValueError`) what isn't a week of calendar_conf(5), like ``mon-fri=6-20=suspended sat,sun``."""
    _check(text, _week_days, "write it as mon-fri[=HH:MM-HH:MM][=off|suspended], or NONE")


def _check(text: str, days: Callable[[str], bool], fix: str) -> None:
    if text.upper() == "NONE":
        return
    if not text.split():
        raise ValueError(f"a calendar's text is empty; {fix}")
    for rule in text.lower().split():
        parts = rule.split("=")
        known = [_is_times(part) or part in _STATES for part in parts[1:]]
        if len(parts) > 3 or not all(known) or not (days(parts[0]) or (len(parts) < 3 and _is_times(parts[0]))):
            raise ValueError(f"{rule!r} is not a rule of a calendar; {fix}")


def _ranges(text: str, valid: Callable[[str], bool]) -> bool:
    return all(1 <= len(ends := part.split("-")) <= 2 and all(map(valid, ends)) for part in text.split(","))


def _year_days(text: str) -> bool:
    return _ranges(text, _is_date)


def _week_days(text: str) -> bool:
    return _ranges(text, lambda day: len(day) >= 3 and any(name.startswith(day[:3]) for name in _DAYS))


def _is_date(text: str) -> bool:
    found = _DATE.fullmatch(text)
    if not found:
        return False
    day, month = int(found[1]), found[2]
    return 1 <= day <= 31 and (1 <= int(month) <= 12 if month.isdigit() else month[:3] in _MONTHS)


def _is_times(text: str) -> bool:
    return all(len(ends := part.split("-")) == 2 and all(map(_is_time, ends)) for part in text.split(","))


def _is_time(text: str) -> bool:
    found = _TIME.fullmatch(text)
    return found is not None and int(found[1]) <= 24 and int(found[2] or 0) < 60 and int(found[3] or 0) < 60
