"""What holds whatever is reserved, submitted, deleted and altered: nothing is promised twice."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fake_sge.core import Cell, Denied, Event, Exit, JobRequest, ReservationRequest, Task, TaskRange

Config = Callable[..., Any]

_SLOTS = st.integers(1, 3)
_NUMBER = st.integers(1, 12)
_STEP = st.one_of(
    st.tuples(st.just("reserve"), st.integers(0, 300), st.integers(1, 300), _SLOTS, st.integers(0, 4)),
    st.tuples(st.just("submit"), st.sampled_from([0, 0, 50, 200]), _SLOTS, st.integers(0, 4), st.integers(0, 4)),
    st.tuples(st.just("unreserve"), _NUMBER, st.booleans()),
    st.tuples(st.just("exit"), _NUMBER),
    st.tuples(st.just("delete"), _NUMBER),
    st.tuples(st.just("queue"), st.integers(0, 1), st.sampled_from(["disable", "enable"])),
    st.tuples(st.just("configure"), st.integers(0, 1)),
    st.tuples(st.just("wait"), st.integers(1, 50)),
)


class _Script:
    """Steps applied to a cell, and what was put in and came out; jobs end when their time is over."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.inputs: list[tuple[float, str, dict[str, Any]]] = []
        self.events: list[Event] = []

    def put(self, name: str, /, **arguments: Any) -> None:
        self.inputs.append((self.cell.now, name, arguments))
        with suppress(Denied):
            self.events += getattr(self.cell, name)(self.cell.now, **arguments)

    def do(self, step: tuple[Any, ...]) -> None:
        match step:
            case ("reserve", after, duration, slots, memory):
                hard = [("rmem", f"{memory}G")] if memory else []
                start = self.cell.now + after if after else None
                wide = TaskRange(slots, slots)
                request = ReservationRequest(
                    "root", start_at=start, duration_s=duration, hard=hard, pe="mpi", pe_slots=[wide]
                )
                self.put("reserve", request=request)
            case ("submit", limit, slots, memory, reservation):
                hard = [("h_rt", str(limit))] if limit else []
                hard += [("rmem", f"{memory}G")] if memory else []
                wide = {"pe": "mpi", "pe_slots": [TaskRange(slots, slots)]} if slots > 1 else {}
                request_ = JobRequest("ann", name="job", hard=hard, advance_reservation=reservation, **wide)
                self.put("submit", request=request_)
            case ("unreserve", number, forced):
                self.put("unreserve", reservation=number, user="root", forced=forced)
            case ("exit", number):
                if (number, 1) in self.cell.placed:
                    self.put("exited", job_id=number, task_id=1, exit=Exit())
            case ("delete", number):
                self.put("delete", job_id=number, tasks=None, user="root", forced=True)
            case ("queue", index, action):
                name = self.cell.queue_instances[index].name
                self.put("change_queue", queue_instance=name, action=action, user="root")
            case ("configure", most):
                value = self.cell.config.scheduler | {"max_reservation": str(most)}
                self.put("configure", kind="scheduler", name="", value=value, user="root")
            case ("wait", seconds):
                self.events += self.cell.advance(self.cell.now + seconds)
                self.inputs.append((self.cell.now, "advance", {}))
                self._end_those_over()

    def _end_those_over(self) -> None:
        for job, task in list(self.cell.placed):
            limit = self.cell.placed[job, task].limits[0]
            begun = self.cell.placed[job, task].dispatched_at
            if limit is not None and begun is not None and self.cell.now >= begun + limit:
                self.put("exited", job_id=job, task_id=task, exit=Exit(37, 137))


def _takes_what_it_did_not_reserve(task: Task) -> bool:
    """As in 8.1.9, a default that the reservation didn't ask for is taken all the same."""
    reservation = task.charged.reservation if task.charged is not None else None
    return reservation is not None and not any(name == "rmem" for _, name in reservation.amounts)


def _check(cell: Cell) -> None:
    reservations = cell.advance_reservations.values()
    running = [one for one in reservations if one.start_at <= cell.now < one.end_at]
    for place in cell.queue_instances:
        outside = sum(
            grant.slots
            for task in place.tasks.values()
            if not task.job.request.advance_reservation
            for grant in task.grants
            if grant.queue_instance == place.name
        )
        reserved = sum(one.places.get(place.name, 0) for one in running)
        assert place.reserved == reserved
        assert outside + reserved <= place.slots
        assert place.used <= place.slots
        host = place.execution_host
        kept = sum(one.amounts.get((place.name, "rmem"), 0.0) for one in running)
        taken = sum(one.used_of.get((place.name, "rmem"), 0.0) for one in reservations)
        unasked = [task for task in place.tasks.values() if _takes_what_it_did_not_reserve(task)]
        beside = sum(task.charged.amount("rmem") * task.slots for task in unasked if task.charged is not None)
        assert host.used.get("rmem", 0.0) - taken - beside + kept <= host.capacity["rmem"] + 1e-6
    for one in reservations:
        assert all(0 <= one.used.get(name, 0) <= slots for name, slots in one.places.items())
        assert all(0 <= one.used_of.get(key, 0.0) <= amount + 1e-6 for key, amount in one.amounts.items())
    assert (cell.plan is None) == (not reservations and cell.config.scheduler.get("max_reservation", "0") == "0")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_STEP, max_size=25))
def test_nothing_is_promised_twice(config: Config, steps: list[tuple[Any, ...]]) -> None:
    """Slots and memory of jobs and reservations together never exceed what there is; and the inputs replay."""
    hosts = {"node001": "rmem=8G", "node002": "rmem=8G"}

    def made() -> Cell:
        return Cell(config(hosts, pes={"mpi": "$fill_up"}, scheduler={"schedule_interval": "0:0:5"}), 1000.0)

    script = _Script(made())
    for step in steps:
        script.do(step)
        _check(script.cell)
    again, events = made(), []
    for at, name, arguments in script.inputs:
        with suppress(Denied):
            events += getattr(again, name)(at, **arguments)
    assert events == script.events
