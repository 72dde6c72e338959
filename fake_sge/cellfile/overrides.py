"""Values set from outside a file, by their dotted path: ``cell.scheduler.flush_submit_sec=0``."""

from __future__ import annotations

from typing import Any

from fake_sge.cellfile.document import BadFile, Document, Path_, parse_yaml
from fake_sge.cellfile.strict import one_of

__all__ = ["override"]


def override(document: Document, dotted: str, value: str | Any, label: str = "") -> None:
    """Put *value* (a text is read as YAML) at *dotted* in *document*; *label* is what errors about it call its place.

    Items of lists are found by position or by their ``name``; keys may have dots (``queues.all.q.slots``). Mappings on
    the way that aren't there are made: whether such a key may be there is for the model to say. Raises `BadFile`.
    """
    label = label or f"--set {dotted}"
    steps = dotted.split(".")
    if not all(steps):
        raise BadFile(f"{dotted!r} is not a path of keys", label, "write it like cell.scheduler.flush_submit_sec")
    value = parse_yaml(value, label).data if isinstance(value, str) else value
    if document.data is None:
        document.data = {}
    data: Any = document.data
    path: Path_ = ()
    while True:
        key, rest = _next(data, steps, label)
        path = (*path, key)
        if not rest:
            data[key] = value
            document.replaced = {old: where for old, where in document.replaced.items() if old[: len(path)] != path}
            document.replaced[path] = label
            document.lines = {old: line for old, line in document.lines.items() if old[: len(path)] != path}
            return
        inside = data[key] if isinstance(data, list) else data.get(key)
        if not isinstance(inside, (dict, list)):
            inside = data[key] = {}
            document.replaced[path] = label
        data, steps = inside, rest


def _next(data: dict[str, Any] | list[Any], steps: list[str], label: str) -> tuple[Any, list[str]]:
    """What the first of *steps* (or several, joined: names have dots) means in *data*, and the other steps."""
    names = data if isinstance(data, dict) else [one.get("name") if isinstance(one, dict) else None for one in data]
    for end in range(len(steps), 0, -1):
        name = ".".join(steps[:end])
        if name in names:
            return (name if isinstance(data, dict) else names.index(name)), steps[end:]  # type: ignore[union-attr]
    if isinstance(data, dict):
        return steps[0], steps[1:]
    if steps[0].isdigit() and int(steps[0]) < len(data):
        return int(steps[0]), steps[1:]
    raise BadFile(f"there is no {steps[0]!r} in that list", label, one_of(filter(None, names), steps[0]))
