"""From a cell's texts to what the scheduler walks over: hosts, queue instances, parallel environments, access."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fake_sge.core.config import CellConfig, Complex, Machine
from fake_sge.core.model import Grant
from fake_sge.core.resources import NotAValue, parse_time, parse_value
from fake_sge.core.states import queue_letters
from fake_sge.core.subordinates import Subordinates, read_subordinates

if TYPE_CHECKING:
    from fake_sge.core.model import Task

__all__ = [
    "Access",
    "Environment",
    "Host",
    "Layout",
    "QueueInstance",
    "attribute_for",
    "expand_hosts",
    "machine_load",
    "names",
    "pairs",
    "same_host",
]

_OVERRIDE = re.compile(r",?\s*\[([^=\]]+)=([^\]]*)\]")


def names(text: str) -> list[str]:
    """The entries of a list attribute, whether joined by blanks or commas; none for NONE."""
    return [name for name in re.split(r"[\s,]+", text.strip()) if name and name.upper() != "NONE"]


def pairs(text: str) -> list[tuple[str, str]]:
    """``a=1,b=2`` as pairs, in order; none for NONE."""
    return [(name, value) for name, _, value in (item.partition("=") for item in names(text))]


def same_host(wanted: str, host: str) -> bool:
    """Host names are compared without case; a bare name stands for the one in the cell's domain."""
    wanted, host = wanted.lower(), host.lower()
    return wanted == host or ("." not in wanted and host.partition(".")[0] == wanted)


def expand_hosts(groups: Mapping[str, Sequence[str]], entries: Sequence[str]) -> list[str]:
    """The host names behind hosts and (nested) ``@groups``, each once, in order."""
    found: dict[str, None] = {}
    seen: set[str] = set()

    def walk(entry: str) -> None:
        if not entry.startswith("@"):
            found.setdefault(entry)
        elif entry not in seen:
            seen.add(entry)
            for member in groups.get(entry, ()):
                walk(member)

    for entry in entries:
        walk(entry)
    return list(found)


def attribute_for(text: str, host: str, groups: Mapping[str, Sequence[str]]) -> str:
    """A queue attribute's text as it holds on *host*: ``16,[gpu001=8],[@big=32]``; the host's own entry wins."""
    if "[" not in text:
        return text.strip()
    chosen = None
    for where, value in _OVERRIDE.findall(text):
        if not where.startswith("@") and same_host(where, host):
            return str(value).strip()
        if where.startswith("@") and chosen is None and host in expand_hosts(groups, [where]):
            chosen = value.strip()
    return chosen if chosen is not None else text[: text.index("[")].rstrip(", ").strip()


@dataclass(slots=True)
class Access:
    """user_lists and xuser_lists, projects and xprojects of a host, queue or parallel environment."""

    users: list[str] = field(default_factory=list)
    no_users: list[str] = field(default_factory=list)
    projects: list[str] = field(default_factory=list)
    no_projects: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, attributes: Mapping[str, str]) -> Access:
        return cls(
            *(names(attributes.get(key, "NONE")) for key in ("user_lists", "xuser_lists", "projects", "xprojects"))
        )

    @property
    def open(self) -> bool:
        """Nobody is kept out."""
        return not (self.users or self.no_users or self.projects or self.no_projects)

    def admits(self, memberships: Sequence[str]) -> bool:
        """May someone on these access lists come in? The x-list wins; no list lets everyone in."""
        if any(name in self.no_users for name in memberships):
            return False
        return not self.users or any(name in self.users for name in memberships)

    def admits_project(self, project: str | None) -> bool:
        if project in self.no_projects:
            return False
        return not self.projects or project in self.projects


