"""Limits of resource quota sets: sge_resource_quota(5), checked for form and names, hosts' groups given their ``@``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fake_sge.core.config import ResourceQuotaSet

if TYPE_CHECKING:
    from fake_sge.cellfile.description import CellDescription

__all__ = ["FILTERS", "parse_limit", "resource_quotas"]

FILTERS = ("users", "projects", "pes", "queues", "hosts")
"""What a limit can be for, in the order in which SGE prints them."""

_VALUE = re.compile(
    r"[A-Za-z_][\w.]*=(?:\d+(?:\.\d+)?[kKmMgGtT]?|\d+:\d+:\d+|infinity|INFINITY|-?[\d.]*\*?\$[A-Za-z_]\w*(?:\*[\d.]+)?)"
)
_NAME = re.compile(r"!?@?(?:[\w.+-]|[*?\[\]])+")
_FORM = "write it as: limit [name N] [users|projects|pes|queues|hosts LIST ...] to RESOURCE=VALUE"


def parse_limit(text: str) -> tuple[str | None, dict[str, tuple[bool, list[str]]], dict[str, str]]:
    """The name, the filters (each: in braces?, its names) and the limits of a rule; raises `ValueError`."""
    words = _words(text)
    if words and words[0] == "limit":
        words.pop(0)
    name = None
    if len(words) > 1 and words[0] == "name":
        name = words[1]
        words = words[2:]
    filters: dict[str, tuple[bool, list[str]]] = {}
    while words and words[0] != "to":
        kind = words.pop(0)
        if kind not in FILTERS:
            raise ValueError(f"{kind!r} is not something that a limit is for; {_FORM}")
        if kind in filters or not words or words[0] == "to":
            raise ValueError(f"{kind} needs one list of names; {_FORM}")
        filters[kind] = _names(words.pop(0))
    if len(words) != 2:
        raise ValueError(f"the limit {text!r} doesn't end with `to RESOURCE=VALUE`; {_FORM}")
    values: dict[str, str] = {}
    for part in words[1].split(","):
        if not _VALUE.fullmatch(part):
            raise ValueError(f"{part!r} is not RESOURCE=VALUE; {_FORM}")
        resource, _, value = part.partition("=")
        values[resource] = value
    return name, filters, values


def resource_quotas(cell: CellDescription) -> dict[str, ResourceQuotaSet]:
    """The quota sets of *cell*; a limit that stands alone is a set of its own."""
    sets: dict[str, ResourceQuotaSet] = {}
    for number, quota in enumerate(cell.quotas, 1):
        if isinstance(quota, str):
            name = f"quota_{number}"
            sets[name] = ResourceQuotaSet(name, limits=[_normal(cell, quota)])
        else:
            limits = [_normal(cell, limit) for limit in quota.limits]
            sets[quota.name] = ResourceQuotaSet(quota.name, quota.description, quota.enabled, limits)
    return sets


def _words(text: str) -> list[str]:
    """Words, with the blanks around commas and inside braces taken away."""
    text = re.sub(r"\s*,\s*", ",", text)
    text = re.sub(r"\{\s*", "{", re.sub(r"\s*\}", "}", text))
    return text.split()


def _names(text: str) -> tuple[bool, list[str]]:
    expanded = text.startswith("{") and text.endswith("}")
    names = (text[1:-1] if expanded else text).split(",")
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} is not a name in a list; write names, @groups or wildcards, like {{*}} or user1,@staff"
            )
    return expanded, names


def _normal(cell: CellDescription, text: str) -> str:
    name, filters, values = parse_limit(text)
    return " ".join(_parts(cell, name, filters, values))


def _parts(
    cell: CellDescription, name: str | None, filters: dict[str, tuple[bool, list[str]]], values: dict[str, str]
) -> Iterator[str]:
    if name:
        yield f"name {name}"
    for kind in FILTERS:
        if kind in filters:
            expanded, names = filters[kind]
            if kind == "hosts":
                names = [_host(cell, one) for one in names]
            listed = ",".join(names)
            yield f"{kind} {{{listed}}}" if expanded else f"{kind} {listed}"
    yield "to " + ",".join(f"{resource}={value}" for resource, value in values.items())


def _host(cell: CellDescription, name: str) -> str:
    sign, plain = ("!", name[1:]) if name.startswith("!") else ("", name)
    if plain in cell.hosts or plain in cell.host_groups:
        return f"{sign}@{plain}"
    return name if any(mark in plain for mark in "@*?[") else sign + cell.full_name(plain)
