"""A small cluster in a form that needs no parsing, and the same cluster as the texts that a cell is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from fake_sge.core import CellConfig, Complex, JobRequest, Machine, ResourceQuotaSet

COMPLEXES = [
    Complex("colour", "col", "STRING", "==", "YES", "NO", "NONE", "0"),
    Complex("exclusive", "excl", "BOOL", "EXCL", "YES", "YES", "0", "1000"),
    Complex("gpu", "gpu", "INT", "<=", "YES", "YES", "0", "700"),
    Complex("h_rt", "h_rt", "TIME", "<=", "YES", "NO", "0:0:0", "0"),
    Complex("licence", "lic", "INT", "<=", "YES", "JOB", "0", "0"),
    Complex("np_load_avg", "nla", "DOUBLE", ">=", "NO", "NO", "0", "0"),
    Complex("rmem", "rm", "INT", "<=", "YES", "YES", "2", "0"),
    Complex("size", "sz", "INT", "<=", "YES", "NO", "0", "0"),
    Complex("slots", "s", "INT", "<=", "YES", "YES", "1", "1000"),
    Complex("special", "sp", "BOOL", "==", "FORCED", "NO", "0", "0"),
]
"""One of each kind: string, exclusive, per slot, per job, with a default, fixed, forced; a limit and a load value."""

KIND = {attribute.name: attribute for attribute in COMPLEXES}
DEFAULT = {"rmem": 2.0, "slots": 1.0}
URGENCY = {attribute.name: float(attribute.urgency) for attribute in COMPLEXES}
PER_JOB = ("licence",)
CONSUMABLE = ("gpu", "licence", "rmem", "slots")
EXCLUSIVE = "exclusive"


def amount(request: JobRequest, name: str) -> float:
    """What the job wants of a consumable, for each slot or for itself; what nobody asks for has a default."""
    wanted = dict(request.hard)
    return float(wanted[name]) if name in wanted else DEFAULT.get(name, 0.0)


def alone(request: JobRequest) -> bool:
    """Does it want nobody beside it?"""
    return dict(request.hard).get(EXCLUSIVE) == "true"


@dataclass
class Entry:
    """Who may come in: user_lists, xuser_lists, projects, xprojects."""

    users: list[str] = field(default_factory=list)
    xusers: list[str] = field(default_factory=list)
    projects: list[str] = field(default_factory=list)
    xprojects: list[str] = field(default_factory=list)

    def texts(self) -> dict[str, str]:
        return {
            "user_lists": ",".join(self.users) or "NONE",
            "xuser_lists": ",".join(self.xusers) or "NONE",
            "projects": ",".join(self.projects) or "NONE",
            "xprojects": ",".join(self.xprojects) or "NONE",
        }


@dataclass
class Level:
    """complex_values of a host, a queue or the whole cell: what is consumed, and what is fixed."""

    capacity: dict[str, float] = field(default_factory=dict)
    fixed: dict[str, str] = field(default_factory=dict)

    def text(self) -> str:
        capacity = {name: "true" if name == "exclusive" else f"{value:g}" for name, value in self.capacity.items()}
        return ",".join(f"{name}={value}" for name, value in (capacity | self.fixed).items()) or "NONE"


@dataclass
class Machinery(Level):
    """An execution host."""

    entry: Entry = field(default_factory=Entry)
    processors: int = 1


@dataclass
class Queue(Level):
    """A cluster queue."""

    hosts: list[str] = field(default_factory=list)
    slots: int = 1
    slots_on: dict[str, int] = field(default_factory=dict)
    seq_no: int = 0
    types: str = "BATCH INTERACTIVE"
    pes: list[str] = field(default_factory=list)
    entry: Entry = field(default_factory=Entry)
    h_rt: float | None = None
    threshold: float | None = None


@dataclass
class Parallel:
    """A parallel environment."""

    slots: int
    rule: str
    entry: Entry = field(default_factory=Entry)
    urgency_slots: str = "min"


@dataclass
class Chosen:
    """A filter of a quota: who is meant, who isn't, and whether each has a counter of its own."""

    wanted: list[str]
    unwanted: list[str]
    braces: bool

    def text(self) -> str:
        entries = ",".join([*self.wanted, *(f"!{entry}" for entry in self.unwanted)])
        return f"{{{entries}}}" if self.braces else entries


@dataclass
class Limit:
    """One rule of a resource quota set."""

    name: str
    filters: dict[str, Chosen]
    limits: dict[str, float]

    def text(self) -> str:
        filters = " ".join(f"{scope} {chosen.text()}" for scope, chosen in self.filters.items())
        return f"limit {filters} to " + ",".join(f"{name}={value:g}" for name, value in self.limits.items())


@dataclass
class World:
    """The cluster."""

    everywhere: Level
    hosts: dict[str, Machinery]
    queues: dict[str, Queue]
    pes: dict[str, Parallel]
    quotas: list[list[Limit]]
    lists: dict[str, list[str]]
    projects: list[str]
    scheduler: dict[str, str]

    def config(self) -> CellConfig:
        """The same in the texts of ``qconf``."""
        hosts = {"global": {"complex_values": self.everywhere.text()}}
        hosts |= {name: {"complex_values": host.text(), **host.entry.texts()} for name, host in self.hosts.items()}
        return CellConfig(
            complexes={attribute.name: attribute for attribute in COMPLEXES},
            hosts=hosts,
            queues={name: _queue(queue) for name, queue in self.queues.items()},
            parallel_environments={
                name: {
                    "slots": str(pe.slots),
                    "allocation_rule": pe.rule,
                    "urgency_slots": pe.urgency_slots,
                    **pe.entry.texts(),
                }
                for name, pe in self.pes.items()
            },
            resource_quotas={
                f"set{i}": ResourceQuotaSet(f"set{i}", limits=[limit.text() for limit in limits])
                for i, limits in enumerate(self.quotas)
            },
            access_lists={
                name: {"type": "ACL", "entries": ",".join(users) or "NONE"} for name, users in self.lists.items()
            },
            projects={name: {"oticket": "0", "fshare": "0", "acl": "NONE", "xacl": "NONE"} for name in self.projects},
            scheduler=self.scheduler,
            configuration={"global": {"finished_jobs": "0", "max_unheard": "9999:00:00"}},
            machines={name: Machine(processors=host.processors) for name, host in self.hosts.items()},
        )


def _queue(queue: Queue) -> dict[str, str]:
    slots = str(queue.slots) + "".join(f",[{host}={slots}]" for host, slots in queue.slots_on.items())
    return {
        "hostlist": " ".join(queue.hosts),
        "slots": slots,
        "seq_no": str(queue.seq_no),
        "qtype": queue.types,
        "pe_list": " ".join(queue.pes) or "NONE",
        "h_rt": "INFINITY" if queue.h_rt is None else f"{queue.h_rt:g}",
        "s_rt": "INFINITY",
        "load_thresholds": "NONE" if queue.threshold is None else f"np_load_avg={queue.threshold:g}",
        "complex_values": queue.text(),
        **queue.entry.texts(),
    }
