"""YAML files read strictly, with the line of each value, and the one error that a person sees.

Read from the parser's events, so that nothing but mappings, lists, texts, numbers, true/false and null can come out of
a file: no tags, no objects, no dates, no ``yes`` and ``no``, no base-60 numbers (``4:00:00`` stays a text). Size, depth
and what aliases may expand to are bounded; a key given twice is refused.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

__all__ = ["BadFile", "Document", "Path_", "parse_yaml", "read_yaml"]

MAX_BYTES = 1_000_000
MAX_DEPTH = 24
MAX_VALUES = 50_000

Path_ = tuple[str | int, ...]
"""Where a value stands in a document: keys and list positions from the top."""

# What both YAML 1.1 and 1.2 read as these: nothing that one of them would take for a text.
_INTEGER = re.compile(r"[-+]?(?:0|[1-9]\d{0,17})", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:0|[1-9]\d*)\.\d*(?:[eE][-+]\d{1,3})?", re.ASCII)
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class BadFile(Exception):
    """What a user wrote is wrong: *what*, *where* (``file:line``), the cure (*fix*). ``str()`` is the line to show."""

    def __init__(self, what: str, where: str, fix: str) -> None:
        self.what, self.where, self.fix = (" ".join(text.split()) for text in (what, where, fix))
        super().__init__(self.what, self.where, self.fix)

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.where, self.what))) + (f"; {self.fix}" if self.fix else "")


@dataclass
class Document:
    """The *data* of a file and the line of each of its values; *name* is the file's name as errors show it."""

    data: Any
    name: str
    lines: dict[Path_, int] = field(default_factory=dict)
    replaced: dict[Path_, str] = field(default_factory=dict)

    def where(self, *path: str | int) -> str:
        """``file:line`` of the value at *path*, or of the nearest one around it."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.replaced:
                return self.replaced[path[:end]]
            if path[:end] in self.lines:
                return f"{self.name}:{self.lines[path[:end]]}"
        return self.name

    def bad(self, path: Sequence[str | int], what: str, fix: str) -> BadFile:
        """The error that points to the value at *path*."""
        return BadFile(what, self.where(*path), fix)


def read_yaml(path: str | Path) -> Document:
    """Read the YAML file at *path*; raises `BadFile`."""
    try:
        with Path(path).open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadFile(f"can't be read: {error.strerror}", str(path), "give the path of a readable YAML file") from None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise BadFile("is not UTF-8 text", str(path), "save it as UTF-8") from None
    return parse_yaml(text, str(path))


def parse_yaml(text: str, name: str) -> Document:
    """Read YAML *text*; *name* is what errors call it. Raises `BadFile`."""
    if len(text) > MAX_BYTES:
        raise BadFile(f"is larger than {MAX_BYTES:,} bytes", name, "describe the hosts in groups instead of one by one")
    document = Document(None, name)
    try:
        _Reader(document, yaml.parse(text, Loader=yaml.SafeLoader)).read()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}:{mark.line + 1}" if mark else name
        raise BadFile(f"is not YAML: {error.problem or error.context}", where, "correct the YAML there") from None
    except yaml.YAMLError as error:
        raise BadFile(f"is not YAML: {error}", name, "remove what isn't plain text") from None
    return document


class _Reader:
    """Builds plain values from the parser's events, counting what they expand to."""

    def __init__(self, document: Document, events: Iterator[yaml.Event]) -> None:
        self.document = document
        self.events = events
        self.values = 0
        self.anchors: dict[str, tuple[Any, int]] = {}

    def read(self) -> None:
        event = next(self.events)
        while isinstance(event, (yaml.StreamStartEvent, yaml.DocumentStartEvent)):
            event = next(self.events)
        if isinstance(event, yaml.StreamEndEvent):
            self.document.lines[()] = 1
            return
        self.document.data = self.value(event, ())
        if not isinstance(next(self.events), yaml.DocumentEndEvent) or not isinstance(
            next(self.events), yaml.StreamEndEvent
        ):
            raise BadFile("holds several documents", self.document.name, "keep one document in a file")

    def value(self, event: yaml.Event, path: Path_) -> Any:
        line = _line(event)
        self.document.lines.setdefault(path, line)
        if len(path) > MAX_DEPTH:
            raise self.refused(line, f"is nested deeper than {MAX_DEPTH} levels", "nest less")
        self.count(line, 1)
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, line)
        assert isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent))
        if event.tag not in (None, "!"):
            raise self.refused(line, f"the tag {event.tag} isn't allowed", "write a plain value")
        before = self.values
        if isinstance(event, yaml.ScalarEvent):
            value = self.scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self.sequence(path)
        else:
            value = self.mapping(path)
        if event.anchor:
            self.anchors[event.anchor] = (value, self.values - before + 1)
        return value

    def alias(self, event: yaml.AliasEvent, line: int) -> Any:
        if event.anchor not in self.anchors:
            raise self.refused(
                line, f"the alias *{event.anchor} has no finished anchor before it", f"define &{event.anchor} first"
            )
        value, size = self.anchors[event.anchor]
        self.count(line, size)
        return copy.deepcopy(value)

    def scalar(self, event: yaml.ScalarEvent) -> Any:
        text = str(event.value)
        if not event.implicit[0] or event.style:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
        return text

    def sequence(self, path: Path_) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.value(event, (*path, len(items))))
        return items

    def mapping(self, path: Path_) -> dict[str, Any]:
        items: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            line = _line(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise self.refused(line, "a key must be a name", "write `name: value`")
            key = str(event.value)
            if key in items:
                first = self.document.lines[(*path, key)]
                raise self.refused(line, f"the key {key!r} is there twice", f"remove it here or in line {first}")
            self.document.lines[(*path, key)] = line
            items[key] = None
            items[key] = self.value(next(self.events), (*path, key))
        merged = items.pop("<<", {})
        if not isinstance(merged, dict):
            line = self.document.lines[(*path, "<<")]
            raise self.refused(
                line, "<< must be followed by a mapping", "write `<<: *name` with the anchor &name on a mapping"
            )
        return merged | items

    def count(self, line: int, values: int) -> None:
        self.values += values
        if self.values > MAX_VALUES:
            raise self.refused(
                line, f"expands to more than {MAX_VALUES:,} values", "use fewer aliases and groups with a count"
            )

    def refused(self, line: int, what: str, fix: str) -> BadFile:
        return BadFile(what, f"{self.document.name}:{line}", fix)


def _line(event: yaml.Event) -> int:
    assert event.start_mark is not None
    return int(event.start_mark.line) + 1
