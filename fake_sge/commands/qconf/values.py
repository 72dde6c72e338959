"""What the values of attributes may be: each kind reads what was typed and gives the text that the cell keeps."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fake_sge.core.resources import NotAValue, parse_value

__all__ = [
    "BOOL",
    "FACTORS",
    "LOOSE_PAIRS",
    "MEMORY",
    "NAMES",
    "NUMBER",
    "PAIRS",
    "TEXT",
    "TIME",
    "BadValue",
    "ValueKind",
    "changed_list",
    "elements",
    "words",
]

NONE = "NONE"


class BadValue(ValueError):
    """What is wrong with a value, in SGE's words."""


@dataclass(frozen=True, slots=True)
class ValueKind:
    """*read* gives the text that is kept, or raises `BadValue`. A list's elements are joined by *joint*.

    An element of a list is known by what stands before its first ``=``.
    """

    read: Callable[[str], str]
    joint: str = ""

    @property
    def is_list(self) -> bool:
        return bool(self.joint)


def elements(text: str, joint: str) -> list[str]:
    """The elements of a list that was read; none for NONE."""
    return [] if text.upper() == NONE else [entry for entry in text.split(joint) if entry]


def words(text: str) -> list[str]:
    """Names, however they are separated; none for NONE."""
    found = re.split(r"[\s,]+", text.strip())
    return [] if [name.upper() for name in found] == [NONE] else [name for name in found if name]


def _text(text: str) -> str:
    return text


def _number(text: str) -> str:
    if re.fullmatch(r"-\d+(\.\d*)?|\d+\.\d*", text):
        raise BadValue(f'"{text}" is not an u_long32 value')
    if not re.fullmatch(r"\d+", text):
        raise BadValue(f'error parsing unsigned long value from string "{text}"')
    return str(int(text))


def _of_type(type_: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        try:
            parse_value(type_, text)
        except NotAValue:
            raise BadValue(f'error parsing value "{text}"') from None
        return text

    return read


def _bool(text: str) -> str:
    try:
        return "TRUE" if parse_value("BOOL", text) else "FALSE"
    except NotAValue:
        raise BadValue(f'error parsing value "{text}"') from None


def _names(text: str) -> str:
    return " ".join(dict.fromkeys(words(text))) or NONE


def _pairs(text: str) -> str:
    found = words(text)
    if any("=" not in entry for entry in found):
        raise BadValue(f'error parsing value "{text}"')
    return ",".join(found) or NONE


def _loose_pairs(text: str) -> str:
    return ",".join(words(text)) or NONE


def _factors(text: str) -> str:
    """Load and usage scaling: names with decimal numbers."""
    found = []
    for entry in words(text):
        name, _, value = entry.partition("=")
        try:
            found.append(f"{name}={float(value or 0):f}")
        except ValueError:
            raise BadValue(f'error parsing value "{text}"') from None
    return ",".join(found) or NONE


TEXT = ValueKind(_text)
NUMBER = ValueKind(_number)
TIME = ValueKind(_of_type("TIME"))
MEMORY = ValueKind(_of_type("MEMORY"))
BOOL = ValueKind(_bool)
NAMES = ValueKind(_names, " ")
PAIRS = ValueKind(_pairs, ",")
LOOSE_PAIRS = ValueKind(_loose_pairs, ",")
FACTORS = ValueKind(_factors, ",")


def changed_list(
    before: Sequence[str], given: Sequence[str], action: str, attribute: str, name: str
) -> tuple[list[str], list[str]]:
    """A list after -aattr, -mattr, -dattr or -rattr (*action* a, m, d, r) with *given* elements, and what is said."""
    if action == "r":
        return list(given), []
    key = _key
    there = {key(entry) for entry in before}
    new = [entry for entry in given if key(entry) not in there]
    after, said = list(before), []
    if action == "d":
        gone = {key(entry) for entry in given}
        said = [f'"{key(entry)}" does not exist in "{attribute}" of "{name}"' for entry in new]
        return [entry for entry in before if key(entry) not in gone], said
    if action == "a":
        known = next((entry for entry in given if key(entry) in there), None)
        if known is not None:
            return after, [f'No modification because "{key(known)}" already exists in "{attribute}" of "{name}"']
        return after + new, []
    for entry in given:
        if key(entry) in there and entry not in after:
            after = [*(other for other in after if key(other) != key(entry)), entry]
    if not before and new:
        return new, [f'"{attribute}" of "{name}" is empty - Adding new element(s).']
    return after + new, [f'Unable to find "{key(e)}" in "{attribute}" of "{name}" - Adding new element.' for e in new]


def _key(entry: str) -> str:
    return entry.partition("=")[0]
