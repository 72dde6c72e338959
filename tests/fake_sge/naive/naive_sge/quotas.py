"""Resource quotas, rule by rule: sge_resource_quota(5)."""

from __future__ import annotations

import math
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from naive_sge.world import CONSUMABLE, PER_JOB, Chosen, Limit, World, amount

from fake_sge.core import JobRequest

if TYPE_CHECKING:
    from naive_sge.jobs import Place

SCOPES = ("users", "projects", "pes", "queues", "hosts")


def lists_of(world: World, user: str) -> list[str]:
    return [name for name, users in world.lists.items() if user in users]


def chooses(world: World, chosen: Chosen, scope: str, value: str | None) -> bool:
    """Does a filter mean this user, project, environment, queue or host?"""
    if value is None:
        return bool(chosen.unwanted) and not chosen.wanted

    def means(entry: str) -> bool:
        if entry.startswith("@"):
            return scope == "users" and entry[1:] in lists_of(world, value)
        return fnmatchcase(value, entry)

    return not any(map(means, chosen.unwanted)) and (not chosen.wanted or any(map(means, chosen.wanted)))


def values(request: JobRequest, pe: str | None, place: Place) -> dict[str, str | None]:
    return dict(zip(SCOPES, (request.owner, request.project, pe, place.queue, place.host), strict=True))


def rules(world: World, request: JobRequest, pe: str | None, place: Place) -> list[Limit]:
    """Of each set the first rule that means the job on this place."""
    about = values(request, pe, place)
    found = []
    for limits in world.quotas:
        for limit in limits:
            if all(chooses(world, chosen, scope, about[scope]) for scope, chosen in limit.filters.items()):
                found.append(limit)
                break
    return found


def counter(limit: Limit, request: JobRequest, pe: str | None, place: Place) -> tuple[str, ...]:
    """What the limit counts apart: each who is meant by a filter in braces."""
    about = values(request, pe, place)
    return (limit.name, *((about[s] or "") if s in limit.filters and limit.filters[s].braces else "" for s in SCOPES))


def counters(world: World, request: JobRequest, pe: str | None, place: Place) -> list[tuple[tuple[str, ...], str]]:
    return [
        (counter(limit, request, pe, place), resource)
        for limit in rules(world, request, pe, place)
        for resource in limit.limits
    ]


def slots_left(
    world: World,
    request: JobRequest,
    pe: str | None,
    place: Place,
    taken: Callable[[tuple[str, ...]], float],
    more: dict[tuple[str, ...], float],
) -> tuple[float, Limit | None]:
    """How many more slots the rules leave a job there, and the rule that leaves the fewest."""
    least, tightest = math.inf, None
    for limit in rules(world, request, pe, place):
        for resource, most in limit.limits.items():
            key = ("quota", *counter(limit, request, pe, place), resource)
            if resource in CONSUMABLE:
                wanted = amount(request, resource)
                left = most - taken(key) - more.get(key, 0.0)
                if not wanted:
                    allowed = math.inf
                elif resource in PER_JOB:
                    allowed = math.inf if wanted <= left else 0.0
                else:
                    allowed = left // wanted
            else:
                asked = dict(request.hard).get(resource)
                allowed = math.inf if asked is None or float(asked) <= most else 0.0
            if allowed < least:
                least, tightest = allowed, limit
    return least, tightest


def denies_everywhere(limit: Limit) -> bool:
    """A denial that names neither queues nor hosts ends the search."""
    return "queues" not in limit.filters and "hosts" not in limit.filters