@dataclass(slots=True, eq=False)
class Host:
    """An execution host, or ``global``. *capacity* and *used* are of consumables, *fixed* other complex_values.

    *figures* are load values already parsed, *measured* those of consumables, which may leave less than is accounted
    for; *free_devices* are GPU numbers no job holds. *recent* are the start second and slots of what runs here and may
    not be felt in the load yet; a *stale* host is to be rated anew. *scaling* are factors of its load values.
    """

    name: str
    index: int
    access: Access
    capacity: dict[str, float]
    fixed: dict[str, str]
    machine: Machine = field(default_factory=Machine)
    used: dict[str, float] = field(default_factory=dict)
    load: dict[str, str] = field(default_factory=dict)
    up: bool = True
    heard_at: float | None = None
    unknown_at: float = 0.0
    watched: bool = False
    figures: dict[str, float | None] = field(default_factory=dict)
    measured: dict[str, float] = field(default_factory=dict)
    free_devices: list[int] = field(default_factory=list)
    recent: dict[tuple[int, int, int], tuple[int, int]] = field(default_factory=dict)
    stale: bool = True
    queue_instances: list[QueueInstance] = field(default_factory=list)
    sort_value: float = 0.0
    scaling: dict[str, float] = field(default_factory=dict)

    def take_over(self, before: Host) -> None:
        """Go on from the host of this name in an earlier layout, but for what tasks have taken of it."""
        self.load, self.up, self.heard_at, self.watched = before.load, before.up, before.heard_at, before.watched
        self.sort_value, self.unknown_at = before.sort_value, before.unknown_at

    def scaled(self, name: str) -> str:
        """The text of a load value after load_scaling, as the scheduler and qstat(1) know it."""
        text = self.load[name]
        if name not in self.scaling:
            return text
        return f"{_number('DOUBLE', text) * self.scaling[name]:8.3f}"

    def free(self, name: str) -> float:
        """What is left of a consumable that the host has."""
        left = self.capacity[name] - self.used.get(name, 0.0)
        return min(left, self.measured[name]) if name in self.measured else left


@dataclass(slots=True, eq=False)
class QueueInstance:
    """A cluster queue on one host. *flags* are its state letters; *capacity* leaves out ``slots``, which has its own
    fields. *h_rt* and *s_rt* are its limits in seconds. *siblings* are all queue instances of the cluster queue, the
    longest unchanged first; *roomy* are those that aren't full. *slots_key* stands for its slots in a plan.
    *suspended_at* is when a threshold last suspended or resumed something here.
    """

    name: str
    queue: str
    host: str
    index: int
    execution_host: Host
    texts: dict[str, str]
    access: Access
    slots: int
    seq_no: int
    thresholds: list[tuple[str, str]]
    capacity: dict[str, float]
    fixed: dict[str, str]
    types: list[str]
    environments: list[str]
    h_rt: float
    s_rt: float
    siblings: dict[QueueInstance, None] = field(repr=False)
    roomy: dict[QueueInstance, None] = field(repr=False)
    checkpoints: list[str] = field(default_factory=list)
    sort_key: tuple[float, float] = (0.0, 0.0)
    used: int = 0
    reserved: int = 0
    used_of: dict[str, float] = field(default_factory=dict)
    flags: str = ""
    tasks: dict[tuple[int, int], Task] = field(default_factory=dict)
    error_reason: str = ""
    suspend_thresholds: list[tuple[str, str]] = field(default_factory=list)
    suspended_at: float | None = None
    subordinates: Subordinates = field(default_factory=Subordinates)
    slots_key: tuple[str, str] = field(init=False)
    _grants: dict[int, Grant] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.slots_key = self.name, "slots"

    def grant(self, slots: int) -> Grant:
        """A grant of *slots* without devices; the same one every time."""
        known = self._grants.get(slots)
        if known is None:
            known = self._grants[slots] = Grant(self.name, slots)
        return known

    @property
    def state(self) -> str:
        """State letters as qstat(1) prints them."""
        return queue_letters(self.flags)

    def take_over(self, before: QueueInstance) -> None:
        """Go on from the queue instance of this name in an earlier layout, but for what tasks have taken of it."""
        self.flags = before.flags.replace("o", "") + ("o" if "o" in self.flags else "")
        self.error_reason, self.sort_key = before.error_reason, before.sort_key
        self.suspended_at = before.suspended_at

    def attributes(self, name: str) -> str:
        """The text of a queue_conf(5) attribute as it holds on this host."""
        return self.texts[name]

    def free(self, name: str) -> float:
        """What is left of a consumable that the queue has."""
        return self.capacity[name] - self.used_of.get(name, 0.0)


