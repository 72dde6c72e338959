"""Hosts, queue instances and parallel environments, as the scheduler walks over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fake_sge.core.config import Machine
from fake_sge.core.model import Grant
from fake_sge.core.resources import value_or_zero
from fake_sge.core.states import queue_letters
from fake_sge.core.subordinates import Subordinates
from fake_sge.core.texts import names

if TYPE_CHECKING:
    from fake_sge.core.model import Task

__all__ = ["Access", "Environment", "Host", "QueueInstance"]


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
        return f"{value_or_zero('DOUBLE', text) * self.scaling[name]:8.3f}"

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
