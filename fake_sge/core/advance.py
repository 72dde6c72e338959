"""Advance reservations, and what their jobs see of the cell: qrsub(1).

A reservation keeps slots, and consumables with them, for a time to come. Its jobs run then and there, and take of what
it was granted, not of what is free; others find that taken. How one is granted and ends: `granting`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fake_sge.core.instances import Host, QueueInstance
from fake_sge.core.model import JobRequest, ReservationRequest
from fake_sge.core.outlook import Outlook
from fake_sge.core.plan import duration_offset
from fake_sge.core.refusals import Denied
from fake_sge.core.resources import parse_time

if TYPE_CHECKING:
    from fake_sge.core.category import Category, Demand
    from fake_sge.core.cell import Cell
    from fake_sge.core.model import Job, Task

__all__ = [
    "AdvanceReservation",
    "Inside",
    "barrier",
    "check_reservation",
    "forbidden",
    "hold",
    "limits",
    "reservation_state",
    "reservation_trouble",
]

_TROUBLE = {"d": "disabled", "s": "suspended", "u": "unknown", "E": "error", "c": "configuration ambiguous"}
"""States of a queue instance in which a reservation on it is no good."""


@dataclass(slots=True, eq=False)
class AdvanceReservation:
    """One reservation. *places* are the slots granted by queue instance, the master's first; *amounts* what was granted
    with them of consumables, by queue instance and resource. *used* and *used_of* are what its jobs hold of both.
    *deleted* is set while jobs of a deleted one are still being killed.
    """

    id: int
    request: ReservationRequest
    submitted_at: float
    start_at: float
    end_at: float
    pe: str | None
    places: dict[str, int]
    amounts: dict[tuple[str, str], float]
    used: dict[str, int] = field(default_factory=dict)
    used_of: dict[tuple[str, str], float] = field(default_factory=dict)
    deleted: bool = False

    @property
    def duration_s(self) -> int:
        """Seconds from start to end."""
        return int(self.end_at - self.start_at)

    @property
    def queues(self) -> list[str]:
        """The cluster queues of its places."""
        return list(dict.fromkeys(name.partition("@")[0] for name in self.places))

    @property
    def free_slots(self) -> int:
        """Slots that none of its jobs holds."""
        return sum(self.places.values()) - sum(self.used.values())


class Inside(Outlook):
    """What a reservation has left for a job of *category*; if *empty*, all that it was granted."""

    def __init__(self, reservation: AdvanceReservation, category: Category, *, empty: bool = False) -> None:
        super().__init__({})
        self._of, self._category, self._empty = reservation, category, empty

    def slots(self, place: QueueInstance) -> int:
        granted = self._of.places.get(place.name, 0)
        return granted if self._empty else granted - self._of.used.get(place.name, 0)

    def free(self, level: Host | QueueInstance, name: str) -> float:
        """Of what it wasn't granted a job gets nothing; of what the job doesn't ask for, enough.

        Slots are counted by queue instance alone.
        """
        own = [p for p in self._of.places if p == level.name or p.partition("@")[2] == level.name]
        if name == "slots":
            return float("inf")
        if not any(resource == name for _, resource in self._of.amounts):
            asked = any(demand.name == name and demand.requested for demand in self._category.demands)
            return 0.0 if asked else float("inf")
        if not own:
            return float("inf")
        taken = {} if self._empty else self._of.used_of
        return sum(self._of.amounts.get((p, name), 0.0) - taken.get((p, name), 0.0) for p in own)

    def environment_slots(self, environment: object) -> int:  # noqa: ARG002
        return sum(self._of.places.values())

    def room(self, room: int) -> float:  # noqa: ARG002
        return sum(self._of.places.values()) if self._empty else self._of.free_slots

    def conflict(self, level: Host | QueueInstance, demand: Demand) -> bool:  # noqa: ARG002
        return False


def reservation_state(cell: Cell, reservation: AdvanceReservation) -> str:
    """The letter in qrstat(1): w waits, W waits for a queue that isn't usable, r runs, E runs on such a queue, d."""
    if reservation.deleted:
        return "d"
    waiting, running = "WE" if reservation_trouble(cell, reservation) else "wr"
    return running if cell.now >= reservation.start_at else waiting


