"""Files with resource quota sets: sge_resource_quota(5), read and looked at as the qmaster does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from fake_sge.core import ResourceQuotaSet
from fake_sge.core.config import Complex
from fake_sge.core.resources import STRING_TYPES, NotAValue, parse_value

__all__ = ["BadQuota", "check_limits", "read_sets"]

_SCOPES = ("users", "projects", "pes", "queues", "hosts")
_HEAD = ("name", "description", "enabled")
_NAME = re.compile(r"[a-zA-Z0-9_/.#$-]+")
_KINDS = {"INT": "integer", "DOUBLE": "double", "MEMORY": "memory", "TIME": "time", "BOOL": "boolean"}


class BadQuota(ValueError):
    """What is wrong, in SGE's words."""


def read_sets(text: str) -> list[ResourceQuotaSet]:
    """The sets in braces. Raises `BadQuota`."""
    joined = re.sub(r"[ \t]*\\\n[ \t]*", " ", text)
    lines = [" ".join(re.sub(r"(^|(?<=\s))#.*", "", line).split()) for line in joined.split("\n")]
    sets: list[ResourceQuotaSet] = []
    inside: list[tuple[int, str]] | None = None
    for number, line in enumerate(lines, 1):
        if inside is None and line == "{":
            inside = []
        elif inside is not None and line == "}":
            found = _set(inside)
            if found.name not in [one.name for one in sets]:
                sets.append(found)
            inside = None
        elif inside is not None:
            inside.append((number, line))
        elif line:
            raise BadQuota(f'each value in the attribute value list in line {number} should begin with "{{"')
    if inside is not None:
        raise BadQuota(f'each value in the attribute value list in line {len(lines)} should end with "}}"')
    return sets


def _set(lines: list[tuple[int, str]]) -> ResourceQuotaSet:
    found = ResourceQuotaSet("", enabled=False)
    for number, line in lines:
        named = _NAME.match(line)
        if not line:
            continue
        if named is None:
            raise BadQuota(f"line {number} should begin with an attribute name")
        value = line[named.end() :].strip()
        if named[0] == "limit":
            limit = _limit(value, number)
            found.limits += [limit] if limit else []
        elif named[0] not in _HEAD:
            raise BadQuota(f'unknown attribute name "{named[0]}"')
        else:
            setattr(found, named[0], _enabled(value) if named[0] == "enabled" else value)
    if not found.name:
        raise BadQuota("resource quota set has no name")
    if not found.limits:
        raise BadQuota("resource quota set has no rules")
    return found


def _enabled(text: str) -> bool:
    try:
        return bool(parse_value("BOOL", text))
    except NotAValue:
        raise BadQuota(f'error parsing value "{text}"') from None


def _limit(text: str, number: int) -> str:
    """The limit as it is printed, "" for one that limits nothing."""
    rest, words, seen = text, [], set()
    while rest:
        named = _NAME.match(rest)
        if named is None:
            raise BadQuota(f"line {number} should begin with an attribute name")
        name = named[0]
        if name not in (*_SCOPES, "name", "to"):
            raise BadQuota(f'unknown attribute name "{name}"')
        if name in seen:
            raise BadQuota(f'attribute "{name}" appears more than once')
        seen.add(name)
        value, _, rest = rest[named.end() :].strip().partition(" ")
        words.append(f"{name} {value}")
        if name == "to":
            return " ".join(words) if "=" in value else ""
    return ""


def check_limits(one: ResourceQuotaSet, complexes: Mapping[str, Complex]) -> Iterator[str]:
    """What speaks against the limits of a set."""
    by_name = {**{complex_.shortcut: complex_ for complex_ in complexes.values()}, **complexes}
    for limit in one.limits:
        head, _, tail = f" {limit}".partition(" to ")
        per_host = re.search(r" hosts \{", head) is not None
        for pair in tail.split(","):
            name, _, value = pair.partition("=")
            if name not in by_name:
                yield f'"resource_quota" references not existing complex attribute "{name}"'
            elif "$" in value:
                yield from _dynamic(value, by_name, per_host=per_host)
            else:
                yield from _fixed(by_name[name], value)


def _dynamic(value: str, complexes: Mapping[str, Complex], *, per_host: bool) -> Iterator[str]:
    if not per_host:
        yield "dynamic limits are only supported for per host rules"
        return
    for term in re.split(r"[+-](?=\$)", value):
        variable, _, weight = term.removeprefix("$").partition("*")
        if not term.startswith("$"):
            weight = term.partition("*")[2]
        elif variable not in complexes:
            yield f'"dynamical_limit" references not existing complex attribute "{variable}"'
            return
        if weight and not re.fullmatch(r"\d+(\.\d*)?", weight):
            yield f'"dynamical_limit" uses "{weight}" as weighting factor (only numbers are allowed)'
            return


def _fixed(complex_: Complex, value: str) -> Iterator[str]:
    if complex_.type in STRING_TYPES:
        return
    if complex_.type in ("INT", "DOUBLE") and value.lower() == "infinity":
        yield f'attribute "{complex_.name}" is not a value that can be set to infinity'
        return
    try:
        amount = parse_value("DOUBLE" if complex_.type == "INT" else complex_.type, value)
    except NotAValue:
        yield f'attribute "{complex_.name}" is not a {_KINDS.get(complex_.type, "")} value'
        return
    if complex_.consumable != "NO" and amount < 0:
        yield f'attribute "{complex_.name}" is consumable but has a negative value'
