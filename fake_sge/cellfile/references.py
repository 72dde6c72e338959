"""Do the names in a cell's description fit together? Each that doesn't is a `Problem` with its place and its cure."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Iterator
from functools import partial
from typing import Any

from fake_sge.cellfile import calendars, defaults, quotas
from fake_sge.cellfile.amounts import amount_problems, complex_types
from fake_sge.cellfile.configuration import setting
from fake_sge.cellfile.description import AccessListDescription, CellDescription
from fake_sge.cellfile.document import Path_
from fake_sge.cellfile.problem import Problem, checked, unknown
from fake_sge.cellfile.queues import QueueDescription
from fake_sge.cellfile.sharetree import share_tree_problems
from fake_sge.cellfile.strict import one_of

__all__ = ["problems"]

MAX_HOSTS = 20_000

_OVERRIDABLE = [name for name in defaults.QUEUE if name not in ("qname", "hostlist")]


def problems(cell: CellDescription) -> Iterator[Problem]:
    """What doesn't fit in *cell*, in the file's order of subjects."""
    yield from _hosts(cell)
    yield from _host_groups(cell)
    yield from amount_problems(cell)
    yield from _access(cell)
    yield from _queues(cell)
    yield from _quotas(cell)
    yield from share_tree_problems(cell.share_tree, cell.projects, cell.users)
    for name, calendar in cell.calendars.items():
        for key, text, check in (
            ("year", calendar.year, calendars.check_year),
            ("week", calendar.week, calendars.check_week),
        ):
            yield from checked(("calendars", name, key), check, text)
    for key, value in cell.configuration.items():
        path = ("configuration", key)
        yield from unknown(path, "setting of sge_conf(5)", [key], defaults.CONFIGURATION)
        yield from checked(path, partial(setting, key), value)


def _hosts(cell: CellDescription) -> Iterator[Problem]:
    if sum(group.count for group in cell.hosts.values()) > MAX_HOSTS:
        yield Problem(("hosts",), f"there are more than {MAX_HOSTS:,} hosts", "lower the counts")
        return
    seen: dict[str, str] = {}
    for name, group in cell.hosts.items():
        path = ("hosts", name)
        if group.count > 1 and "{n" not in group.names:
            yield Problem(
                (*path, "names"), f"{group.names!r} gives {group.count} hosts one name", "put {n:03d} into it"
            )
            continue
        for host in cell.host_names(name):
            if host in seen:
                yield Problem(
                    path,
                    f"the host {host} is in {seen[host]} too",
                    "give one of the groups other `names` or another `first`",
                )
                break
            seen[host] = name
        if group.devices() and "gpu" not in cell.complexes:
            fix = "add `gpu: {type: INT, consumable: true}` to complexes"
            yield Problem((*path, "gpus"), "there is no complex gpu to count the GPUs", fix)
        if len(set(group.devices())) != len(group.devices()):
            yield Problem((*path, "gpus"), "a GPU is there twice", "write a count or a list like [0, 1, 3]")
    yield from unknown(("addresses",), "host", map(cell.full_name, cell.addresses), [*seen, *_service_hosts(cell)])
    for host, address in cell.addresses.items():
        yield from checked(("addresses", host), _address, address)


def _service_hosts(cell: CellDescription) -> list[str]:
    return [cell.full_name(host) for host in (cell.qmaster, *cell.submit_hosts, *cell.admin_hosts)]


def _address(text: str) -> None:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a numeric address; write one like 127.0.0.1") from None


def _all_hosts(cell: CellDescription) -> list[str]:
    return [host for group in cell.hosts for host in cell.host_names(group)]


def _members(cell: CellDescription, path: Path_, members: Iterable[str], *, at_items: bool = True) -> Iterator[Problem]:
    hosts = set(_all_hosts(cell))
    groups = [*cell.hosts, *cell.host_groups]
    for number, member in enumerate(members):
        name = member.removeprefix("@")
        if name not in groups and (member.startswith("@") or cell.full_name(member) not in hosts):
            what = (
                f"there is no host group {name!r}"
                if member.startswith("@")
                else f"there is no host or host group {name!r}"
            )
            yield Problem((*path, number) if at_items else path, what, one_of(groups, name))


def _host_groups(cell: CellDescription) -> Iterator[Problem]:
    for name, members in cell.host_groups.items():
        if name in cell.hosts:
            yield Problem(("host_groups", name), f"{name} is a group of hosts already", "choose another name")
        yield from _members(cell, ("host_groups", name), members)
        reached: set[str] = set()
        todo = [name]
        while todo:
            for member in cell.host_groups.get(todo.pop(), []):
                plain = member.removeprefix("@")
                if plain == name:
                    yield Problem(
                        ("host_groups", name),
                        f"the host group {name} contains itself",
                        "take it out of its own members",
                    )
                    return
                if plain not in reached:
                    reached.add(plain)
                    todo.append(plain)


def _access(cell: CellDescription) -> Iterator[Problem]:
    lists = [*cell.access_lists, *defaults.ACCESS_LISTS]
    holders: list[tuple[Path_, Any]] = [(("hosts", name), group) for name, group in cell.hosts.items()]
    holders += [(("global_host",), cell.global_host)] if cell.global_host else []
    holders += [(("queues", number), queue) for number, queue in enumerate(cell.queues)]
    holders += [(("parallel_environments", name), pe) for name, pe in cell.parallel_environments.items()]
    for path, holder in holders:
        for key in ("user_lists", "xuser_lists"):
            yield from unknown((*path, key), "access list", getattr(holder, key), lists)
        for key in ("projects", "xprojects"):
            yield from unknown((*path, key), "project", getattr(holder, key, ()), cell.projects)
    for name, project in cell.projects.items():
        for key in ("access", "no_access"):
            yield from unknown(("projects", name, key), "access list", getattr(project, key, ()), lists)
    for name, user in cell.users.items():
        if user and user.default_project:
            yield from unknown(("users", name, "default_project"), "project", [user.default_project], cell.projects)
    departments: dict[str, str] = {}
    for name, one in cell.access_lists.items():
        if isinstance(one, AccessListDescription) and "DEPT" in one.type:
            for entry in one.entries:
                if departments.setdefault(entry, name) != name:
                    yield Problem(
                        ("access_lists", name),
                        f"{entry} is in the department {departments[entry]} too",
                        "keep a user in one department",
                    )


def _queues(cell: CellDescription) -> Iterator[Problem]:
    names = [queue.name for queue in cell.queues]
    for number, queue in enumerate(cell.queues):
        path = ("queues", number)
        if queue.name in names[:number]:
            yield Problem((*path, "name"), f"there are two queues {queue.name!r}", "give them different names")
        yield from _members(cell, (*path, "hosts"), queue.hosts)
        yield from unknown((*path, "pe"), "parallel environment", queue.pe, cell.parallel_environments)
        yield from _per_host(cell, path, queue)
        calendar = queue.calendar or {}
        wanted = list(calendar.values()) if isinstance(calendar, dict) else [calendar]
        yield from unknown((*path, "calendar"), "calendar", wanted, cell.calendars)
        yield from _members(cell, (*path, "overrides"), queue.overrides, at_items=False)
        for host, attributes in queue.overrides.items():
            for name in attributes:
                yield from unknown((*path, "overrides", host, name), "attribute of queue_conf(5)", [name], _OVERRIDABLE)


def _per_host(cell: CellDescription, path: Path_, queue: QueueDescription) -> Iterator[Problem]:
    for key in type(queue).model_fields:
        value = getattr(queue, key)
        if key in ("complex_values", "overrides") or not isinstance(value, dict):
            continue
        if "default" not in value:
            yield Problem((*path, key), f"{key} has no value for the other hosts", "add `default: ...`")
        yield from _members(cell, (*path, key), (host for host in value if host != "default"), at_items=False)


def _quotas(cell: CellDescription) -> Iterator[Problem]:
    names: set[str] = set()
    for number, quota in enumerate(cell.quotas):
        if isinstance(quota, str):
            yield from _limit(cell, ("quotas", number), quota)
            continue
        if quota.name in names:
            yield Problem(
                ("quotas", number, "name"), f"there are two quota sets {quota.name!r}", "give them different names"
            )
        names.add(quota.name)
        for position, limit in enumerate(quota.limits):
            yield from _limit(cell, ("quotas", number, "limits", position), limit)


def _limit(cell: CellDescription, path: Path_, text: str) -> Iterator[Problem]:
    malformed = list(checked(path, quotas.parse_limit, text))
    yield from malformed
    if malformed:
        return
    rule = quotas.parse_limit(text)
    yield from unknown(path, "complex", dict(rule.limits), complex_types(cell))
    known: dict[str, Collection[str]] = {
        "projects": cell.projects,
        "pes": cell.parallel_environments,
        "queues": [queue.name for queue in cell.queues],
    }
    for kind, one in rule.filters.items():
        exact = [name for name in (*one.wanted, *one.unwanted) if not quotas.is_pattern(name)]
        if kind == "hosts":
            yield from _members(cell, path, exact, at_items=False)
        elif kind == "users":
            lists = [name[1:] for name in exact if name.startswith("@")]
            yield from unknown(path, "access list", lists, [*cell.access_lists, *defaults.ACCESS_LISTS])
        else:
            yield from unknown(path, kind.removesuffix("s"), exact, known[kind])
