"""From a cell's texts to what the scheduler walks over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fake_sge.core.config import CellConfig, Complex, Machine
from fake_sge.core.instances import Access, Environment, Host, QueueInstance
from fake_sge.core.resources import parse_time, value_or_zero
from fake_sge.core.subordinates import read_subordinates
from fake_sge.core.texts import attribute_for, expand_hosts, names, pairs

__all__ = ["Layout", "machine_load"]


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
        self.slots_bind = self._slots_bind(occupied)
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

    def _slots_bind(self, occupied: Iterable[str]) -> bool:
        """Are slots counted anywhere so that there may be fewer than the queue instances there have? Those that are
        *occupied* may hold more than they have now.
        """
        if any("slots" in self._by_name[name].execution_host.capacity for name in occupied if name in self._by_name):
            return True
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
                capacity[attribute.name] = value_or_zero(attribute.type, value)
            else:
                fixed[attribute.name] = value
        return capacity, fixed

    def _host(self, name: str, index: int, config: CellConfig) -> Host:
        texts = config.hosts.get(name, {})
        machine = config.machines.get(name, Machine())
        capacity, fixed = self._split(texts.get("complex_values", "NONE"))
        host = Host(name, index, Access.of(texts), capacity, fixed, machine)
        host.free_devices = list(machine.gpus)
        host.scaling = {
            factor: value_or_zero("DOUBLE", text) for factor, text in pairs(texts.get("load_scaling", "NONE"))
        }
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
