"""What a user may use of a cell, and where a session could run: the cell's access rules, read for one user.

The rules are those of project(5), queue_conf(5), host_conf(5), sge_pe(5) and access_list(5): an ``x`` list wins, an
empty list lets everybody in, and a queue or host that names projects takes only jobs of those.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from fake_sge.cellfile import (
    CellDescription,
    HostGroup,
    QueueDescription,
    expanded_hosts,
    parse_memory,
)
from hubstack.site.quotas import Quotas
from hubstack.site.settings import GIB, FormSettings

__all__ = ["Access", "Limits", "Place"]

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Place:
    """The most that a queue could give a job on a host, quotas included; *serial*: it takes jobs without a PE."""

    queue: str
    host: str
    slots: int
    memory_gb: float
    gpus: int
    serial: bool
    pes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """The most of each that a user could ever get here, within what the form takes."""

    cores: int
    memory_per_core_gb: int
    gpus_per_core: int


class Access:
    """What *user* may use of *cell* for sessions of the runtime that *form* gives; as if the cell were empty."""

    def __init__(self, cell: CellDescription, form: FormSettings, user: str) -> None:
        self.cell = cell
        self.form = form
        self.user = user
        self._groups = {host: group for name, group in cell.hosts.items() for host in cell.host_names(name)}
        self._expanded = {queue.name: expanded_hosts(cell, queue.hosts) for queue in cell.queues}
        self._quotas = Quotas(cell, user)
        self._places: dict[str | None, list[Place]] = {}

    @cached_property
    def projects(self) -> list[str]:
        """The projects that the user may name."""
        return [
            name
            for name, project in self.cell.projects.items()
            if project is None or self._may(project.access, project.no_access)
        ]

    @cached_property
    def queues(self) -> list[str]:
        """The queues in which the user's sessions could run under some project, in the cell's order."""
        reached = {place.queue for place in self.everywhere}
        return [queue.name for queue in self.cell.queues if queue.name in reached]

    @cached_property
    def parallel_environments(self) -> list[str]:
        """The parallel environments of those queues that the user may name."""
        offered = {pe for place in self.everywhere for pe in place.pes}
        return [pe for pe in self.cell.parallel_environments if pe in offered]

    @cached_property
    def everywhere(self) -> list[Place]:
        """Where sessions of the user could run, under any project or none."""
        return list(dict.fromkeys(place for project in (None, *self.projects) for place in self.places(project)))

    @cached_property
    def limits(self) -> Limits:
        """The most that the user could get."""
        slots: dict[str, int] = {}
        for place in self.everywhere:
            slots[place.host] = max(slots.get(place.host, 0), place.slots)
        across = any(self.across_hosts(pe) for pe in self.parallel_environments)
        cores = sum(slots.values()) if across else max(slots.values(), default=1)
        memory_gb = max((place.memory_gb for place in self.everywhere), default=0.0)
        return Limits(
            cores=max(1, min(self.form.cores.max, cores)),
            memory_per_core_gb=int(min(self.form.memory_per_core.max_gb, memory_gb)),
            gpus_per_core=min(self.form.gpus_per_core.max, max((place.gpus for place in self.everywhere), default=0)),
        )

    def places(self, project: str | None) -> list[Place]:
        """Where a session under *project* (None: under none) could run."""
        if project not in self._places:
            self._places[project] = list(self._offers(project))
        return self._places[project]

    def across_hosts(self, pe: str) -> bool:
        """Whether *pe* may spread a job over several hosts."""
        return self.cell.parallel_environments[pe].rule != "$pe_slots"

    def counted_per_slot(self, complex_name: str) -> bool:
        """Whether a request is multiplied by the job's slots (consumable YES), not taken once (JOB)."""
        return self.cell.complexes[complex_name].consumable is True

    def _offers(self, project: str | None) -> Iterator[Place]:
        for queue in self.cell.queues:
            if not self._takes(queue, project):
                continue
            pes = tuple(pe for pe in queue.pe if self._may_name(pe))
            for host in self._expanded[queue.name]:
                group = self._groups[host]
                if not self._takes(group, project) or self.form.runtime > self._on(queue.h_rt, host, math.inf):
                    continue
                most = self._quotas.ceilings(project, queue.name, host)
                slots = min(self._on(queue.slots, host, group.slots), group.slots, most.get("slots", math.inf))
                memory = min(self._capacity(group, "rmem", group.memory), most.get("rmem", math.inf))
                gpus = min(self._capacity(group, "gpu", len(group.devices()), uncounted=0), most.get("gpu", math.inf))
                if slots > 0:
                    yield Place(queue.name, host, int(slots), memory / GIB, int(gpus), "batch" in queue.type, pes)

    def _takes(self, holder: QueueDescription | HostGroup, project: str | None) -> bool:
        if not self._may(holder.user_lists, holder.xuser_lists):
            return False
        return project not in holder.xprojects and (not holder.projects or project in holder.projects)

    def _may_name(self, pe: str) -> bool:
        described = self.cell.parallel_environments[pe]
        return self._may(described.user_lists, described.xuser_lists)

    def _may(self, allowed: Sequence[str], barred: Sequence[str]) -> bool:
        return not any(map(self._listed, barred)) and (not allowed or any(map(self._listed, allowed)))

    def _listed(self, access_list: str) -> bool:
        return self.user in self.cell.entries_of(access_list)

    def _capacity(self, group: HostGroup, name: str, has: float | None, uncounted: float = math.inf) -> float:
        """What a host of *group* has of the complex *name*; *uncounted* where the cell doesn't count it."""
        if name not in self.cell.complexes:
            return uncounted
        return parse_memory(group.complex_values.get(name, has or 0))

    def _on(self, value: _Value | dict[str, _Value] | None, host: str, otherwise: _Value) -> _Value:
        """The value of a queue's attribute on *host*: the host's own, else a host group's, else the default."""
        if not isinstance(value, dict):
            return otherwise if value is None else value
        if host in value:
            return value[host]
        groups = (name for name in value if name != "default" and host in expanded_hosts(self.cell, [name]))
        return value[next(groups, "default")]
