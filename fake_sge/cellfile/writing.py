"""The text of a cell file: a subject a block, an object a line where it fits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

__all__ = ["cell_text"]

_WIDTH = 120


def cell_text(data: dict[str, Any], comment: str = "") -> str:
    """*data* (the keys of `CellDescription`) as YAML, after the lines of *comment*."""
    head = "".join(f"# {line}".rstrip() + "\n" for line in comment.splitlines())
    return head + "".join(f"{line}\n" for key, value in data.items() for line in _subject(key, value))


def _subject(key: str, value: Any) -> Iterator[str]:
    line = f"{key}: {_flow(value)}"
    if not isinstance(value, (dict, list)) or (len(line) <= _WIDTH and not _deep(value)):
        yield line
        return
    yield f"{key}:"
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _entry(f"  {_flow(name)}:", one, "    ")
    else:
        for one in value:
            yield from _entry("  -", one, "    ")


def _entry(start: str, value: Any, indent: str) -> Iterator[str]:
    """On one line if it fits, else a line for each of its keys."""
    line = f"{start} {_flow(value)}" if value is not None else start
    if len(line) <= _WIDTH or not isinstance(value, dict):
        yield line
        return
    lines = [f"{_flow(key)}: {_flow(one)}" for key, one in value.items()]
    if start.endswith("-"):
        yield f"{start} {lines.pop(0)}"
    else:
        yield start
    for one in lines:
        yield indent + one


def _deep(value: dict[str, Any] | list[Any]) -> bool:
    inside = value.values() if isinstance(value, dict) else value
    return any(isinstance(one, (dict, list)) or one is None for one in inside)


def _flow(value: Any) -> str:
    if value is None:
        return ""
    plain = list(value) if isinstance(value, list) else value
    text = yaml.safe_dump(plain, default_flow_style=True, sort_keys=False, width=10**9, allow_unicode=True)
    return text.removesuffix("\n...\n").rstrip("\n")