@dataclass(slots=True, eq=False)
class Environment:
    """A parallel environment: sge_pe(5). *rule* is ``$pe_slots``, ``$fill_up``, ``$round_robin`` or a number."""

    name: str
    slots: int
    rule: str
    access: Access
    urgency_slots: str
    used: int = 0

    def per_host(self, slots: int) -> int | None:
        """Slots that each host must give; None where the rule leaves it open."""
        if self.rule == "$pe_slots":
            return slots
        return int(self.rule) if self.rule.isdigit() else None


class Layout:
    """Everything compiled from a `CellConfig`; made anew whenever the configuration changes.

    *loads* are the names of all load values that hosts have reported, *restless* queue instances that may be in alarm.
    Queue instances that are *occupied* are there even where the host list lacks their host: they are orphaned, state o.
    """

    def __init__(self, config: CellConfig, occupied: Iterable[str] = ()) -> None:
        self.complexes: dict[str, Complex] = dict(config.complexes)
        self.shortcuts = {c.shortcut: c.name for c in config.complexes.values()}
        self.groups = config.host_groups
        self.consumables = [c for c in config.complexes.values() if c.consumable in ("YES", "JOB")]
        self.forced = [c.name for c in config.complexes.values() if c.requestable == "FORCED"]
        self.everywhere = self._host("global", -1, config)
        self.hosts = {name: self._host(name, i, config) for i, name in enumerate(_host_names(config))}
        self.loads = {name for host in self.hosts.values() for name in host.load}
        self.environments = {name: _environment(name, texts) for name, texts in config.parallel_environments.items()}
        self.queue_instances = self._instances(config, list(occupied))
        self._by_name = {instance.name: instance for instance in self.queue_instances}
        self._queues = {place.queue: place for place in self.queue_instances}
        self.counted = self._counted()
        self.slots_bind = self._slots_bind()
        self.one_queue_a_host = all(len(host.queue_instances) <= 1 for host in self.hosts.values())
        self.restless: dict[QueueInstance, None] = {}
        self.suspending = [instance for instance in self.queue_instances if instance.suspend_thresholds]
        self.subordinating = any(instance.subordinates.entries for instance in self.queue_instances)
        self.counting = any(self._counts(instance) for instance in self.queue_instances)
        self.kinds = self._kinds()
        self.members = _members(config)
        self.access_lists_used = self._access_lists_used()
        self.projects_used = self._projects_used()

    def _counts(self, place: QueueInstance) -> bool:
        """Does a threshold of *place* go by what is in use, not by load alone?"""
        given = [self.complex(name) for name, _ in (*place.thresholds, *place.suspend_thresholds)]
        return any(attribute is not None and attribute.consumable != "NO" for attribute in given)

    def complex(self, name: str) -> Complex | None:
        """By name or shortcut."""
        return self.complexes.get(name) or self.complexes.get(self.shortcuts.get(name, ""))

    def place(self, name: str) -> QueueInstance:
        """The queue instance ``queue@host``; raises KeyError."""
        return self._by_name[name]

    def has_place(self, name: str) -> bool:
        """Is there a queue instance of this name?"""
        return name in self._by_name

    def touch(self, place: QueueInstance) -> None:
        """It changed: the scheduler sees changed queue instances behind those of its cluster queue that didn't."""
        siblings, roomy = place.siblings, place.roomy
        del siblings[place]
        siblings[place] = None
        roomy.pop(place, None)
        if place.used < place.slots:
            roomy[place] = None

    def occupy(self, environment: str, slots: int) -> None:
        """Take *slots* of an environment (below 0: give them back): the scheduler sees it behind the others then."""
        known = self.environments[environment] = self.environments.pop(environment)
        known.used += slots

    def keep_order(self, before: Layout) -> None:
        """See queue instances and environments in the order of an earlier layout, new ones last."""
        names = [name for name in before.environments if name in self.environments]
        self.environments = {name: self.environments[name] for name in dict.fromkeys([*names, *self.environments])}
        earlier = {place.name: rank for rank, place in enumerate(before.in_order())}
        for one in self._queues.values():
            ordered = sorted(one.siblings, key=lambda place: earlier.get(place.name, len(earlier)))
            one.siblings.clear()
            one.siblings.update(dict.fromkeys(ordered))
            one.roomy.clear()
            one.roomy.update((place, None) for place in ordered if place.used < place.slots or not place.used)

    def in_order(self) -> list[QueueInstance]:
        """As the scheduler sees them before it sorts: by cluster queue, the longest unchanged first."""
        return [place for one in self._queues.values() for place in one.siblings]

    def with_room(self) -> list[QueueInstance]:
        """Those of `in_order` that aren't full (and some that are, by their configuration)."""
        return [place for one in self._queues.values() for place in one.roomy]

    def _slots_bind(self) -> bool:
        """Are slots counted anywhere so that there may be fewer than the queue instances there have?"""
        if "slots" in self.everywhere.capacity or any("slots" in place.capacity for place in self.queue_instances):
            return True
        hosts = [host for host in self.hosts.values() if "slots" in host.capacity]
        return any(
            "slots" in host.load or host.capacity["slots"] < sum(place.slots for place in host.queue_instances)
            for host in hosts
        )

    def _counted(self) -> frozenset[str]:
        """The consumables of which there is a number somewhere."""
        levels: list[Host | QueueInstance] = [self.everywhere, *self.hosts.values(), *self.queue_instances]
        return frozenset(name for level in levels for name in level.capacity)

    def _kinds(self) -> list[list[QueueInstance]]:
        """Queue instances that differ in nothing but their host's name and load, the first standing for its like."""
        found: dict[str, list[QueueInstance]] = {}
        for place in self.queue_instances:
            host = place.execution_host
            there = (place.queue, place.texts, place.access, place.fixed, sorted(place.capacity))
            found.setdefault(repr((*there, host.access, host.fixed, sorted(host.capacity))), []).append(place)
        return list(found.values())

    def memberships(self, user: str, group: str) -> list[str]:
        """Access lists that *user* is on, by name or by ``@group``."""
        return [name for name, entries in self.members.items() if user in entries or f"@{group}" in entries]

    def _split(self, text: str) -> tuple[dict[str, float], dict[str, str]]:
        """complex_values as consumable capacities and fixed values."""
        capacity: dict[str, float] = {}
        fixed: dict[str, str] = {}
        for name, value in pairs(text):
            attribute = self.complex(name)
            if attribute is None:
                continue
            if attribute.consumable in ("YES", "JOB"):
                capacity[attribute.name] = _number(attribute.type, value)
            else:
                fixed[attribute.name] = value
        return capacity, fixed

    def _host(self, name: str, index: int, config: CellConfig) -> Host:
        texts = config.hosts.get(name, {})
        machine = config.machines.get(name, Machine())
        capacity, fixed = self._split(texts.get("complex_values", "NONE"))
        host = Host(name, index, Access.of(texts), capacity, fixed, machine)
        host.free_devices = list(machine.gpus)
        host.scaling = {factor: _number("DOUBLE", text) for factor, text in pairs(texts.get("load_scaling", "NONE"))}
        if index >= 0:
            host.load = machine_load(machine)
        return host

    def _instances(self, config: CellConfig, occupied: Sequence[str]) -> list[QueueInstance]:
        found: list[QueueInstance] = []
        for queue, texts in config.queues.items():
            listed = expand_hosts(config.host_groups, names(texts.get("hostlist", "NONE")))
            busy = [host for of, _, host in (name.partition("@") for name in occupied) if of == queue]
            siblings: dict[QueueInstance, None] = {}
            roomy: dict[QueueInstance, None] = {}
            for host in dict.fromkeys([*listed, *busy]):
                if host in self.hosts:
                    made = self._instance(queue, self.hosts[host], texts, len(found), (siblings, roomy))
                    if host not in listed:
                        made.flags += "o"
                    found.append(made)
            siblings.update(dict.fromkeys(place for place in found if place.queue == queue))
            roomy.update(siblings)
        return found

    def _instance(
        self,
        queue: str,
        host: Host,
        texts: Mapping[str, str],
        index: int,
        orders: tuple[dict[QueueInstance, None], dict[QueueInstance, None]],
    ) -> QueueInstance:
        own = {key: attribute_for(text, host.name, self.groups) for key, text in texts.items()}
        capacity, fixed = self._split(own.get("complex_values", "NONE"))
        made = QueueInstance(
            name=f"{queue}@{host.name}",
            queue=queue,
            host=host.name,
            index=index,
            execution_host=host,
            texts=own,
            access=Access.of(own),
            slots=int(own.get("slots", "1")),
            seq_no=int(own.get("seq_no", "0")),
            thresholds=pairs(own.get("load_thresholds", "NONE")),
            suspend_thresholds=_suspend_thresholds(own),
            subordinates=read_subordinates(own.get("subordinate_list", "NONE")),
            capacity=capacity,
            fixed=fixed,
            types=names(own.get("qtype", "BATCH INTERACTIVE")),
            environments=names(own.get("pe_list", "NONE")),
            checkpoints=names(own.get("ckpt_list", "NONE")),
            h_rt=parse_time(own.get("h_rt", "INFINITY")),
            s_rt=parse_time(own.get("s_rt", "INFINITY")),
            siblings=orders[0],
            roomy=orders[1],
            flags="d" if own.get("initial_state") == "disabled" else "",
        )
        host.queue_instances.append(made)
        return made

    def _accesses(self) -> list[Access]:
        found = [host.access for host in (self.everywhere, *self.hosts.values())]
        found += [environment.access for environment in self.environments.values()]
        return found + [instance.access for instance in self.queue_instances]

    def _access_lists_used(self) -> list[str]:
        used = {name for access in self._accesses() for name in (*access.users, *access.no_users)}
        return [name for name in self.members if name in used]

    def _projects_used(self) -> frozenset[str]:
        return frozenset(p for access in self._accesses() for p in (*access.projects, *access.no_projects))