def reservation_trouble(cell: Cell, reservation: AdvanceReservation) -> list[str]:
    """What is wrong with the queue instances reserved: the messages of ``qrstat -explain``."""
    found: list[str] = []
    for name in reservation.places:
        flags = cell.layout.place(name).flags
        found += [f"reserved queue {name} is {word}" for letter, word in _TROUBLE.items() if letter in flags]
    return found


def barrier(cell: Cell, job: Job) -> str | None:
    """Why *job* may not start in its reservation at present ("" if there is no such one); None if it may."""
    reservation = cell.advance_reservations.get(job.request.advance_reservation)
    if reservation is None:
        return "" if job.request.advance_reservation else None
    if reservation.request.hard_errors and reservation_state(cell, reservation) == "E":
        return f"cannot run because requested advance reservation {reservation.id} is in error state"
    if reservation.deleted or cell.now < reservation.start_at:
        return "execution time not reached"
    return forbidden(cell, reservation, job.request)


def forbidden(cell: Cell, reservation: AdvanceReservation, by: JobRequest) -> str | None:
    """Why who asks may not use *reservation*; None if they may."""
    request = reservation.request
    known_as = {by.owner, *(f"@{name}" for name in cell.layout.memberships(by.owner, by.group))}
    if known_as.intersection(request.no_users) or (request.users and not known_as.intersection(request.users)):
        return f'has no permission for advance_reservation "{reservation.id}"'
    return None


def hold(reservation: AdvanceReservation, task: Task, sign: int) -> None:
    """Count what *task* holds to the reservation (*sign* -1: no more)."""
    assert task.charged is not None
    for index, grant in enumerate(task.grants):
        place = grant.queue_instance
        reservation.used[place] = reservation.used.get(place, 0) + sign * grant.slots
        for demand in task.charged.demands:
            key = place, demand.name
            if key in reservation.amounts:
                amount = demand.amount * (int(index == 0) if demand.per_job else grant.slots)
                reservation.used_of[key] = reservation.used_of.get(key, 0.0) + sign * amount


def limits(
    cell: Cell, reservation: AdvanceReservation, own: tuple[float | None, float | None]
) -> tuple[float | None, float | None]:
    """h_rt and s_rt of a job that starts now: it is killed ``DURATION_OFFSET`` before the reservation's end.

    As in 8.1.9, one that starts later than that has no such limit, and goes with the reservation.
    """
    left = int(reservation.end_at) - int(cell.now) - duration_offset(cell.config.scheduler)
    hard, soft = own
    return (left if hard is None else min(hard, left), soft) if left > 0 else own


def check_reservation(cell: Cell, request: JobRequest) -> None:
    """``-ar``: is there such a reservation, and does the job's h_rt fit into it? Raises `Denied`."""
    number = request.advance_reservation
    if not number:
        return
    reservation = cell.advance_reservations.get(number)
    if reservation is None:
        raise Denied(f"the advance reservation id {number} is invalid", "advance_reservation")
    if reservation.deleted:
        raise Denied(f"the advance reservation {number} is no longer available", "advance_reservation")
    asked = dict(request.hard)
    wanted = [parse_time(asked[name]) for name in ("h_rt", "s_rt") if name in asked]
    if not wanted:
        return
    if min(wanted) > reservation.duration_s:
        text = f"the job duration is longer than duration of the advance reservation id {number}"
        raise Denied(text, "advance_reservation")
    if max(int(cell.now), request.execute_at or 0, reservation.start_at) + min(wanted) > reservation.end_at:
        text = f"the job duration exceeds the end time of the advance reservation id {number}"
        raise Denied(text, "advance_reservation")
