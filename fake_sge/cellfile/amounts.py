"""Complexes and what is said with them: capacities, thresholds, load adjustments, the load formula."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from fake_sge.cellfile import defaults
from fake_sge.cellfile.description import CellDescription, ComplexDescription, GlobalHost, HostGroup
from fake_sge.cellfile.document import Path_
from fake_sge.cellfile.names import Scalar, scalar_text
from fake_sge.cellfile.problem import Problem, unknown
from fake_sge.cellfile.queues import QueueDescription
from fake_sge.core import resources

__all__ = ["amount_problems", "complex_types"]

_CONSUMABLE = ("INT", "DOUBLE", "MEMORY", "TIME", "BOOL")
_NUMBER = r"\d+(?:\.\d+)?"
_TERM = rf"(?:{_NUMBER}|\$?[A-Za-z_]\w*(?:\*{_NUMBER})?)"
_FORMULA = re.compile(rf"-?{_TERM}(?:[+-]{_TERM})*")
"""``load_formula`` of sched_conf(5): complexes, each with a weight, and numbers, added up."""


def complex_types(cell: CellDescription) -> dict[str, str]:
    """The type of every complex of *cell*, built-in ones included."""
    types = {one.name: one.type for one in defaults.complexes().values()}
    return types | {name: one.type for name, one in cell.complexes.items()}


def amount_problems(cell: CellDescription) -> Iterator[Problem]:
    """What is wrong with complexes, or with values and texts that use them."""
    types = complex_types(cell)
    shortcuts = {one.shortcut: one.name for one in defaults.complexes().values()}
    for name, one in cell.complexes.items():
        yield from _complex(("complexes", name), name, one, shortcuts)
    holders: list[tuple[Path_, GlobalHost | HostGroup | QueueDescription]] = []
    holders += [(("global_host",), cell.global_host)] if cell.global_host else []
    holders += [(("hosts", name), group) for name, group in cell.hosts.items()]
    holders += [(("queues", number), queue) for number, queue in enumerate(cell.queues)]
    for path, holder in holders:
        for key, value in holder.complex_values.items():
            if value is None:
                yield from unknown((*path, "complex_values", key), "complex", [key], types)
                continue
            yield from _pair((*path, "complex_values", key), key, value, types)
    for number, queue in enumerate(cell.queues):
        for key in ("load_thresholds", "suspend_thresholds"):
            yield from _pairs(("queues", number, key), getattr(queue, key), types)
    yield from _pairs(("scheduler", "job_load_adjustments"), cell.scheduler.job_load_adjustments, types)
    yield from _formula(("scheduler", "load_formula"), cell.scheduler.load_formula, types)


def _complex(path: Path_, name: str, one: ComplexDescription, shortcuts: dict[str, str]) -> Iterator[Problem]:
    shortcut = one.shortcut or name
    if (other := shortcuts.setdefault(shortcut, name)) != name:
        yield Problem(path, f"the shortcut {shortcut!r} is the one of {other} already", "give it another `shortcut`")
    if one.consumable and one.type not in _CONSUMABLE:
        yield Problem(path, f"a {one.type} can't be consumed", "make it INT, DOUBLE or MEMORY, or not consumable")
    if one.default is not None:
        yield from _value((*path, "default"), one.type, one.default)


def _pairs(path: Path_, text: str | None, types: Mapping[str, str]) -> Iterator[Problem]:
    """``np_load_avg=1.75,mem_free=1G``, or NONE."""
    for pair in re.split(r"[\s,]+", text or "NONE"):
        name, equals, value = pair.partition("=")
        if equals:
            yield from _pair(path, name, value, types)
        elif name.upper() != "NONE":
            yield Problem(path, f"{pair!r} is not COMPLEX=VALUE", "write it like np_load_avg=1.75, or NONE")


def _pair(path: Path_, name: str, value: Scalar, types: Mapping[str, str]) -> Iterator[Problem]:
    yield from unknown(path, "complex", [name], types)
    yield from _value(path, types.get(name, "STRING"), value)


def _value(path: Path_, type_: str, value: Scalar) -> Iterator[Problem]:
    text = scalar_text(value)
    if type_ not in resources.STRING_TYPES:
        try:
            resources.parse_value(type_, text)
        except resources.NotAValue as error:
            yield Problem(path, str(error), f"write a value of type {type_}")
    elif not text.isprintable() or any(mark in text for mark in ", =") or not text:
        yield Problem(path, f"{text!r} can't be a value", "write one word without commas and equal signs")


def _formula(path: Path_, text: str | None, types: Mapping[str, str]) -> Iterator[Problem]:
    if text is None or text.lower() == "none":
        return
    if not _FORMULA.fullmatch(text):
        yield Problem(path, f"{text!r} is not a load formula", "write it like np_load_avg or slots*2-cpu+1, no blanks")
    yield from unknown(path, "complex", re.findall(r"[A-Za-z_]\w*", text), types)
