"""What objects may be called, and where a name is used: an object that others refer to can't be removed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from fake_sge.commands.qconf.call import Refused
from fake_sge.core import Cell
from fake_sge.core.config import Attributes

__all__ = ["check_lists", "check_name", "holders", "name_problem", "queue_with"]

_FIRST = {".": "Dot", "#": "Hash"}
_ANYWHERE = {
    "\n": "Return",
    "\t": "Tab",
    "\r": "Carriage return",
    " ": "Space",
    "/": "Slash",
    ":": "Colon",
    "'": "Quote",
    '"': "Double quote",
    "\\": "Backslash",
    "[": "Brackets",
    "]": "Brackets",
    "{": "Braces",
    "}": "Braces",
    "|": "Pipe",
    "(": "Parenthesis",
    ")": "Parenthesis",
    "@": "At",
    "%": "Percent",
    ",": "Comma",
}
_KEYWORDS = ("NONE", "ALL", "TEMPLATE")


def name_problem(name: str) -> str | None:
    """What is wrong with *name* as an object's name, in SGE's words: sge_types(5), ``object_name``."""
    if name[:1] in _FIRST:
        return f"{_FIRST[name[0]]} ('{name[0]}') not allowed as first character of objectname"
    for character, called in _ANYWHERE.items():
        if character in name:
            shown = f" ('{character}')" if character.isprintable() else ""
            return f"{called}{shown} not allowed in objectname"
    if name.upper() in _KEYWORDS:
        return f'Keyword ("{name.upper()}") not allowed as objectname'
    return None


def check_name(name: str) -> None:
    """Raises `Refused` for what can't be an object's name."""
    problem = name_problem(name)
    if problem is not None:
        raise Refused(problem)


def check_lists(cell: Cell, given: Attributes, allowed: str, refused: str, what: str, name: str) -> None:
    """The access lists of an object must be there, and none may stand for and against. Raises `Refused`."""
    wanted, unwanted = ([word for word in given[key].split() if word.upper() != "NONE"] for key in (allowed, refused))
    for one in (*wanted, *unwanted):
        if one not in cell.config.access_lists:
            raise Refused(f'Userset "{one}" does not exist')
    for one in wanted:
        if one in unwanted:
            raise Refused(f'denied: multiple occurrences of userset "{one}" in {what} "{name}"')


def queue_with(cell: Cell, attribute: str, name: str) -> str | None:
    """The first queue that has *name* in that attribute, on any host."""
    return next(holders(cell.config.queues, attribute, name), None)


def holders(objects: Mapping[str, Attributes], attribute: str, name: str) -> Iterator[str]:
    """The *objects* that have *name* in that attribute."""
    for known, texts in objects.items():
        if name in _listed(texts.get(attribute, "NONE")):
            yield known


def _listed(text: str) -> Iterable[str]:
    """The names in a list; overrides by host (``smp,[node1=mpi]``) count."""
    return [word for word in re.split(r"[\s,\[\]=]+", text) if word and word.upper() != "NONE"]
