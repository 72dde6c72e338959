"""``-binding`` of submit(1): read, checked and shown, but nothing is bound."""

from __future__ import annotations

import re
from itertools import pairwise

from fake_sge.commands.options import OptionError

__all__ = ["parse_binding"]

_AMOUNT = r"(?::(?P<amount>\d+|slots))"
_START = r"(?::\d+,\d+)?"
_LINEAR = re.compile(rf"linear{_AMOUNT}?{_START}$", re.ASCII)
_STRIDING = re.compile(rf"striding{_AMOUNT}:\d+{_START}$", re.ASCII)
_PAIR = re.compile(r"\d+,\d+$", re.ASCII)


def parse_binding(words: tuple[str, ...]) -> str:
    """The binding as ``qstat -j`` shows it: ``set linear:2:0,0``. Raises `OptionError`."""
    kind, strategy = words if len(words) == 2 else ("set", words[0])
    name = strategy.partition(":")[0]
    if name == "linear":
        return f"{kind} {_linear(strategy)}"
    if name == "striding":
        if not _STRIDING.match(strategy):
            raise _wrong("couldn't parse amount (striding)")
        return f"{kind} {strategy}"
    if name == "explicit":
        return f"{kind} {_explicit(strategy)}"
    raise _wrong("couldn't parse binding parameter (no strategy found)")


def _linear(strategy: str) -> str:
    if not _LINEAR.match(strategy):
        raise _wrong("couldn't parse amount (linear)")
    return "linear:slots" if strategy == "linear" else strategy


def _explicit(strategy: str) -> str:
    pairs = strategy.split(":")[1:]
    if not pairs:
        raise _wrong("'explicit:' not found in string!")
    if not all(_PAIR.match(pair) for pair in pairs):
        raise _wrong("couldn't parse <socket>,<core> list")
    if any(one == other for one, other in pairwise(sorted(pairs))):
        raise _wrong("<socket,core> pairs are not unique!")
    return strategy


def _wrong(reason: str) -> OptionError:
    return OptionError(f"-binding option contains errors: {reason}")
