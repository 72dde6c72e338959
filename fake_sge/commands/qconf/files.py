"""Reading the files that qconf(1) takes: one attribute a line, its name, a blank, its value.

Lines go on after a backslash, ``#`` starts a comment, runs of blanks are one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fake_sge.core.config import Attributes

__all__ = ["BadFile", "parse_object"]

_CONTINUED = re.compile(r"(,?)[ \t\r]*\\[ \t\r]*\n[ \t\r]*")
_COMMENT = re.compile(r"(?:^|(?<=[\s,;:|={}\[\]]))#[^\n]*", re.MULTILINE)
_NAME = re.compile(r"[a-zA-Z0-9_/.#$-]+")


class BadFile(ValueError):
    """What can't be read; the text is one line."""


def parse_object(text: str, fields: Sequence[str], *, complete: bool = True, blank: str = " ") -> Attributes:
    """The attributes of an object, in the order of *fields*; all of them must be there if it is to be *complete*.

    *blank* is what stands between name and value. Raises `BadFile`.
    """
    found: Attributes = {}
    for number, line in enumerate(_lines(text), 1):
        if not line:
            continue
        named = _NAME.match(line)
        if named is None:
            raise BadFile(f"line {number} should begin with an attribute name")
        name = named[0]
        if name not in fields:
            raise BadFile(f'unknown attribute name "{name}"')
        rest = line[named.end() :]
        if not rest.startswith(blank):
            raise BadFile(
                f'"{blank}" is the only character allowed between the attribute name and the value in line {number}'
            )
        if name in found:
            raise BadFile(f'attribute "{name}" appears more than once')
        found[name] = rest[len(blank) :].strip()
    missing = [name for name in fields if name not in found]
    if complete and missing:
        raise BadFile(f'required attribute "{missing[0]}" is missing')
    return {name: found[name] for name in fields if name in found}


def _lines(text: str) -> list[str]:
    joined = _CONTINUED.sub(lambda met: met[1] or " ", text.replace("\r\n", "\n"))
    bare = _COMMENT.sub("", joined)
    return [re.sub(r"[ \t\r]+", " ", line).strip() for line in bare.split("\n")]
