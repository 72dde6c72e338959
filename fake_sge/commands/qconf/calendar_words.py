"""The grammar of calendar_conf(5), with what the qmaster says of texts that aren't of it.

``year``: ``day_range_list[=daytime_range_list][=state]``, entries separated by blanks; ``week`` alike, with weekdays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

__all__ = ["BadCalendar", "check_week", "check_year"]

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_STATES = ("on", "off", "suspended")
_NO_STATE = 'got "=" without daytime_range/state'


class BadCalendar(ValueError):
    """What is wrong, in SGE's words."""


def check_year(text: str) -> None:
    """Raises `BadCalendar`."""
    _check(text, ".:=-, ", _year_entry, 'unrecognized string "{}"')


def check_week(text: str) -> None:
    """Raises `BadCalendar`."""
    _check(text, ":=-, ", _week_entry, "unrecognized token at end")


class _Words:
    """The tokens of a text; *last* is the text of the one looked at last, also where the text is at its end."""

    def __init__(self, text: str, marks: str) -> None:
        self.rest = text
        self.marks = marks
        self.last = ""

    def look(self) -> str:
        """``number``, ``word``, one of the marks, "" at the end, ``?`` for what is no token."""
        if not self.rest:
            return ""
        found = re.match(r"\d+|[A-Za-z][A-Za-z0-9]*|.", self.rest, re.DOTALL)
        assert found is not None
        self.last = found[0]
        if self.last[0].isdecimal():
            return "number"
        if self.last[0].isalpha():
            return "word"
        return self.last if self.last in self.marks else "?"

    def eat(self) -> None:
        self.rest = self.rest[len(self.last) :]

    def take(self, mark: str) -> bool:
        """Go past *mark* if it is next."""
        if self.look() != mark:
            return False
        self.eat()
        return True

    def number(self, least: int, most: int, what: str) -> int:
        if self.look() != "number":
            raise BadCalendar(f'"{self.last}" is not a {what}')
        value = int(self.last)
        self.eat()
        if not least <= value <= most:
            raise BadCalendar(f'"{self.last}" outside of range {least}-{most} of {what}')
        return value


def _check(text: str, marks: str, entry: Callable[[_Words], None], rest: str) -> None:
    if text.lower() == "none":
        return
    words = _Words(text, marks)
    entry(words)
    while words.take(" "):
        while words.take(" "):
            pass
        entry(words)
    if words.look():
        raise BadCalendar(rest.format(words.last))


def _one_of(word: str, known: Sequence[str]) -> int | None:
    """The number of the word that *word* begins, with three letters at least."""
    for number, name in enumerate(known):
        if name == word.lower() or (len(word) >= 3 and name.startswith(word.lower())):
            return number
    return None


def _year_entry(words: _Words) -> None:
    if words.look() == "number":
        _list(words, _date_range)
        if not words.take("="):
            return
    _times_and_state(words)


def _week_entry(words: _Words) -> None:
    if words.look() == "word" and _one_of(words.last, _STATES) is None:
        _list(words, _weekday_range)
        if not words.take("="):
            return
    _times_and_state(words)


def _times_and_state(words: _Words) -> None:
    if words.look() == "number":
        _list(words, _time_range)
        if not words.take("="):
            return
    if words.look() != "word":
        raise BadCalendar(_NO_STATE)
    if _one_of(words.last, _STATES) is None:
        raise BadCalendar(f'"{words.last}" is not a state specifier')
    words.eat()


def _list(words: _Words, one: Callable[[_Words], None]) -> None:
    one(words)
    while words.take(","):
        one(words)


def _date_range(words: _Words) -> None:
    first = _date(words)
    if words.take("-") and first > _date(words):
        raise BadCalendar("first yearday in range must be before second yearday")


def _date(words: _Words) -> tuple[int, int, int]:
    day = words.number(1, 31, "day")
    if not words.take("."):
        raise BadCalendar('missing "." after day')
    if words.look() == "word":
        named = _one_of(words.last, _MONTHS)
        if named is None:
            raise BadCalendar("")
        month = named + 1
        words.eat()
    else:
        month = words.number(1, 12, "month")
    if not words.take("."):
        raise BadCalendar('missing "." after month')
    return words.number(1970, 2037, "year"), month, day


def _weekday_range(words: _Words) -> None:
    first = _weekday(words)
    if words.take("-") and first == _weekday(words):
        raise BadCalendar("found useless weekday range")


def _weekday(words: _Words) -> int:
    if words.look() != "word":
        raise BadCalendar("expected string for weekday")
    day = _one_of(words.last, _DAYS)
    if day is None:
        raise BadCalendar(f'"{words.last}" is not a weekday')
    words.eat()
    return day


def _time_range(words: _Words) -> None:
    first = _time(words)
    if not words.take("-"):
        raise BadCalendar("missing '-' in daytime range")
    if first == _time(words):
        raise BadCalendar("range begin is equal to end - use 0-24 instead")


def _time(words: _Words) -> tuple[int, int, int]:
    hour, minute, second = words.number(0, 24, "hour specification"), 0, 0
    if words.take(":"):
        minute = words.number(0, 59, "minute specification")
        if words.take(":"):
            second = words.number(0, 59, "seconds specification")
    if hour == 24 and (minute or second):
        raise BadCalendar("daytimes may not be beyond 24:00")
    return hour, minute, second
