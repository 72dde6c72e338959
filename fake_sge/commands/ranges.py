"""Ranges as the q-programs read and show them: ``-t first-last:step``, ``-pe name 2-4,8``."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fake_sge.commands.options import ESYNTAX, Enough, OptionError
from fake_sge.core import TaskRange

__all__ = ["INFINITE_SLOTS", "parse_slots", "parse_tasks", "slot_range"]

INFINITE_SLOTS = 9999999
"""What an open end means."""

_NUMBER = re.compile(r"\s*([+-]?\d+)", re.ASCII)
_STEP = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)", re.ASCII)


def parse_tasks(text: str) -> TaskRange:
    """The one range of -t; ``1,3,5`` is one too. Raises `OptionError`, and `Enough` for an open end."""
    spans = _parse(text, steps=True, open_ended=False)
    if not spans:
        raise Enough
    if len(spans) == 1:
        return spans[0]
    ids = sorted({id_ for span in spans for id_ in range(span.first, span.last + 1, span.step)})
    step = ids[1] - ids[0] if len(ids) > 1 else 1
    if ids != list(range(ids[0], ids[-1] + 1, step)):
        raise OptionError("-t option only allows one range specification", ESYNTAX)
    return TaskRange(ids[0], ids[-1], step)


def parse_slots(text: str) -> list[TaskRange]:
    """The slot ranges of -pe in order, joined where they touch. Raises `OptionError`, and `Enough` for none."""
    if text == "-":
        return [TaskRange(1, 1), TaskRange(INFINITE_SLOTS, INFINITE_SLOTS)]
    spans = sorted(_parse(text, steps=False, open_ended=True), key=lambda span: span.first)
    if not spans:
        raise Enough
    joined = spans[:1]
    for span in spans[1:]:
        if span.first <= joined[-1].last + 1:
            joined[-1] = TaskRange(joined[-1].first, max(joined[-1].last, span.last))
        else:
            joined.append(span)
    return joined


def _parse(text: str, *, steps: bool, open_ended: bool) -> list[TaskRange]:
    spans: list[TaskRange] = []
    undefined = False
    for number, part in enumerate(word for word in re.split(r"[,\s]", text) if word):
        if number and undefined:
            raise _twice('unexpected range following "UNDEFINED"')
        try:
            span = _one(part, steps=steps, open_ended=open_ended)
        except OptionError as error:
            if number:
                raise _twice('unexpected "UNDEFINED" following range', error.text) from None
            raise
        if span is None:
            if number:
                raise _twice('unexpected "UNDEFINED" following range')
            undefined = True
        else:
            spans.append(span)
    return spans


def _twice(complaint: str, first: str = "") -> OptionError:
    """The library says it on its own, then the program does."""
    return OptionError(f"{first}\n{complaint}" if first else complaint, ESYNTAX, ahead=f"error: {complaint}\n")


def _one(text: str, *, steps: bool, open_ended: bool) -> TaskRange | None:
    """``n``, ``n-m``, ``n-m:s``, ``n-`` or ``-m``; None for what isn't defined.

    Any character is as good as the dash if a digit follows, as in 8.1.9.
    """
    if text.upper() == "UNDEFINED":
        return None
    from_one = text.startswith("-")
    if text == "-":
        return None
    first, rest = _number(text[1:] if from_one else text)
    if from_one:
        if rest or steps:
            raise _trailer(text, text[1:])
        return TaskRange(1, first)
    if not rest:
        return TaskRange(first, first)
    if not (rest[0] == "-" or rest[1:2].isdigit() or len(rest) == 1 or (steps and rest[0] == ":")):
        raise _trailer(text, rest)
    if len(rest) == 1:
        return TaskRange(first, INFINITE_SLOTS) if open_ended else None
    last, tail = _number(rest[1:])
    if tail and not (steps and tail[0] == ":"):
        raise _trailer(rest[1:], tail)
    step = _step(tail[1:]) if tail else 1
    return TaskRange(min(first, last), max(first, last), step)


def _number(text: str) -> tuple[int, str]:
    found = _NUMBER.match(text)
    if not found:
        raise _no_number(text)
    return int(found[1]), text[found.end() :]


def _step(text: str) -> int:
    found = _STEP.match(text)
    if not found:
        raise _no_number(text)
    number = float(found[1])
    if number <= 0:
        raise OptionError("Negative or zero step in range is not allowed", ESYNTAX)
    if number != int(number):
        raise _no_number(text)
    if text[found.end() :]:
        raise _trailer(text, text[found.end() :])
    return int(number)


def _no_number(text: str) -> OptionError:
    complaint = f'Numerical value invalid!\nThe initial portion of string "{text}" contains no decimal number'
    return OptionError(complaint, ESYNTAX)


def _trailer(text: str, rest: str) -> OptionError:
    return OptionError(f'Range specifier "{text}" has unknown trailer "{rest}"', ESYNTAX)


def slot_range(spans: Iterable[TaskRange]) -> str:
    """``4``, ``2,3``, ``2-4``, ``2-9999999``: two slots in a row aren't a range."""
    parts = []
    for span in spans:
        if span.last - span.first < 2:
            parts += [str(slots) for slots in range(span.first, span.last + 1)]
        else:
            parts.append(f"{span.first}-{span.last}")
    return ",".join(parts)
