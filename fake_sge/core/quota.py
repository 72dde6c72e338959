"""Resource quota sets: sge_resource_quota(5).

Every enabled set applies; in each, the first rule whose filters match is the one. Its limit is the capacity of a
counter
for each user, project, environment, queue or host whose filter stands in braces, one counter for all otherwise.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from fake_sge.core.config import ResourceQuotaSet
from fake_sge.core.instances import Host, QueueInstance
from fake_sge.core.layout import Layout
from fake_sge.core.outlook import Counter, Outlook
from fake_sge.core.resources import NotAValue, compare, parse_value
from fake_sge.core.texts import expand_hosts, pairs, same_host

if TYPE_CHECKING:
    from fake_sge.core.category import Category

__all__ = ["Applied", "BadRule", "Filter", "Quotas", "Rule", "parse_rule"]

SCOPES = ("users", "projects", "pes", "queues", "hosts")
_FILTER = re.compile(
    r"(users|projects|pes|queues|hosts)\s+(\{[^}]*\}|\S+(?:\s*,\s*\S+)*?)(?=\s+(?:users|projects|pes|queues|hosts|to)\b)"
)
_DYNAMIC = re.compile(r"(?:(\d+(?:\.\d+)?)\s*\*\s*)?\$(\w+)(?:\s*\*\s*(\d+(?:\.\d+)?))?\Z")


class BadRule(ValueError):
    """A limit that sge_resource_quota(5) doesn't allow."""


@dataclass(frozen=True, slots=True)
class Filter:
    """``users {a,!b}``: who is meant and who isn't; *expanded* by braces."""

    wanted: tuple[str, ...]
    unwanted: tuple[str, ...]
    expanded: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """One limit. *name* is its own name, or its number in the set (`set/1`)."""

    name: str
    filters: dict[str, Filter]
    limits: tuple[tuple[str, str], ...]

    @property
    def everywhere(self) -> bool:
        """Names neither queues nor hosts: a denial holds for all of them."""
        return "queues" not in self.filters and "hosts" not in self.filters


@dataclass(frozen=True, slots=True)
class Applied:
    """A rule with the counter that a job at a place falls on: *key* as qquota(1) and the messages write it."""

    rule: Rule
    key: str
    limits: tuple[tuple[str, float], ...]

    def counter(self, resource: str) -> tuple[str, str, str]:
        return (self.rule.name, self.key, resource)


def parse_rule(set_name: str, number: int, text: str) -> Rule:
    """``[limit] [name X] [users ...] [projects ...] [pes ...] [queues ...] [hosts ...] to a=1,b=2``."""
    rest = text.strip().removeprefix("limit").strip()
    name = str(number)
    if rest.startswith("name "):
        _, name, rest = rest.split(None, 2)
    head, separator, tail = f" {rest}".partition(" to ")
    if not separator:
        raise BadRule(f"{text!r} has no limit after 'to'")
    filters = {scope: _filter(entries) for scope, entries in _FILTER.findall(f"{head} to")}
    if len(filters) != sum(head.split().count(scope) for scope in SCOPES):
        raise BadRule(f"{text!r} has a filter that can't be read")
    return Rule(f"{set_name}/{name}", filters, tuple(pairs(tail)))


def _filter(text: str) -> Filter:
    expanded = text.startswith("{")
    entries = [entry.strip() for entry in text.strip("{}").split(",") if entry.strip()]
    wanted = tuple(entry for entry in entries if not entry.startswith("!"))
    return Filter(wanted, tuple(entry[1:] for entry in entries if entry.startswith("!")), expanded)


