"""Execution hosts described again: those of one kind with consecutive numbers are one group."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from fake_sge.cellfile import defaults
from fake_sge.cellfile.units import format_memory
from fake_sge.core.config import Attributes, CellConfig, Machine

__all__ = ["Names", "host_access", "listed_names", "written_hosts"]

_NUMBERED = re.compile(r"(.*?)(\d+)(\D*)")


class Names:
    """The short names of a cell's hosts: without the domain that all of them have."""

    def __init__(self, config: CellConfig) -> None:
        known = [name for name in config.hosts if name != "global"]
        known += [config.qmaster, *config.submit_hosts, *config.admin_hosts]
        domains = {name.partition(".")[2] for name in known}
        self.domain = domains.pop() if len(domains) == 1 else ""
        self.groups: dict[str, str] = {}

    def short(self, host: str) -> str:
        """*host* as it is written in the file."""
        return host.removesuffix(f".{self.domain}") if self.domain else host

    def member(self, name: str) -> str:
        """A host group or a host in a list of such."""
        return name if name.startswith("@") else self.short(name)


def written_hosts(config: CellConfig, names: Names) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The keys ``hosts`` and ``host_groups`` of a cell file."""
    taken = {name.removeprefix("@") for name in config.host_groups}
    hosts: dict[str, Any] = {}
    runs: dict[str, list[str]] = {}
    for run in _runs(config, names):
        name = _group_name(config, run, taken | set(hosts))
        hosts[name] = _group(config, names, run, name)
        runs[name] = run
    groups = {
        name.removeprefix("@"): _members(members, runs, names)
        for name, members in config.host_groups.items()
        if runs.get(name.removeprefix("@")) != list(members)
    }
    return hosts, groups


def _runs(config: CellConfig, names: Names) -> Iterator[list[str]]:
    """The hosts in order, together as long as they are alike and their numbers follow each other."""
    run: list[str] = []
    for host in sorted((name for name in config.hosts if name != "global"), key=lambda name: _place(names.short(name))):
        if run and _alike(config, run[0], host) and names.short(host) == _next(names.short(run[-1])):
            run.append(host)
            continue
        if run:
            yield run
        run = [host]
    if run:
        yield run


def _place(name: str) -> tuple[str, int, int, str]:
    found = _NUMBERED.fullmatch(name)
    return (found[1], len(found[2]), int(found[2]), found[3]) if found else (name, 0, 0, "")


def _next(name: str) -> str:
    found = _NUMBERED.fullmatch(name)
    return f"{found[1]}{int(found[2]) + 1:0{len(found[2])}d}{found[3]}" if found else ""


def _alike(config: CellConfig, one: str, other: str) -> bool:
    def texts(host: str) -> dict[str, Any]:
        attributes = {name: text for name, text in config.hosts[host].items() if name != "hostname"}
        return attributes | {"complex_values": sorted(_capacities(config.hosts[host]).items())}

    def machine(host: str) -> list[Any]:
        found = config.machines.get(host, Machine())
        return [found.processors, found.sockets, found.cores, found.memory, found.swap, found.gpus, found.arch]

    return texts(one) == texts(other) and machine(one) == machine(other)


def _group_name(config: CellConfig, run: Sequence[str], taken: set[str]) -> str:
    """The host group that has exactly these hosts; else their names without the number."""
    for name, members in config.host_groups.items():
        if list(members) == list(run) and re.fullmatch(r"@[A-Za-z_][A-Za-z0-9_.-]*", name):
            return name.removeprefix("@")
    bare = run[0].partition(".")[0]
    plain = re.sub(r"\d+\D*$", "", bare).rstrip("-_") or bare
    plain = plain if plain[0].isalpha() else f"hosts_{plain}"
    choices = [plain, bare if bare[0].isalpha() else f"host_{bare}", *(f"{plain}_{n}" for n in range(2, 100_000))]
    return next(name for name in choices if name not in taken)


def _group(config: CellConfig, names: Names, run: Sequence[str], name: str) -> dict[str, Any]:
    first, attributes = names.short(run[0]), config.hosts[run[0]]
    machine = config.machines.get(run[0], Machine())
    found: dict[str, Any] = {"count": len(run)} if len(run) > 1 else {}
    number = _NUMBERED.fullmatch(first)
    if len(run) > 1 and number:
        pattern = f"{number[1]}{{n:0{len(number[2])}d}}{number[3]}"
        if len(number[2]) == 1 or number[2][0] != "0":
            pattern = f"{number[1]}{{n}}{number[3]}"
        found["names"] = pattern
        if int(number[2]) != 1:
            found["first"] = int(number[2])
    elif first != f"{name}001":
        found["names"] = first
    found |= _capacity(config, attributes, machine)
    return found | host_access(attributes)


def host_access(attributes: Attributes) -> dict[str, Any]:
    """Who may use a host, and how its load and usage count, as far as that is said."""
    lists = {key: attributes.get(key, "NONE") for key in ("user_lists", "xuser_lists", "projects", "xprojects")}
    texts = {key: attributes.get(key, "NONE") for key in ("load_scaling", "usage_scaling", "report_variables")}
    found: dict[str, Any] = {key: names for key, text in lists.items() if (names := listed_names(text))}
    return found | {key: text for key, text in texts.items() if text.upper() != "NONE"}


def listed_names(text: str) -> list[str]:
    """The names in a list of SGE's, none of ``NONE``."""
    return [] if text.upper() in ("", "NONE") else re.split(r"[\s,]+", text.strip())


