"""The objects of a cell, as ``qconf -s...`` prints them.

An object is an ordered mapping of attribute names to texts, exactly what SGE keeps and shows: reading, printing and
changing a cell then need no second form. The cell compiles what the scheduler needs from these texts (`resources`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Attributes", "CellConfig", "Complex", "Machine", "ResourceQuotaSet"]


Attributes = dict[str, str]
"""Attribute name to text, in the order in which ``qconf`` prints them."""


@dataclass(slots=True)
class Complex:
    """One line of ``qconf -sc``: complex(5)."""

    name: str
    shortcut: str
    type: str
    relop: str = "<="
    requestable: str = "YES"
    consumable: str = "NO"
    default: str = "0"
    urgency: str = "0"


@dataclass(slots=True)
class Machine:
    """What an execution host is made of; its execd reports load values from this.

    *memory* and *swap* are bytes. *gpus* are the device numbers that jobs are given, in order.
    *address* is the numeric address on which the host's services are reached.
    """

    processors: int = 1
    sockets: int = 1
    cores: int = 1
    threads: int = 1
    memory: float = 0.0
    swap: float = 0.0
    gpus: tuple[int, ...] = ()
    address: str = "127.0.0.1"
    arch: str = "lx-amd64"


@dataclass(slots=True)
class ResourceQuotaSet:
    """One set of sge_resource_quota(5): its rules as texts, ``users {*} hosts gpu to gpu=2``, an optional ``name X``
    first.
    """

    name: str
    description: str = "NONE"
    enabled: bool = True
    limits: list[str] = field(default_factory=list)


@dataclass(slots=True)
class CellConfig:
    """A whole cell: what ``qconf`` would show of it, and the machines behind its execution hosts.

    *hosts* has one entry for each execution host, by its full name, and may have ``global``. A queue's attribute text
    may carry overrides in SGE's own form: ``16,[gpu001=8],[@big=32]``. *share_tree* has one row (id, name, type,
    shares, childnodes) for each node of ``qconf -sstree``, the root first. *configuration* is ``qconf -sconf`` for
    ``global`` and for hosts that have a local one. Calendars go by the clocks of *time_zone*, a name like
    ``Europe/London``. With *load_follows_jobs* a host's load is the number of slots that run there; else what its execd
    reports, and nothing by itself.
    """

    cell: str = "default"
    cluster_name: str = "p6444"
    domain: str = ""
    qmaster: str = "master"
    complexes: dict[str, Complex] = field(default_factory=dict)
    hosts: dict[str, Attributes] = field(default_factory=dict)
    host_groups: dict[str, list[str]] = field(default_factory=dict)
    queues: dict[str, Attributes] = field(default_factory=dict)
    parallel_environments: dict[str, Attributes] = field(default_factory=dict)
    projects: dict[str, Attributes] = field(default_factory=dict)
    access_lists: dict[str, Attributes] = field(default_factory=dict)
    users: dict[str, Attributes] = field(default_factory=dict)
    calendars: dict[str, Attributes] = field(default_factory=dict)
    checkpoints: dict[str, Attributes] = field(default_factory=dict)
    resource_quotas: dict[str, ResourceQuotaSet] = field(default_factory=dict)
    share_tree: list[Attributes] = field(default_factory=list)
    scheduler: Attributes = field(default_factory=dict)
    configuration: dict[str, Attributes] = field(default_factory=dict)
    admin_hosts: list[str] = field(default_factory=list)
    submit_hosts: list[str] = field(default_factory=list)
    managers: list[str] = field(default_factory=lambda: ["root"])
    operators: list[str] = field(default_factory=lambda: ["root"])
    time_zone: str = "UTC"
    machines: dict[str, Machine] = field(default_factory=dict)
    enforce_rmem: bool = False
    load_follows_jobs: bool = False
