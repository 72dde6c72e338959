"""Reading the files that qconf(1) takes: one attribute a line, its name, a blank, its value.

Lines go on after a backslash, ``#`` starts a comment, runs of blanks are one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from fake_sge.commands.qconf.values import BadValue, ValueKind
from fake_sge.core.config import Attributes

__all__ = ["BadFile", "parse_object"]

_CONTINUED = re.compile(r"(,?)[ \t\r]*\\[ \t\r]*\n[ \t\r]*")
_COMMENT = re.compile(r"(?:^|(?<=[\s,;:|={}\[\]]))#[^\n]*", re.MULTILINE)
_NAME = re.compile(r"[a-zA-Z0-9_/.#$-]+")


class BadFile(ValueError):
    """What can't be read: *lines* to be said. *form* if it is the form of the file that is wrong, not a value in it."""

    def __init__(self, *lines: str, form: bool = True) -> None:
        super().__init__(lines[0])
        self.lines = lines
        self.form = form


def parse_object(
    text: str,
    fields: Sequence[str],
    kinds: Mapping[str, ValueKind] | None = None,
    *,
    complete: bool = True,
    read: Callable[[ValueKind, str], str] = lambda kind, value: kind.read(value),
) -> Attributes:
    """The attributes of an object, in the order of *fields*; all of them must be there if it is to be *complete*.

    *kinds* says what values must be like; *read* reads one. Raises `BadFile`.
    """
    found: Attributes = {}
    for number, line in enumerate(_lines(text), 1):
        if not line:
            continue
        name, value = _attribute(line, number)
        if name not in fields:
            raise BadFile(f'unknown attribute name "{name}"')
        if name in found:
            raise BadFile(f'attribute "{name}" appears more than once')
        try:
            found[name] = read(kinds[name], value) if kinds and name in kinds else value
        except BadValue as bad:
            raise BadFile(*map(str, bad.args), form=False) from None
    missing = [name for name in fields if name not in found]
    if complete and missing:
        raise BadFile(f'required attribute "{missing[0]}" is missing')
    return {name: found[name] for name in fields if name in found}


def _attribute(line: str, number: int) -> tuple[str, str]:
    named = _NAME.match(line)
    if named is None:
        raise BadFile(f"line {number} should begin with an attribute name")
    rest = line[named.end() :]
    if not rest.startswith(" "):
        raise BadFile(f'" " is the only character allowed between the attribute name and the value in line {number}')
    return named[0], rest.strip()


def _lines(text: str) -> list[str]:
    joined = _CONTINUED.sub(lambda met: met[1] or " ", text.replace("\r\n", "\n"))
    bare = _COMMENT.sub("", joined)
    return [re.sub(r"[ \t\r]+", " ", line).strip() for line in bare.split("\n")]