class Quotas:
    """All enabled sets over one layout, and what is used of their limits."""

    def __init__(self, sets: Iterable[ResourceQuotaSet], layout: Layout) -> None:
        self.layout = layout
        enabled = [s for s in sets if s.enabled]
        self.sets = [[parse_rule(s.name, i, text) for i, text in enumerate(s.limits, 1)] for s in enabled]
        self.used: dict[Counter, float] = {}
        self._cache: dict[tuple[str, str | None, int], list[Applied]] = {}

    def concerns_user(self, user: str, group: str) -> bool:
        """Is there a users filter that names this user? Then categories are kept apart by owner."""
        memberships = self.layout.memberships(user, group)
        filters = [rule.filters["users"] for rules in self.sets for rule in rules if "users" in rule.filters]
        return any(self._user_matches(f, user, memberships) for f in filters)

    def concerns_project(self, project: str) -> bool:
        """Is there a projects filter that names this project?"""
        filters = [rule.filters["projects"] for rules in self.sets for rule in rules if "projects" in rule.filters]
        return any(_name_matches(f, project) for f in filters)

    def applied(self, category: Category, pe: str | None, place: QueueInstance) -> list[Applied]:
        """The rule of each set that holds for a job of *category* on *place*."""
        if not self.sets or category.no_quotas:
            return []
        cached = self._cache.get((category.key, pe, place.index))
        if cached is None:
            cached = [found for rules in self.sets if (found := self._first(rules, category, pe, place)) is not None]
            self._cache[category.key, pe, place.index] = cached
        return cached

    def forget_all(self) -> None:
        """Drop what is remembered about categories."""
        self._cache.clear()

    def room(
        self,
        category: Category,
        applied: Sequence[Applied],
        taken: dict[Counter, float],
        outlook: Outlook,
    ) -> tuple[float, Applied | None]:
        """How many more slots the rules allow (`math.inf` if they don't matter), and the rule that is the tightest."""
        slots, tightest = math.inf, None
        for one in applied:
            for resource, limit in one.limits:
                counter = one.counter(resource)
                used = taken.get(counter, 0.0) + outlook.quota(counter)
                allowed = self._slots(category, resource, limit, used)
                if allowed < slots:
                    slots, tightest = allowed, one
        return slots, tightest

    def debit(
        self, category: Category, pe: str | None, place: QueueInstance, slots: int, sign: int, master: bool
    ) -> None:
        """Count *slots* on *place* for (or, with *sign* -1, off) the counters of all rules that hold there."""
        for counter, amount in self.amounts(category, self.applied(category, pe, place), slots, master):
            left = self.used.get(counter, 0.0) + sign * amount
            if abs(left) < 1e-6:
                self.used.pop(counter, None)
            else:
                self.used[counter] = left

    def amounts(
        self, category: Category, applied: Sequence[Applied], slots: int, master: bool
    ) -> list[tuple[tuple[str, str, str], float]]:
        """What *slots* slots count on which counters."""
        found = []
        for one in applied:
            for resource, _ in one.limits:
                attribute = self.layout.complexes.get(resource)
                if attribute is None or attribute.consumable not in ("YES", "JOB"):
                    continue
                times = slots if attribute.consumable == "YES" else int(master)
                if amount := category.amount(resource) * times:
                    found.append((one.counter(resource), amount))
        return found

    def _slots(self, category: Category, resource: str, limit: float, used: float) -> float:
        attribute = self.layout.complexes.get(resource)
        if attribute is None:
            return math.inf
        if attribute.consumable in ("YES", "JOB"):
            amount = category.amount(resource)
            if not amount:
                return math.inf
            fits = math.floor((limit - used) / amount + 1e-9)
            return fits if attribute.consumable == "YES" else (math.inf if fits >= 1 else 0)
        want = next((w for w in category.hard if w.name == resource), None)
        return math.inf if want is None or compare(attribute.relop, want.number, limit) else 0

    def _first(self, rules: list[Rule], category: Category, pe: str | None, place: QueueInstance) -> Applied | None:
        for rule in rules:
            if self._matches(rule, category, pe, place):
                return Applied(rule, self._key(rule, category, pe, place), self._limits(rule, place.execution_host))
        return None

    def _matches(self, rule: Rule, category: Category, pe: str | None, place: QueueInstance) -> bool:
        for scope, chosen in rule.filters.items():
            if scope == "users":
                fits = self._user_matches(chosen, category.user, category.memberships)
            elif scope == "hosts":
                fits = self._host_matches(chosen, place.host)
            else:
                fits = _name_matches(chosen, {"projects": category.project, "pes": pe, "queues": place.queue}[scope])
            if not fits:
                return False
        return True

    def _user_matches(self, chosen: Filter, user: str, memberships: Sequence[str]) -> bool:
        def one(entry: str) -> bool:
            return entry[1:] in memberships if entry.startswith("@") else fnmatchcase(user, entry)

        return not any(map(one, chosen.unwanted)) and (not chosen.wanted or any(map(one, chosen.wanted)))

    def _host_matches(self, chosen: Filter, host: str) -> bool:
        def one(entry: str) -> bool:
            if entry.startswith("@"):
                return host in expand_hosts(self.layout.groups, [entry])
            return same_host(entry, host) or fnmatchcase(host, entry)

        return not any(map(one, chosen.unwanted)) and (not chosen.wanted or any(map(one, chosen.wanted)))

    def _key(self, rule: Rule, category: Category, pe: str | None, place: QueueInstance) -> str:
        values = (category.user, category.project or "", pe or "", place.queue, place.host)
        expanded = [scope in rule.filters and rule.filters[scope].expanded for scope in SCOPES]
        return "".join(f"{value if braces else ''}/" for value, braces in zip(values, expanded, strict=True))

    def _limits(self, rule: Rule, host: Host) -> tuple[tuple[str, float], ...]:
        return tuple((name, self._limit(name, text, host)) for name, text in rule.limits)

    def _limit(self, name: str, text: str, host: Host) -> float:
        dynamic = _DYNAMIC.match(text)
        attribute = self.layout.complex(name)
        try:
            if dynamic:
                before, value, after = dynamic.groups()
                return parse_value("DOUBLE", host.load.get(value, "0")) * float(before or after or 1)
            return parse_value(attribute.type if attribute else "DOUBLE", text)
        except NotAValue:
            return 0.0


def _name_matches(chosen: Filter, name: str | None) -> bool:
    """A filter ``*`` asks for any name; ``!*`` for none."""
    if name is None:
        return bool(chosen.unwanted) and not chosen.wanted
    if any(fnmatchcase(name, entry) for entry in chosen.unwanted):
        return False
    return not chosen.wanted or any(fnmatchcase(name, entry) for entry in chosen.wanted)
