"""Names in files: which are allowed, and patterns that make many of one."""

from __future__ import annotations

import re
import zoneinfo
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

__all__ = ["Entry", "HostName", "Name", "Pattern", "Scalar", "Text", "TimeZone", "expand_names", "scalar_text"]

_NUMBER = re.compile(r"\{n(?::0?(\d)d)?\}")

Scalar = bool | int | float | str
"""A value whose text SGE keeps as it is."""


def expand_names(pattern: str, count: int, first: int = 1, group: str = "") -> list[str]:
    """*count* names made of *pattern*: ``{n}`` or ``{n:03d}`` is the number, ``{group}`` the group's name."""
    return [
        _NUMBER.sub(lambda found, n=n: str(n).zfill(int(found[1] or 0)), pattern).replace("{group}", group)  # type: ignore[misc]
        for n in range(first, first + count)
    ]


def scalar_text(value: Scalar) -> str:
    """The text of *value* as SGE writes it: ``TRUE``, ``2G``, ``0.5``."""
    return str(value).upper() if isinstance(value, bool) else str(value)


def _pattern(text: str) -> str:
    plain = _NUMBER.sub("1", text).replace("{group}", "g")
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]{0,100}", plain):
        raise ValueError(f"{text!r} makes no names; write one like node{{n:03d}}")
    return text


def _text(text: str) -> str:
    if not text.isprintable() or len(text) > 1000:
        raise ValueError(f"{text[:40]!r} holds characters that can't be printed; keep it to one line of plain text")
    return text


def _time_zone(name: str) -> str:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is not a time zone; write one like Europe/London") from None
    return name


TimeZone = Annotated[str, AfterValidator(_time_zone)]
"""The name of a time zone."""

Text = Annotated[str, AfterValidator(_text)]
"""One line of printable text."""

Pattern = Annotated[str, AfterValidator(_pattern)]
"""A pattern for `expand_names`."""

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,100}$")]
"""The name of an object of the cell."""

HostName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,200}$")]

Entry = Annotated[str, StringConstraints(pattern=r"^@?[A-Za-z_][A-Za-z0-9_.-]{0,100}$")]
"""A user of an access list, or ``@group``."""
