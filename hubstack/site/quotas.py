"""What resource quota sets leave to one user's single job: sge_resource_quota(5), read for one place.

A job that asks for more than the limit that matches it could never run, whatever the limit counts together. Limits on
parallel environments and ``$`` limits are left to the scheduler.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property

from fake_sge.cellfile import (
    CellDescription,
    expanded_hosts,
    parse_duration,
    parse_limit,
    parse_memory,
    resource_quotas,
)

__all__ = ["Quotas"]

_Filters = dict[str, tuple[list[str], list[str]]]
"""What a rule is for: by kind, the names that are meant and those that aren't."""


@dataclass(frozen=True)
class Quotas:
    """The quota sets of *cell* as they concern *user*."""

    cell: CellDescription
    user: str

    def ceilings(self, project: str | None, queue: str, host: str) -> dict[str, float]:
        """The most of each resource that a job there may ask for in all; resources without a limit aren't in it."""
        found: dict[str, float] = {}
        job = {"projects": project or "", "queues": queue, "hosts": host}
        for rules in self._sets:
            for filters, limits in rules:
                if all(self._lets(wanted, unwanted, job[kind]) for kind, (wanted, unwanted) in filters.items()):
                    for resource, limit in limits.items():
                        found[resource] = min(limit, found.get(resource, limit))
                    break
        return found

    @cached_property
    def _sets(self) -> list[list[tuple[_Filters, dict[str, float]]]]:
        """Of each enabled set the rules that can be for this user."""
        return [self._rules(quota.limits) for quota in resource_quotas(self.cell).values() if quota.enabled]

    def _rules(self, limits: Sequence[str]) -> list[tuple[_Filters, dict[str, float]]]:
        rules = []
        for rule in map(parse_limit, limits):
            filters = {kind: (self._hosts(one.wanted), self._hosts(one.unwanted)) for kind, one in rule.filters.items()}
            if filters.pop("pes", (["*"], [])) != (["*"], []):
                break  # which rule of the set a job falls under depends on its environment
            if self._lets(*filters.pop("users", ([], [])), self.user):
                rules.append((filters, {name: _amount(value) for name, value in rule.limits if "$" not in value}))
        return rules

    def _lets(self, wanted: Sequence[str], unwanted: Sequence[str], value: str) -> bool:
        if any(self._is(name, value) for name in unwanted):
            return False
        return not wanted or any(self._is(name, value) for name in wanted)

    def _is(self, name: str, value: str) -> bool:
        if name.startswith("@"):
            return value in self.cell.entries_of(name[1:])
        return bool(value) and fnmatchcase(value, name)

    def _hosts(self, names: Sequence[str]) -> list[str]:
        """*names* with host groups spelt out, so that no place need do it again."""
        groups = {f"@{name}" for name in (*self.cell.hosts, *self.cell.host_groups)}
        return [one for name in names for one in (expanded_hosts(self.cell, [name]) if name in groups else [name])]


def _amount(value: str) -> float:
    return parse_duration(value) if ":" in value else parse_memory(value)
