"""What is wrong in a description, with its place and its cure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fake_sge.cellfile.document import Path_
from fake_sge.cellfile.strict import one_of

__all__ = ["Problem", "checked", "unknown"]


@dataclass(frozen=True)
class Problem:
    """*what* is wrong at *path* of the description, and the *fix*."""

    path: Path_
    what: str
    fix: str


def unknown(path: Path_, what: str, names: Iterable[str], known: Collection[str]) -> Iterator[Problem]:
    """Those of *names* at *path* that aren't among the *known* ones; *what* they name."""
    for name in names:
        if name not in known:
            yield Problem(path, f"there is no {what} {name!r}", one_of(known, name))


def checked(path: Path_, check: Callable[[Any], object], value: object) -> Iterator[Problem]:
    """What *check* finds wrong with *value*: it raises `ValueError` with ``what; fix``."""
    try:
        check(value)
    except ValueError as error:
        what, _, fix = str(error).partition("; ")
        yield Problem(path, what, fix or "correct the value")
