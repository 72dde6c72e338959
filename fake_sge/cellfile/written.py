"""A cell's objects described again, as plain data for a cell file: what is as freshly installed is left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from fake_sge.cellfile import defaults
from fake_sge.cellfile.sharetree import written_share_tree
from fake_sge.cellfile.units import format_duration, parse_duration
from fake_sge.cellfile.written_hosts import Names, host_access, listed_names, written_hosts
from fake_sge.core.config import Attributes, CellConfig, Complex, ResourceQuotaSet

__all__ = ["written_cell"]

_STANDARD_ADMINS = ["root"]


def written_cell(config: CellConfig) -> dict[str, Any]:
    """The keys of `CellDescription` with the values that give *config* when they are read."""
    names = Names(config)
    hosts, groups = written_hosts(config, names)
    own = set(config.hosts)
    whole: dict[str, Any] = {
        "domain": names.domain,
        "cell_name": config.cell if config.cell != "default" else None,
        "cluster_name": config.cluster_name,
        "time_zone": config.time_zone if config.time_zone != "UTC" else None,
        "qmaster": names.short(config.qmaster),
        "submit_hosts": _Always(names.short(host) for host in config.submit_hosts if host != config.qmaster),
        "admin_hosts": [names.short(host) for host in config.admin_hosts if host not in own | {config.qmaster}],
        "managers": list(config.managers) if config.managers != _STANDARD_ADMINS else None,
        "operators": list(config.operators),
        "hosts": hosts,
        "global_host": _global_host(config.hosts.get("global", {})),
        "host_groups": groups,
        "queues": [_queue(queue, names) for queue in config.queues.values()],
        "parallel_environments": {name: _pe(pe) for name, pe in config.parallel_environments.items()},
        "complexes": dict(_complexes(config.complexes)),
        "projects": {name: _project(one) or None for name, one in config.projects.items()},
        "access_lists": dict(_access_lists(config.access_lists)),
        "users": {name: _user(one) or None for name, one in config.users.items()},
        "quotas": [_quota(one) for one in config.resource_quotas.values()],
        "calendars": {name: _given(one, ("year", "week"), str) for name, one in config.calendars.items()},
        "checkpoints": {name: _given(one, _CHECKPOINT, str) for name, one in config.checkpoints.items()},
        "share_tree": written_share_tree(config.share_tree),
        "scheduler": _scheduler(config.scheduler),
        "configuration": _configuration(config.configuration.get("global", {})),
        "addresses": {
            names.short(name): one.address for name, one in config.machines.items() if one.address != "127.0.0.1"
        },
        "enforce_rmem": config.enforce_rmem or None,
        "load_follows_jobs": config.load_follows_jobs or None,
    }
    return {key: value for key, value in whole.items() if value or isinstance(value, _Always)}


_CHECKPOINT = (
    "interface",
    "ckpt_command",
    "migr_command",
    "restart_command",
    "clean_command",
    "ckpt_dir",
    "signal",
    "when",
)


class _Always(list[str]):
    """A list that is written even if it is empty."""


def _values(text: str) -> dict[str, Any]:
    pairs = (part.partition("=") for part in listed_names(text))
    return {name: _scalar(value) for name, _, value in pairs}


def _scalar(text: str) -> int | str:
    """A text as a person writes it: numbers without quotes."""
    return int(text) if re.fullmatch(r"0|-?[1-9]\d{0,17}", text) else text


def _given(one: Mapping[str, str], keys: Iterable[str], read: Callable[[str], Any]) -> dict[str, Any]:
    return {key: read(one[key]) for key in keys if one.get(key, "NONE").upper() != "NONE"}


def _global_host(one: Attributes) -> dict[str, Any]:
    values = _values(one.get("complex_values", "NONE"))
    return ({"complex_values": values} if values else {}) | host_access(one)


_QUEUE_LISTS = {"pe_list": "pe", **{name: name for name in ("user_lists", "xuser_lists", "projects", "xprojects")}}


def _queue(queue: Attributes, names: Names) -> dict[str, Any]:
    hosts = [names.member(one) for one in listed_names(queue["hostlist"])]
    found: dict[str, Any] = {"name": queue["qname"], "hosts": hosts}
    overrides: dict[str, dict[str, Any]] = {}
    for attribute, text in queue.items():
        plain, others = _split_overrides(text)
        for host, value in others:
            overrides.setdefault(names.member(host), {})[attribute] = _scalar(value)
        if attribute in ("qname", "hostlist") or attribute not in defaults.QUEUE:
            continue
        if plain == defaults.QUEUE[attribute] and attribute != "slots":
            continue
        found[_QUEUE_LISTS.get(attribute, _QUEUE_NAMES.get(attribute, attribute))] = _queue_value(attribute, plain)
    return found | ({"overrides": overrides} if overrides else {})


_QUEUE_NAMES = {"qtype": "type"}


def _queue_value(attribute: str, text: str) -> Any:
    if attribute in _QUEUE_LISTS:
        return listed_names(text)
    if attribute == "qtype":
        return [kind.lower() for kind in listed_names(text)]
    if attribute == "complex_values":
        return _values(text)
    if attribute == "rerun":
        return text.upper() == "TRUE"
    return _time(text) if re.fullmatch(r"\d+:\d+:\d+", text) else _scalar(text)


def _time(text: str) -> str:
    return format_duration(parse_duration(text))


def _split_overrides(text: str) -> tuple[str, list[tuple[str, str]]]:
    """``16,[gpu001=8],[@big=32]``: the plain value, and what holds on hosts and host groups."""
    plain = text.partition("[")[0].rstrip(" ,")
    return plain or "NONE", [(host, value) for host, value in re.findall(r"\[([^=\]]+)=([^\]]*)\]", text)]


def _pe(pe: Attributes) -> dict[str, Any]:
    rule = pe["allocation_rule"]
    found: dict[str, Any] = {"rule": _scalar(rule)}
    if pe["slots"] != "9999":
        found["slots"] = _scalar(pe["slots"])
    found |= {key: value for key in ("user_lists", "xuser_lists") if (value := listed_names(pe.get(key, "NONE")))}
    found |= _given(pe, ("start_proc_args", "stop_proc_args", "qsort_args"), str)
    usual = {"control_slaves": True, "job_is_first_task": rule == "$pe_slots", "accounting_summary": True}
    for key, otherwise in usual.items():
        if (given := pe.get(key, "FALSE").upper() == "TRUE") != otherwise:
            found[key] = given
    if (urgency := pe.get("urgency_slots", "min")) != "min":
        found["urgency_slots"] = _scalar(urgency)
    return found


def _complexes(complexes: Mapping[str, Complex]) -> Iterator[tuple[str, dict[str, Any]]]:
    built_in = defaults.complexes()
    for name, one in complexes.items():
        if one == built_in.get(name):
            continue
        amount = one.type in ("INT", "DOUBLE", "MEMORY", "TIME")
        found: dict[str, Any] = {"type": one.type}
        if one.shortcut != name:
            found["shortcut"] = one.shortcut
        if one.relop != ("<=" if amount else "=="):
            found["relop"] = one.relop
        if one.requestable != "YES":
            found["requestable"] = "forced" if one.requestable == "FORCED" else False
        if one.consumable != "NO":
            found["consumable"] = "job" if one.consumable == "JOB" else True
        if one.default not in ("NONE", "0:0:0" if one.type == "TIME" else "0"):
            found["default"] = _scalar(one.default)
        if one.urgency != "0":
            found["urgency"] = float(one.urgency) if "." in one.urgency else int(one.urgency)
        yield name, found


def _project(one: Attributes) -> dict[str, Any]:
    lists = (("access", "acl"), ("no_access", "xacl"))
    return {key: value for key, name in lists if (value := listed_names(one[name]))} | _tickets(one)


def _tickets(one: Attributes) -> dict[str, Any]:
    return {key: int(one[key]) for key in ("oticket", "fshare") if one.get(key, "0") != "0"}


def _access_lists(lists: Mapping[str, Attributes]) -> Iterator[tuple[str, Any]]:
    for name, one in lists.items():
        if one == defaults.ACCESS_LISTS.get(name):
            continue
        entries = listed_names(one["entries"])
        rest = _tickets(one) | ({"type": one["type"]} if one["type"] != "ACL" else {})
        yield name, {"entries": entries, **rest} if rest else entries


def _user(one: Attributes) -> dict[str, Any]:
    return _tickets(one) | _given(one, ("default_project",), str)


def _quota(one: ResourceQuotaSet) -> dict[str, Any]:
    found: dict[str, Any] = {"name": one.name, "limits": list(one.limits)}
    if one.description.upper() != "NONE":
        found["description"] = one.description
    return found if one.enabled else found | {"enabled": False}


_FLOATS = re.compile(r"-?\d+\.\d+")


def _scheduler(scheduler: Attributes) -> dict[str, Any]:
    profiles = {"debian": defaults.SCHEDULER, "upstream": defaults.SCHEDULER_UPSTREAM}
    profile = max(profiles, key=lambda name: sum(scheduler.get(key) == text for key, text in profiles[name].items()))
    found: dict[str, Any] = {} if profile == "debian" else {"profile": profile}
    for name, text in profiles[profile].items():
        value = scheduler.get(name, text)
        if value == text or name == "algorithm":
            continue
        if value.upper() in ("TRUE", "FALSE"):
            found[name] = value.upper() == "TRUE"
        elif re.fullmatch(r"\d+:\d+:\d+", value):
            found[name] = _time(value)
        else:
            found[name] = float(value) if _FLOATS.fullmatch(value) else _scalar(value)
    return found


def _configuration(configuration: Attributes) -> dict[str, Any]:
    return {
        name: value.lower() == "true" if value.lower() in ("true", "false") else _scalar(value)
        for name, value in configuration.items()
        if name in defaults.CONFIGURATION and value != defaults.CONFIGURATION[name]
    }
