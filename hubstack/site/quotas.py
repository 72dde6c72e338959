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
    AccessListDescription,
    CellDescription,
    expanded_hosts,
    parse_duration,
    parse_limit,
    parse_memory,
    resource_quotas,
)

__all__ = ["Quotas"]


@dataclass(frozen=True)
class Quotas:
    """The quota sets of *cell* as they concern *user*."""

    cell: CellDescription
    user: str

    def ceilings(self, project: str | None, queue: str, host: str) -> dict[str, float]:
        """The most of each resource that a job there may ask for in all; resources without a limit aren't in it."""
        found: dict[str, float] = {}
        for rules in self._sets:
            for filters, values in rules:
                if self._matches(filters, {"projects": project or "", "queues": queue, "hosts": host}):
                    for resource, value in values.items():
                        found[resource] = min(value, found.get(resource, value))
                    break
        return found

    @cached_property
    def _sets(self) -> list[list[tuple[dict[str, list[str]], dict[str, float]]]]:
        """Of each enabled set the rules that are for this user, hosts spelt out."""
        sets = []
        for quota in resource_quotas(self.cell).values():
            rules = []
            for text in quota.limits if quota.enabled else ():
                _, given, limits = parse_limit(text)
                filters = {kind: names for kind, (_, names) in given.items()}
                if filters.pop("pes", ["*"]) != ["*"]:
                    break
                if self._lets(filters.pop("users", ["*"]), self.user):
                    filters["hosts"] = [one for name in filters.get("hosts", ["*"]) for one in self._hosts(name)]
                    rules.append(
                        (filters, {name: _amount(value) for name, value in limits.items() if "$" not in value})
                    )
            sets.append(rules)
        return sets

    def _matches(self, filters: dict[str, list[str]], job: dict[str, str]) -> bool:
        return all(self._lets(names, job[kind]) for kind, names in filters.items())

    def _lets(self, names: Sequence[str], value: str) -> bool:
        """Whether a filter's list of names holds *value*: ``!`` ones shut it out, others (if any) must let it in."""
        barred = [name[1:] for name in names if name.startswith("!")]
        allowed = [name for name in names if not name.startswith("!")]
        if any(self._is(name, value) for name in barred):
            return False
        return not allowed or any(self._is(name, value) for name in allowed)

    def _is(self, name: str, value: str) -> bool:
        if name.startswith("@"):
            entries = self.cell.access_lists.get(name[1:], [])
            return value in (entries.entries if isinstance(entries, AccessListDescription) else entries)
        return bool(value) and fnmatchcase(value, name)

    def _hosts(self, name: str) -> list[str]:
        sign, plain = ("!", name[1:]) if name.startswith("!") else ("", name)
        return [sign + host for host in expanded_hosts(self.cell, [plain])] if plain.startswith("@") else [name]


def _amount(value: str) -> float:
    return parse_duration(value) if ":" in value else parse_memory(value)
