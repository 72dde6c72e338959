"""How advance reservations come and go: qrsub(1), qrdel(1).

Rules of this file: a reservation is granted on what the resource diagram (`plan`) leaves free all the time from its
start to its end, whatever state a queue instance is in or load a host has; it stands in the diagram from then on.
There is a diagram as long as there are reservations, even if ``max_reservation`` is 0. When one ends, its jobs end.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fake_sge.core import ending, ledger, submission
from fake_sge.core.advance import AdvanceReservation
from fake_sge.core.category import Category, make_category
from fake_sge.core.events import Event, ReservationChanged, ReservationGranted
from fake_sge.core.instances import QueueInstance
from fake_sge.core.matching import queue_named, static_reasons
from fake_sge.core.model import JobRequest, ReservationRequest
from fake_sge.core.outlook import Window
from fake_sge.core.parallel import explain_parallel, find_places
from fake_sge.core.plan import Plan
from fake_sge.core.refusals import Denied
from fake_sge.core.resources import matches_pattern
from fake_sge.core.run import Run
from fake_sge.core.serial import explain_serial, find_place

if TYPE_CHECKING:
    from fake_sge.core.cell import Cell

__all__ = ["book_again", "reserve", "turn", "unreserve"]

_LAST_ID = 9999999
_TRY_AGAIN = 25
_NOBODY_FITS = "advance_reservation: no suitable queues"


def reserve(cell: Cell, request: ReservationRequest) -> list[Event]:
    """Check a request and grant it; the texts of a dry run come as `Denied` of kind ``verification``."""
    _check_user(cell, request)
    start, end = _times(cell, request)
    asked = _normalised(cell, request)
    number = cell.next_reservation_id
    cell.next_reservation_id = 1 if number >= _LAST_ID else number + 1
    if len(cell.advance_reservations) >= cell.policy.max_advance_reservations:
        most = cell.policy.max_advance_reservations
        raise Denied(f"rejected: only {most} advance reservations are allowed per cluster", "max", _TRY_AGAIN)
    category = _category(cell, asked)
    texts, places = _open_places(cell, request, category, start, end)
    run = _look(cell, places, start, end)
    pe, found = _assign(run, category)
    if request.verify_only:
        raise Denied("\n".join([*texts, *_verification(run, category, found)]), "verification")
    shut = [text for text in texts if text.startswith("queue ")]
    if not found:
        raise Denied("\n".join([*shut, _NOBODY_FITS]), "no_suitable_queues")
    granted = {place.name: slots for place, slots in found}
    request = replace(request, hard=asked.hard)
    made = AdvanceReservation(number, request, cell.now, start, end, pe, granted, _amounts(category, found))
    cell.advance_reservations[number] = made
    _book(cell, made)
    cell.set_timer(start, "reservation", number)
    cell.set_timer(end, "reservation", number)
    return [ReservationGranted(cell.now, number, tuple(shut))]


def _check_user(cell: Cell, request: ReservationRequest) -> None:
    owner = request.owner
    if not cell.is_manager(owner) and "arusers" not in cell.layout.memberships(owner, request.group):
        raise Denied(f'denied: "{owner}" must be manager or in userset "arusers"', "not_aruser")


def _times(cell: Cell, request: ReservationRequest) -> tuple[float, float]:
    """Start and end, whole seconds."""
    now = float(int(cell.now))
    start = request.start_at or now
    end, duration = request.end_at, request.duration_s
    if not end and not duration:
        raise Denied('missing value for "end time or duration" in advance reservation request', "times")
    if not end:
        end = start + (duration or 0.0)
    if duration and end - start != duration:
        raise Denied("difference between end and start time does not correspond to duration", "times")
    if start > end:
        raise Denied("start time is later than end time", "times")
    if start < now:
        raise Denied("start time is in the past", "times")
    return start, end


def _normalised(cell: Cell, request: ReservationRequest) -> JobRequest:
    """A job that would need what is to be reserved."""
    as_job = JobRequest(
        owner="*" if request.users else request.owner,
        group="*" if request.users else request.group,
        name=request.name,
        account=request.account,
        hard=request.hard,
        hard_queues=request.hard_queues,
        master_queues=request.master_queues,
        pe=request.pe,
        pe_slots=request.pe_slots,
        checkpoint=request.checkpoint,
        immediate=request.immediate,
    )
    asked = submission.checked_reservation(cell, as_job)
    for entry in (*request.users, *request.no_users):
        if entry.startswith("@") and entry[1:] not in cell.config.access_lists:
            raise Denied(f'Userset "{entry[1:]}" does not exist', "unknown_list")
    return asked


def _category(cell: Cell, asked: JobRequest) -> Category:
    made = make_category(cell.layout, "", asked)
    made.no_quotas = True
    return made


def _open_places(
    cell: Cell, request: ReservationRequest, category: Category, start: float, end: float
) -> tuple[list[str], list[QueueInstance]]:
    """The queue instances to be considered, and what is to be said of others."""
    owner = _category(cell, JobRequest(owner=category.user, group=category.group))
    closed = {
        place.queue: why.text
        for place, why in zip(cell.queue_instances, static_reasons(cell.layout, owner, None), strict=True)
        if why is not None and why.scope == "cluster"
    }
    texts, found = [f"Your job {text}" for text in closed.values()], []
    shut: list[str] = []
    for place in cell.queue_instances:
        if place.queue in closed or "o" in place.flags or not _asked_for(cell, request, place):
            continue
        calendar = cell.calendars.get(place.texts.get("calendar", "NONE"))
        if calendar is not None and not calendar.open_throughout(start, end):
            shut.append(f'queue "{place.name}" is calendar disabled in selected time frame')
        elif not all(_admitted(cell, place, user) for user in request.users):
            shut.append(f'queue "{place.name}" has no permissions for selected users')
        else:
            found.append(place)
    return [*shut, *texts], found


def _asked_for(cell: Cell, request: ReservationRequest, place: QueueInstance) -> bool:
    if request.hard_queues and not queue_named(request.hard_queues, cell.layout, place.queue, place.host):
        return False
    if request.pe and not any(matches_pattern(request.pe, name) for name in place.environments):
        return False
    return not request.checkpoint or request.checkpoint in place.checkpoints


def _admitted(cell: Cell, place: QueueInstance, user: str) -> bool:
    """May *user*, or everybody on the list ``@user``, use the queue?"""
    if user.startswith("@"):
        return place.access.admits([user[1:]])
    return place.access.admits(cell.layout.memberships(user, ""))


def _look(cell: Cell, places: list[QueueInstance], start: float, end: float) -> Run:
    """A run that sees only what is free all the time."""
    plan = cell.plan or _plan(cell)
    plan.look_ahead(cell.now)
    run = Run(cell.layout, cell.quotas, cell.load_rules, cell.now, empty=True)
    run.outlook = Window(cell.quotas.used, plan, start, end)
    run.order = places
    return run


def _assign(run: Run, category: Category) -> tuple[str | None, list[tuple[QueueInstance, int]]]:
    if category.pe is None:
        place = find_place(run, category, [])
        return None, [] if place is None else [(place, 1)]
    found = find_places(run, category, [])
    return (None, []) if found is None else (found.pe, found.places)


def _verification(run: Run, category: Category, found: list[tuple[QueueInstance, int]]) -> list[str]:
    if not found:
        reasons = explain_serial(run, category) if category.pe is None else explain_parallel(run, category)
        return [*(f"Your job {reason.text}" for reason in reasons), "verification: no suitable queues"]
    if category.pe is None:
        return ["verification: found suitable queue(s)"]
    return [f"verification: found possible assignment with {sum(slots for _, slots in found)} slots"]


def _amounts(category: Category, places: list[tuple[QueueInstance, int]]) -> dict[tuple[str, str], float]:
    """Only what was asked for is granted; not what a job takes without asking."""
    found: dict[tuple[str, str], float] = {}
    for index, (place, slots) in enumerate(places):
        for demand in category.demands:
            if demand.requested and not demand.exclusive and (index == 0 or not demand.per_job):
                found[place.name, demand.name] = demand.amount * (1 if demand.per_job else slots)
    return found


def _plan(cell: Cell) -> Plan:
    """The diagram of a cell that has none: with all that runs, and the calendars."""
    plan = Plan.of(cell.config.scheduler, cell.interval_s)
    plan.slots = sum(place.slots for place in cell.queue_instances)
    for place in cell.queue_instances:
        if calendar := cell.calendars.get(place.texts.get("calendar", "NONE")):
            plan.closed[place.name] = (place.slots, calendar.closed(cell.now))
    for task in cell.placed.values():
        ledger.foresee(cell, plan, task)
    return plan


def _book(cell: Cell, reservation: AdvanceReservation) -> None:
    """Let it stand in the diagram, and be seen in its queue instances if it has begun."""
    if cell.plan is None:
        cell.plan = _plan(cell)
    category = _category(cell, _normalised(cell, reservation.request))
    places = [(cell.layout.place(name), slots) for name, slots in reservation.places.items()]
    claims = ledger.claims(cell, category, reservation.pe, places)
    cell.plan.book(reservation.id, reservation.start_at, reservation.end_at, claims)
    _show(cell)


def book_again(cell: Cell) -> None:
    """The cell was compiled anew."""
    for reservation in cell.advance_reservations.values():
        reservation.used.clear()
        reservation.used_of.clear()
        _book(cell, reservation)


def _show(cell: Cell) -> None:
    """Note in the queue instances how many slots are reserved at present: the ``resv`` of qstat(1)."""
    for place in cell.queue_instances:
        place.reserved = 0
    for reservation in cell.advance_reservations.values():
        if reservation.start_at <= cell.now < reservation.end_at:
            for name, slots in reservation.places.items():
                cell.layout.place(name).reserved += slots


def turn(cell: Cell, number: int) -> list[Event]:
    """A reservation begins or ends, or the last job of a deleted one has gone."""
    reservation = cell.advance_reservations.get(number)
    if reservation is None:
        return []
    if reservation.deleted:
        return [] if any(reservation.used.values()) else _leave(cell, reservation, "deleted")
    if cell.now < reservation.end_at:
        if cell.now < reservation.start_at:
            return []
        _show(cell)
        cell.given_back()
        cell.request_run()
        return [ReservationChanged(cell.now, number, "begins")]
    return [*_end_jobs(cell, number, forced=True), *_leave(cell, reservation, "ends")]


def unreserve(cell: Cell, number: int, user: str, forced: bool) -> list[Event]:
    """qrdel: by a manager or its owner. Raises `Denied`."""
    reservation = cell.advance_reservations.get(number)
    if reservation is None:
        raise Denied(f'denied: advance_reservation "{number}" does not exist', "unknown_reservation")
    if user != reservation.request.owner and not cell.is_manager(user):
        text = f'{user} - you do not have the necessary privileges to delete the advance_reservation "{number}"'
        raise Denied(text, "not_owner")
    reservation.deleted = True
    events = _end_jobs(cell, number, forced=forced)
    if any(reservation.used.values()):
        return [*events, ReservationChanged(cell.now, number, "registered for deletion")]
    return [*events, *_leave(cell, reservation, "deleted")]


def _end_jobs(cell: Cell, number: int, *, forced: bool) -> list[Event]:
    jobs = [job for job in cell.jobs.values() if job.request.advance_reservation == number]
    return [event for job in jobs for event in ending.drop_job(cell, job, forced=forced)]


def _leave(cell: Cell, reservation: AdvanceReservation, what: str) -> list[Event]:
    """Give everything back that it kept."""
    del cell.advance_reservations[reservation.id]
    assert cell.plan is not None
    cell.plan.unbook(reservation.id)
    if not cell.advance_reservations and not cell.plan.max_reservation:
        cell.plan = None
    _show(cell)
    cell.given_back()
    cell.request_run()
    return [ReservationChanged(cell.now, reservation.id, what)]
