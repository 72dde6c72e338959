"""Strict models: unknown keys are refused; what pydantic says becomes one line with the file, the line and the cure."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from fake_sge.cellfile.document import BadFile, Document, Path_

__all__ = ["Strict", "one_of", "validate"]

_TYPES = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "a text (in quotes if it looks like a number)",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}


class Strict(BaseModel):
    """A part of a file: its fields are all the keys that may stand there."""

    model_config = ConfigDict(extra="forbid", strict=True, validate_default=True)


_Model = TypeVar("_Model", bound=BaseModel)


def validate(model: type[_Model], document: Document, at: Path_ = ()) -> _Model:
    """The value at *at* of *document* as a *model*; raises `BadFile` for the first thing wrong in it."""
    data = document.data
    for step in at:
        data = data[step]
    if not isinstance(data, dict):
        raise document.bad(at, f"{'the file' if not at else at[-1]} must be a mapping", "write `key: value` lines")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _explained(error, model, document, at) from None


def one_of(names: Iterable[str], wrong: str = "", what: str = "known") -> str:
    """The cure for a wrong name: the nearest of *names*, and all of them, called *what*."""
    known = [str(name) for name in names]
    near = difflib.get_close_matches(wrong, known, n=1, cutoff=0.6)
    listed = f"{what}: {', '.join(known[:60]) or 'none'}"
    return f"did you mean {near[0]}? {listed}" if near else listed


def _explained(error: ValidationError, model: type[BaseModel], document: Document, at: Path_) -> BadFile:
    placed = [(_place(detail["loc"], document, at), detail) for detail in error.errors(include_url=False)]
    path, worst = min(placed, key=lambda one: _rank(one[1]["type"], one[0], document))
    kind, name = worst["type"], str(worst["loc"][-1]) if worst["loc"] else "the file"
    if kind == "extra_forbidden":
        return document.bad(
            path, f"unknown key {name!r}", one_of(_fields(model, path[len(at) : -1]), name, "allowed keys")
        )
    if kind == "missing":
        return document.bad(path, f"the key {name!r} is missing", f"add `{name}: ...` there")
    shown = ".".join(map(str, path[len(at) :])) or name
    if kind in _TYPES:
        return document.bad(path, f"{shown} must be {_TYPES[kind]}", "correct the value")
    if kind == "string_pattern_mismatch":
        return document.bad(path, f"{shown}: {worst['input']!r} can't be a name", "use letters, digits and _ . - alone")
    if kind in ("value_error", "assertion_error"):
        what, _, fix = str(worst["ctx"]["error"]).partition("; ")
        return document.bad(path, f"{shown}: {what}", fix or "correct the value")
    return document.bad(path, f"{shown}: {worst['msg'].replace('Input should', 'should')}", "correct the value")


def _rank(kind: str, path: Path_, document: Document) -> tuple[bool, int, int, bool]:
    """Unknown keys first, then by line; of a union's complaints, the one that went deepest and says most."""
    return (kind != "extra_forbidden", document.lines.get(path, 0), -len(path), kind in _TYPES)


def _place(loc: Sequence[str | int], document: Document, at: Path_) -> Path_:
    """*loc* without pydantic's own marks (names of types in a union), as far as the document goes."""
    data: Any = document.data
    for step in at:
        data = data[step]
    path = at
    for step in loc:
        if step in (data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()):
            data = data[step]
            path = (*path, step)
    return path


def _fields(model: Any, path: Sequence[str | int]) -> list[str]:
    """The keys that may stand at *path* below *model*."""
    found = _models(model)
    for step in path:
        inner = []
        for one in found:
            if isinstance(one, type) and issubclass(one, BaseModel):
                named = {(field.alias or name): field for name, field in one.model_fields.items()}
                if step in named:
                    inner += _models(named[str(step)].annotation)
            elif typing.get_origin(one) in (dict, list):
                inner += _models(typing.get_args(one)[-1])
        found = inner
    return [
        field.alias or name
        for one in found
        if isinstance(one, type) and issubclass(one, BaseModel)
        for name, field in one.model_fields.items()
    ]


def _models(annotation: Any) -> list[Any]:
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _models(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        return [model for argument in typing.get_args(annotation) for model in _models(argument)]
    return [annotation]
