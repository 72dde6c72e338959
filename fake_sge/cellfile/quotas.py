"""Limits of resource quota sets in a cell's description: checked for form, their hosts given SGE's names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fake_sge.cellfile.hosts import member_name
from fake_sge.core.config import ResourceQuotaSet
from fake_sge.core.quota import BadRule, Filter, Rule, parse_rule

if TYPE_CHECKING:
    from fake_sge.cellfile.description import CellDescription

__all__ = ["is_pattern", "parse_limit", "resource_quotas"]

_AMOUNT = r"(?:\d+(?:\.\d+)?[kKmMgGtT]?|\d+:\d+:\d+|infinity|INFINITY)"
_DYNAMIC = r"(?:[\d.]+\*)?\$[A-Za-z_]\w*(?:\*[\d.]+)?"
_VALUE = re.compile(rf"{_AMOUNT}|{_DYNAMIC}")
_NAME = re.compile(r"@?[\w.+*?\[\]-]+")
_FORM = "write it as: limit [name N] [users|projects|pes|queues|hosts LIST ...] to RESOURCE=VALUE"


def parse_limit(text: str) -> Rule:
    """A limit as people write it; raises `ValueError` for what sge_resource_quota(5) doesn't allow."""
    try:
        rule = parse_rule("", 0, text)
    except (BadRule, ValueError):
        raise ValueError(f"{text!r} is not a limit; {_FORM}") from None
    if _parts(" ".join(_words(rule))) != _parts(text.strip().removeprefix("limit")):
        raise ValueError(f"{text!r} holds more than a limit does; {_FORM}")
    for one in rule.filters.values():
        names = (*one.wanted, *one.unwanted)
        for name in names or ("",):
            if not _NAME.fullmatch(name):
                raise ValueError(
                    f"{name!r} is not a name in a list; write names, @groups or wildcards, like {{*}} or a,!b"
                )
    for resource, value in rule.limits or (("", ""),):
        if not _NAME.fullmatch(resource) or not _VALUE.fullmatch(value):
            raise ValueError(f"{resource}={value} is not RESOURCE=VALUE; {_FORM}")
    return rule


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


def is_pattern(name: str) -> bool:
    """Whether a name in a filter stands for several."""
    return any(mark in name for mark in "*?[")


def _normal(cell: CellDescription, text: str) -> str:
    rule = parse_limit(text)
    if "hosts" in rule.filters:
        hosts = rule.filters["hosts"]
        wanted, unwanted = (
            tuple(name if is_pattern(name) else member_name(cell, name) for name in names)
            for names in (hosts.wanted, hosts.unwanted)
        )
        rule.filters["hosts"] = Filter(wanted, unwanted, hosts.expanded)
    return " ".join(_words(rule))


def _parts(text: str) -> list[str]:
    return sorted(re.findall(r"[^\s,{}]+", text))


def _words(rule: Rule) -> list[str]:
    """*rule* as it is written, without ``limit``."""
    name = rule.name.removeprefix("/")
    words = [] if name == "0" else ["name", name]
    for scope, one in rule.filters.items():
        listed = ",".join((*one.wanted, *(f"!{name}" for name in one.unwanted)))
        words += [scope, f"{{{listed}}}" if one.expanded else listed]
    return [*words, "to", ",".join(f"{resource}={value}" for resource, value in rule.limits)]
