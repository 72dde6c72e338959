"""What an onlooker knows who has only the requests, the configuration, and the events: enough to try the laws."""

from __future__ import annotations

from dataclasses import dataclass, field

from small_cell import QUOTAS

from fake_sge.accounting import lines_of
from fake_sge.core import (
    CellConfig,
    Deleted,
    Dispatched,
    Event,
    Failed,
    Finished,
    Grant,
    JobErrored,
    JobRequest,
    Requeued,
    Submitted,
)
from fake_sge.core.resources import parse_memory
from fake_sge.core.texts import attribute_for, pairs

Task = tuple[int, int]


@dataclass
class Stay:
    """A task on its hosts, with the request that it was started by."""

    request: JobRequest
    grants: tuple[Grant, ...]
    at: float

    @property
    def pe(self) -> str | None:
        return self.request.pe


@dataclass
class Book:
    """Read `tell` every event in order; it fails where one breaks a law."""

    config: CellConfig
    requests: dict[int, JobRequest] = field(default_factory=dict)
    alive: dict[int, list[int]] = field(default_factory=dict)
    placed: dict[Task, Stay] = field(default_factory=dict)
    debited: float = 0.0
    accounted: float = 0.0
    ended: int = 0
    lines: int = 0

    def tell(self, event: Event, request: JobRequest | None = None) -> None:
        if isinstance(event, Submitted):
            assert event.job not in self.requests, "a job's number is its own"
            assert request is not None
            self.requests[event.job] = request
            tasks = request.tasks
            self.alive[event.job] = list(range(tasks.first, tasks.last + 1, tasks.step)) if tasks else [1]
        elif isinstance(event, Dispatched):
            self.dispatched(event)
        elif isinstance(event, Finished | Requeued) or (isinstance(event, JobErrored) and event.record is not None):
            self.left_its_host(event)
        elif isinstance(event, Deleted | Failed):
            self.deleted(event)

    def dispatched(self, event: Dispatched) -> None:
        task = event.job, event.task
        assert event.task in self.alive[event.job], "a finished job never returns"
        assert task not in self.placed, "no job is in two places"
        self.placed[task] = Stay(self.requests[event.job], event.grants, event.at)
        for grant in event.grants:
            assert grant.slots > 0
        self.nothing_is_oversubscribed(task)

    def left_its_host(self, event: Finished | Requeued | JobErrored) -> None:
        task = event.job, event.task
        stay = self.placed.pop(task, None)
        assert stay is not None, "only what is on a host ends there"
        assert event.grants == stay.grants
        assert event.record is not None
        slots = sum(grant.slots for grant in stay.grants)
        self.debited += slots * (event.at - stay.at)
        self.accounted += event.record.slots * (event.at - stay.at)
        self.ended += 1
        self.lines += lines_of([event]).count("\n")
        assert event.record.owner == stay.request.owner
        if isinstance(event, Finished):
            self.alive[event.job].remove(event.task)
            assert event.last is (not self.alive[event.job]), "a job is over with its last task"
            self.over(event.job)

    def deleted(self, event: Deleted | Failed) -> None:
        """What waited is gone; what ran in an advance reservation goes with it, and isn't accounted."""
        if isinstance(event, Failed) or event.job not in self.alive:
            return
        stay = self.placed.pop((event.job, event.task or 0), None)
        assert stay is None or stay.request.advance_reservation
        waiting = [task for task in self.alive[event.job] if (event.job, task) not in self.placed]
        gone = waiting if event.task is None else [event.task]
        self.alive[event.job] = [task for task in self.alive[event.job] if task not in gone]
        self.over(event.job)

    def over(self, job: int) -> None:
        if not self.alive[job]:
            del self.alive[job]

    # What is taken at every level, from the grants and the configuration alone

    def nothing_is_oversubscribed(self, task: Task) -> None:
        """Whatever the task took some of holds no more than its capacity."""
        stay = self.placed[task]
        for grant in stay.grants:
            queue = self.config.queues[grant.queue]
            slots = int(attribute_for(queue["slots"], grant.host, self.config.host_groups))
            assert self.taken("slots", queue_instance=grant.queue_instance) <= slots, grant
            places = (
                ({"queue_instance": grant.queue_instance}, attribute_for(queue["complex_values"], grant.host, {})),
                ({"host": grant.host}, self.config.hosts[grant.host]["complex_values"]),
                ({}, self.config.hosts["global"]["complex_values"]),
            )
            for where, values in places:
                for name, text in pairs(values):
                    if name == "exclusive":
                        self.nobody_beside(where)
                    else:
                        assert self.taken(name, **where) <= parse_memory(text), (name, where, text)
        self.environment_holds(stay.pe)
        self.quotas_hold(stay)
        self.nobody_has_the_same_device()

    def amounts(self, name: str, stay: Stay) -> list[tuple[Grant, float]]:
        """What each grant takes of a consumable."""
        attribute = self.config.complexes[name]
        wanted = dict(stay.request.hard).get(name)
        amount = parse_memory(wanted if wanted is not None else attribute.default)
        if attribute.consumable == "JOB":
            return [(grant, 0.0 if number else amount) for number, grant in enumerate(stay.grants)]
        return [(grant, amount * grant.slots) for grant in stay.grants]

    def taken(self, name: str, *, queue_instance: str | None = None, host: str | None = None) -> float:
        return sum(
            amount
            for stay in self.placed.values()
            for grant, amount in self.amounts(name, stay)
            if queue_instance in (None, grant.queue_instance) and host in (None, grant.host)
        )

    def nobody_beside(self, where: dict[str, str]) -> None:
        """Who asked to be alone is."""
        there = [
            stay
            for stay in self.placed.values()
            if any(where in ({"host": g.host}, {"queue_instance": g.queue_instance}) for g in stay.grants)
        ]
        assert len(there) <= 1 or not any(dict(stay.request.hard).get("exclusive") == "true" for stay in there)

    def environment_holds(self, name: str | None) -> None:
        slots = sum(grant.slots for stay in self.placed.values() if stay.pe == name for grant in stay.grants)
        assert name is None or slots <= int(self.config.parallel_environments[name]["slots"]), name

    def quotas_hold(self, stay: Stay) -> None:
        """Jobs in an advance reservation have theirs already."""
        for text in (text for rules in self.config.resource_quotas.values() for text in rules.limits):
            resource, limit, key = QUOTAS[text]
            for counted in {key(stay.request, grant) for grant in stay.grants} - {None}:
                used = sum(
                    amount
                    for other in self.placed.values()
                    if not other.request.advance_reservation
                    for grant, amount in self.amounts(resource, other)
                    if key(other.request, grant) == counted
                )
                assert used <= limit or stay.request.advance_reservation, (text, counted)

    def nobody_has_the_same_device(self) -> None:
        held = [(g.host, device) for stay in self.placed.values() for g in stay.grants for device in g.devices]
        assert len(held) == len(set(held)), "no device is given to two"
