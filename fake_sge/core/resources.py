"""Values of complex(5) attributes: parsing, printing, comparing.

Numbers are floats (seconds, bytes, counts, 1.0 and 0.0 for BOOL), infinity is `math.inf`; the string types stay texts.
"""

from __future__ import annotations

import math
import re
from fnmatch import fnmatchcase

__all__ = [
    "STRING_TYPES",
    "NotAValue",
    "compare",
    "format_memory",
    "format_time",
    "format_value",
    "matches",
    "matches_pattern",
    "parse_memory",
    "parse_time",
    "parse_value",
    "value_or_zero",
]

STRING_TYPES = ("STRING", "CSTRING", "HOST", "RESTRING")

_MULTIPLIERS = {
    "k": 1000.0,
    "m": 1000.0**2,
    "g": 1000.0**3,
    "t": 1000.0**4,
    "K": 1024.0,
    "M": 1024.0**2,
    "G": 1024.0**3,
    "T": 1024.0**4,
}
_INTEGER = re.compile(r"([+-]?(?:0[xX][0-9a-fA-F]+|\d+))([kKmMgGtT]?)\Z", re.ASCII)
_DECIMAL = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([kKmMgGtT]?)\Z", re.ASCII)
_TIME = re.compile(r"(\d*):(\d*):(\d*)\Z", re.ASCII)
_WORDS = {"INT": "integer", "MEMORY": "memory", "TIME": "time", "DOUBLE": "double", "BOOL": "boolean"}


class NotAValue(ValueError):
    """A text that isn't a value of the attribute's type. *kind* is SGE's word: integer, memory, time, double,
    boolean.
    """

    def __init__(self, type_: str, text: str) -> None:
        super().__init__(f"{text!r} is not a {_WORDS[type_]} value")
        self.kind = _WORDS[type_]
        self.text = text


def parse_value(type_: str, text: str) -> float:
    """The number that *text* stands for in an attribute of *type_*; raises `NotAValue`."""
    if text.lower() in ("infinity", "inf"):
        return math.inf
    if type_ == "BOOL":
        return _parse_bool(text)
    if type_ == "TIME" and ":" in text:
        return _parse_time(text)
    if text == "TRUE":
        return 1.0  # what a request without a value stands for
    found = _INTEGER.match(text) or _DECIMAL.match(text)
    if not found:
        raise NotAValue(type_, text)
    number, unit = found.groups()
    base = float(int(number, 16)) if "x" in number.lower() else float(number)
    return base * _MULTIPLIERS.get(unit, 1.0)


def _parse_time(text: str) -> float:
    found = _TIME.match(text)
    if not found or not text.strip(":"):
        raise NotAValue("TIME", text)
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return float(hours * 3600 + minutes * 60 + seconds)


def _parse_bool(text: str) -> float:
    lowered = text.lower()
    if lowered in ("1", "true", "t", "yes", "y"):
        return 1.0
    if lowered in ("0", "false", "f", "no", "n"):
        return 0.0
    raise NotAValue("BOOL", text)


def parse_memory(text: str) -> float:
    """Bytes: ``2G`` is 2 x 1024**3, ``2g`` 2 x 1000**3."""
    return parse_value("MEMORY", text)


def parse_time(text: str) -> float:
    """Seconds: ``h:m:s``, ``s`` or ``INFINITY``."""
    return parse_value("TIME", text)


def format_memory(value: float) -> str:
    """As ``qstat -F`` prints memory: ``56.000G``."""
    if math.isinf(value):
        return "infinity"
    for unit, size in (("T", 1024.0**4), ("G", 1024.0**3), ("M", 1024.0**2), ("K", 1024.0)):
        if abs(value) >= size:
            return f"{value / size:.3f}{unit}"
    return f"{value:.3f}"


def format_time(value: float) -> str:
    """As SGE prints durations: ``96:00:00``, ``infinity``."""
    if math.isinf(value):
        return "infinity"
    seconds = int(value)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def format_value(type_: str, value: float) -> str:
    """A number as SGE prints it in messages and load values; INT and DOUBLE with six decimals."""
    if type_ == "MEMORY":
        return format_memory(value)
    if type_ == "TIME":
        return format_time(value)
    if type_ == "BOOL":
        return "true" if value > 0 else "false"
    return "infinity" if math.isinf(value) else f"{value:f}"


def compare(relop: str, request: float, offer: float) -> bool:
    """``request RELOP offer`` of complex(5)."""
    match relop:
        case "<=":
            return request <= offer
        case ">=":
            return request >= offer
        case "<":
            return request < offer
        case ">":
            return request > offer
        case "!=":
            return request != offer
        case "EXCL":
            return True
    return request == offer


def matches(type_: str, relop: str, request: str, offer: str) -> bool:
    """Does the string request fit the offered string? Patterns with ``* ? [] | & ! ()`` are allowed in the request."""
    if type_ in ("CSTRING", "HOST"):
        request, offer = request.lower(), offer.lower()
    equal = matches_pattern(request, offer)
    return not equal if relop == "!=" else equal


def matches_pattern(pattern: str, text: str) -> bool:
    """An expression of sge_types(1): wildcards joined by ``|`` and ``&``, negated by ``!``, grouped by parentheses."""
    if not any(c in pattern for c in "*?[|&!()"):
        return pattern == text
    value, rest = _alternatives(pattern, text)
    return value and not rest


def _alternatives(pattern: str, text: str) -> tuple[bool, str]:
    value, rest = _conjunction(pattern, text)
    while rest.startswith("|"):
        other, rest = _conjunction(rest[1:], text)
        value = value or other
    return value, rest


def _conjunction(pattern: str, text: str) -> tuple[bool, str]:
    value, rest = _term(pattern, text)
    while rest.startswith("&"):
        other, rest = _term(rest[1:], text)
        value = value and other
    return value, rest


def _term(pattern: str, text: str) -> tuple[bool, str]:
    if pattern.startswith("!"):
        value, rest = _term(pattern[1:], text)
        return not value, rest
    if pattern.startswith("("):
        value, rest = _alternatives(pattern[1:], text)
        return value, rest.removeprefix(")")
    end = next((i for i, c in enumerate(pattern) if c in "|&)"), len(pattern))
    return fnmatchcase(text, pattern[:end]), pattern[end:]


def value_or_zero(type_: str, text: str) -> float:
    """The value of *text*, 0 where it isn't one."""
    try:
        return parse_value(type_, text)
    except NotAValue:
        return 0.0