def _capacity(config: CellConfig, attributes: Attributes, machine: Machine) -> dict[str, Any]:
    """Slots, memory, GPUs, processors; of the complex values those that don't follow from these."""
    values: dict[str, Any] = _capacities(attributes)
    slots = values.pop("slots", None)
    left_out = {} if slots is not None else {"slots": None}
    amount = int(slots) if slots and slots.isdigit() else machine.processors
    if slots is not None and not slots.isdigit():
        values["slots"] = slots
    found: dict[str, Any] = {"slots": amount}
    if machine.memory:
        found["memory"] = format_memory(machine.memory)
        if "rmem" in config.complexes and "rmem" not in values:
            left_out["rmem"] = None
        elif values.get("rmem") == found["memory"]:
            del values["rmem"]
    if machine.swap:
        found["swap"] = format_memory(machine.swap)
    if machine.gpus and "gpu" in config.complexes:
        whole = machine.gpus == tuple(range(len(machine.gpus)))
        found["gpus"] = len(machine.gpus) if whole else list(machine.gpus)
        if values.get("gpu") == str(len(machine.gpus)):
            del values["gpu"]
        elif "gpu" not in values:
            left_out["gpu"] = None
    if machine.processors != max(amount, 1):
        found["processors"] = machine.processors
    if machine.sockets != 1:
        found["sockets"] = machine.sockets
    if machine.cores != machine.processors:
        found["cores"] = machine.cores
    if machine.arch != "lx-amd64":
        found["arch"] = machine.arch
    values = {name: int(text) if re.fullmatch(r"0|[1-9]\d{0,17}", text) else text for name, text in values.items()}
    return found | ({"complex_values": values | left_out} if values or left_out else {})


def _capacities(attributes: Attributes) -> dict[str, str]:
    text = attributes.get("complex_values", defaults.HOST["complex_values"])
    pairs = (part.partition("=") for part in re.split(r"[\s,]+", text) if "=" in part)
    return {name: value for name, _, value in pairs}


def _members(members: Sequence[str], runs: dict[str, list[str]], names: Names) -> list[str]:
    """*members* with the groups that stand for several of them in a row."""
    found: list[str] = []
    position = 0
    by_first = {run[0]: (name, run) for name, run in runs.items()}
    while position < len(members):
        name, run = by_first.get(members[position], ("", []))
        if run and list(members[position : position + len(run)]) == run:
            found.append(name)
            position += len(run)
        else:
            found.append(names.member(members[position]))
            position += 1
    return found
