"""Quantities as people write them in files: ``4h``, ``1h30m``, ``4:00:00``, ``64G``, ``90%``.

Durations are seconds, memory is bytes with SGE's own multipliers (``K M G T`` are powers of 1024, ``k m g t`` of 1000),
fractions are numbers from 0 to 1. ``INFINITY`` is a quantity too.
"""

from __future__ import annotations

import math
import re
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from fake_sge.core import resources

__all__ = [
    "Duration",
    "Fraction",
    "Memory",
    "clock",
    "format_duration",
    "format_memory",
    "parse_duration",
    "parse_fraction",
    "parse_memory",
]

_NUMBER = r"(?:\d+(?:\.\d*)?|\.\d+)"
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_LONGEST_S = 1e10
_PART = re.compile(rf"({_NUMBER})(ms|[smhdw])", re.ASCII)
_PARTS = re.compile(rf"(?:{_NUMBER}(?:ms|[smhdw]))+", re.ASCII)
_CLOCK = re.compile(r"(\d+):(\d{1,2}):(\d{1,2})", re.ASCII)
_MEMORY = re.compile(r"\d{1,18}(?:\.\d{0,18})?[kKmMgGtT]?|(?i:infinity|inf)", re.ASCII)


def parse_duration(value: object) -> float:
    """Seconds of a number (seconds), ``15s``, ``1h30m``, ``4:00:00`` or ``INFINITY``; raises `ValueError`."""
    seconds = _seconds(value)
    if seconds is None or not (0 <= seconds <= _LONGEST_S or seconds == math.inf):
        raise ValueError(f"{_shown(value)} is not a duration; write one like 15s, 1h30m, 96h or 4:00:00")
    return seconds


def _seconds(value: object) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    text = value.strip() if isinstance(value, str) and len(value) < 64 else ""
    if text.lower() in ("infinity", "inf"):
        return math.inf
    if re.fullmatch(_NUMBER, text, re.ASCII):
        return float(text)
    if _PARTS.fullmatch(text):
        return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
    if found := _CLOCK.fullmatch(text):
        hours, minutes, seconds = map(int, found.groups())
        return float(hours * 3600 + minutes * 60 + seconds)
    return None


def format_duration(seconds: float) -> str:
    """The shortest text that `parse_duration` reads as *seconds*: ``96h``, ``1h30m``, ``0.5s``."""
    if math.isinf(seconds):
        return "INFINITY"
    if seconds != int(seconds) or seconds == 0:
        return f"{seconds:.6f}".rstrip("0").rstrip(".") + "s"
    hours, rest = divmod(int(seconds), 3600)
    minutes, left = divmod(rest, 60)
    return "".join(f"{number}{unit}" for number, unit in ((hours, "h"), (minutes, "m"), (left, "s")) if number)


def clock(seconds: float, *, padded: bool = True) -> str:
    """SGE's text of a time: ``04:00:00``, or ``4:0:0`` (as sched_conf(5) is printed), or ``INFINITY``."""
    if math.isinf(seconds):
        return "INFINITY"
    hours, rest = divmod(int(seconds), 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours:02d}:{minutes:02d}:{left:02d}" if padded else f"{hours}:{minutes}:{left}"


def parse_memory(value: object) -> float:
    """Bytes of a number (bytes), ``64G``, ``512M`` or ``INFINITY``; raises `ValueError`."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= math.inf:
        return float(value)
    if isinstance(value, str) and _MEMORY.fullmatch(value):
        return resources.parse_memory(value)
    raise ValueError(f"{_shown(value)} is not an amount of memory; write one like 512M, 2G or 1.5T")


def format_memory(size: float) -> str:
    """SGE's text of *size* bytes in the largest unit that divides it: ``64G``, ``1536M``, ``INFINITY``."""
    if math.isinf(size):
        return "INFINITY"
    for power, letter in zip((4, 3, 2, 1), "TGMK", strict=True):
        if size and size % 1024**power == 0:
            return f"{int(size // 1024**power)}{letter}"
    return f"{size:.0f}"


def parse_fraction(value: object) -> float:
    """A number from 0 to 1, written as ``0.9`` or ``90%``; raises `ValueError`."""
    fraction: float | None = None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        fraction = float(value)
    elif isinstance(value, str) and (found := re.fullmatch(rf"({_NUMBER})\s*(%?)", value.strip())):
        fraction = float(found[1]) / (100 if found[2] else 1)
    if fraction is None or not 0 <= fraction <= 1:
        raise ValueError(f"{_shown(value)} is not a fraction; write one like 0.3 or 30%")
    return fraction


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _plain(value: float) -> Any:
    return int(value) if math.isfinite(value) and value == int(value) else value


Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": ["string", "number"], "description": "a duration: 15s, 1h30m, 96h, 4:00:00, or seconds"}),
]
Memory = Annotated[
    float,
    BeforeValidator(parse_memory),
    PlainSerializer(format_memory, return_type=str),
    WithJsonSchema({"type": ["string", "number"], "description": "an amount of memory: 512M, 2G, or bytes"}),
]
Fraction = Annotated[
    float,
    BeforeValidator(parse_fraction),
    PlainSerializer(_plain),
    WithJsonSchema({"type": ["string", "number"], "description": "a fraction: 0.3 or 30%"}),
]