def machine_load(machine: Machine) -> dict[str, str]:
    """The load values of an idle machine, as its execd would report them (`load_parameters(5)`)."""
    topology = "".join("S" + ("C" + "T" * (machine.threads // max(machine.cores, 1) if machine.threads > machine.cores
    else 0))
                       * max(machine.cores // max(machine.sockets, 1), 1) for _ in range(machine.sockets))  # fmt: skip
    megabytes = 1024.0**2
    values = {f"load_{span}": "0.000000" for span in ("avg", "short", "medium", "long")}
    values |= {"arch": machine.arch, "num_proc": str(machine.processors)}
    totals = {"mem": machine.memory, "swap": machine.swap, "virtual": machine.memory + machine.swap}
    for what in ("free", "total", "used"):
        for kind, total in totals.items():
            values[f"{kind}_{what}"] = f"{0.0 if what == 'used' else total / megabytes:f}M"
    values |= {
        "cpu": "0.000000",
        "m_topology": topology,
        "m_topology_inuse": topology,
        "m_socket": str(machine.sockets),
    }
    values |= {"m_core": str(machine.cores), "m_thread": str(machine.threads)}
    return values | {f"np_load_{span}": "0.000000" for span in ("avg", "short", "medium", "long")}


def _host_names(config: CellConfig) -> list[str]:
    return sorted(name for name in config.hosts if name not in ("global", "template"))


def _number(type_: str, text: str) -> float:
    try:
        return parse_value(type_, text)
    except NotAValue:
        return 0.0


def _suspend_thresholds(texts: Mapping[str, str]) -> list[tuple[str, str]]:
    """None if they can't suspend anything: nsuspend or suspend_interval is 0."""
    if not int(texts.get("nsuspend", "1")) or not parse_time(texts.get("suspend_interval", "00:05:00")):
        return []
    return pairs(texts.get("suspend_thresholds", "NONE"))


def _environment(name: str, texts: Mapping[str, str]) -> Environment:
    slots = int(texts.get("slots", "0"))
    rule = texts.get("allocation_rule", "$pe_slots")
    return Environment(name, slots, rule, Access.of(texts), texts.get("urgency_slots", "min"))


def _members(config: CellConfig) -> dict[str, frozenset[str]]:
    return {name: frozenset(names(texts.get("entries", "NONE"))) for name, texts in config.access_lists.items()}
