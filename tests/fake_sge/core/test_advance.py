"""Advance reservations: what is granted, who runs in it, and what its end does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fake_sge.core import (
    Deleted,
    Denied,
    KillDue,
    ReservationGranted,
    ReservationRequest,
    TaskRange,
    reservation_state,
    reservation_trouble,
)

Playing = Callable[..., Any]


def reserve(play: Any, duration: float = 100, *, slots: int = 0, **fields: Any) -> int:
    """Qrsub by root; the reservation's number."""
    if slots:
        fields |= {"pe": "smp", "pe_slots": [TaskRange(slots, slots)]}
    events = play.do("reserve", ReservationRequest("root", duration_s=duration, **fields))
    return next(event.reservation for event in events if isinstance(event, ReservationGranted))


def refused(play: Any, duration: float = 100, **fields: Any) -> str:
    """The refusal of a reservation."""
    with pytest.raises(Denied) as caught:
        reserve(play, duration, **fields)
    return caught.value.text


def one_host(play: Playing, **more: Any) -> Any:
    """A host with two slots and 8 GB."""
    return play({"node001": "rmem=8G"}, pes={"smp": "$pe_slots"}, **more)


def test_what_is_reserved_nobody_else_gets(play: Playing) -> None:
    """Until the reservation ends; a job that would be over before it begins may start."""
    p = one_host(play)
    reserve(p, start_at=p.now + 200, slots=2)
    endless, short = p.submit(), p.submit(l={"h_rt": "100"})
    p.wait(15)
    assert p.where(endless) is None
    assert p.where(short)
    p.exit(short)
    p.wait(300)
    assert p.where(endless)


def test_a_reservation_takes_what_running_jobs_leave(play: Playing) -> None:
    """A job without limit never ends; one with a limit ends DURATION_OFFSET later."""
    p = one_host(play)
    limited = p.submit(l={"h_rt": "100"})
    p.wait(15)
    started = p.job(limited).tasks[1].dispatched_at or 0
    assert refused(p, slots=2, start_at=started + 150).endswith("no suitable queues")
    assert reserve(p, slots=2, start_at=started + 160)
    endless = p.submit(l={"h_rt": "10"})
    p.wait(15)
    assert p.where(endless)
    assert refused(p, slots=1, start_at=started + 170)


def test_its_jobs_run_inside_only(play: Playing) -> None:
    """They wait for its start, share its slots, and take no more than it was granted."""
    p = play(pes={"smp": "$pe_slots"})
    number = reserve(p, 500, start_at=p.now + 50, slots=1)
    place = next(iter(p.cell.advance_reservations[number].places))
    first, second = p.submit(advance_reservation=number), p.submit(advance_reservation=number)
    p.wait(40)
    assert p.where(first) is None
    p.wait(30)
    assert p.where(first) == place
    assert p.where(second) is None
    p.exit(first)
    p.wait(20)
    assert p.where(second) == place


def test_consumables_are_reserved_as_asked(play: Playing) -> None:
    """Others find them taken; its jobs get no more, and none that wasn't asked for."""
    p = one_host(play)
    number = reserve(p, 1000, slots=1, hard=[("rmem", "6G")])
    other = p.submit(l={"rmem": "3G", "h_rt": "10"})
    much, enough = (p.submit(l={"rmem": size}, advance_reservation=number) for size in ("7G", "6G"))
    p.wait(15)
    assert p.where(other) is None
    assert p.where(enough)
    assert p.where(much) is None


def test_the_end_takes_its_jobs_along(play: Playing) -> None:
    """Those that run are killed and not accounted, those that wait are deleted; the slots are free again."""
    p = one_host(play)
    number = reserve(p, 50, slots=1)
    running, waiting = (p.submit(advance_reservation=number) for _ in range(2))
    p.wait(15)
    assert p.where(running)
    events = p.wait(60)
    assert [event.job for event in events if isinstance(event, KillDue)] == [running]
    assert {event.job for event in events if isinstance(event, Deleted)} == {running, waiting}
    assert not p.cell.advance_reservations
    assert p.cell.plan is None
    assert [place.used for place in p.cell.queue_instances] == [0]


def test_a_job_is_limited_to_what_is_left(play: Playing) -> None:
    """It is killed DURATION_OFFSET before the end; its own limit may be less."""
    p = one_host(play)
    number = reserve(p, 500, slots=2)
    free, limited = p.submit(advance_reservation=number), p.submit(advance_reservation=number, l={"h_rt": "100"})
    p.run()
    end = p.cell.advance_reservations[number].end_at
    assert p.job(free).tasks[1].limits[0] == end - int(p.now) - 60
    assert p.job(limited).tasks[1].limits[0] == 100


def test_a_job_must_fit_into_it(play: Playing) -> None:
    """Its h_rt into the duration, and into what is left of it."""
    p = one_host(play)
    number = reserve(p, 100)
    assert p.refused(advance_reservation=7).text == "the advance reservation id 7 is invalid"
    text = p.refused(advance_reservation=number, l={"h_rt": "101"}).text
    assert text == "the job duration is longer than duration of the advance reservation id 1"
    p.wait(50)
    text = p.refused(advance_reservation=number, l={"h_rt": "60"}).text
    assert text == "the job duration exceeds the end time of the advance reservation id 1"


def test_a_deleted_one_stays_until_its_jobs_are_gone(play: Playing) -> None:
    """They get state d at once, but are killed a minute later, as in 8.1.9."""
    p = one_host(play)
    number = reserve(p, 500, slots=1)
    job = p.submit(advance_reservation=number)
    p.wait(5)
    p.do("unreserve", number, user="root")
    assert p.job(job).tasks[1].deletion_at is not None
    assert reservation_state(p.cell, p.cell.advance_reservations[number]) == "d"
    assert p.refused(advance_reservation=number).text == "the advance reservation 1 is no longer available"
    assert not [event for event in p.wait(59) if isinstance(event, KillDue)]
    assert [event.job for event in p.wait(2) if isinstance(event, KillDue)] == [job]
    p.exit(job, failed=100, exit_status=137)
    p.run()
    assert not p.cell.advance_reservations


def test_forced_deletion_ends_its_jobs_at_once(play: Playing) -> None:
    """Qrdel -f."""
    p = one_host(play)
    number = reserve(p, 500, slots=1)
    job = p.submit(advance_reservation=number)
    p.wait(5)
    p.do("unreserve", number, user="root", forced=True)
    assert job not in p.cell.jobs
    assert not p.cell.advance_reservations


def test_only_its_owner_or_a_manager_deletes_it(play: Playing) -> None:
    """Others are told so."""
    p = one_host(play)
    number = reserve(p, 500)
    with pytest.raises(Denied, match="ann - you do not have the necessary privileges to delete the advance_res"):
        p.do("unreserve", number, user="ann")
    with pytest.raises(Denied, match='denied: advance_reservation "9" does not exist'):
        p.do("unreserve", 9, user="root")


@pytest.mark.parametrize(("hard", "starts"), [(True, False), (False, True)])
def test_a_queue_in_trouble_shows_and_may_stop_its_jobs(play: Playing, hard: bool, starts: bool) -> None:
    """States W and E; with -he y no job starts in it as long as a queue is unusable, otherwise on those that are."""
    p = play(pes={"mpi": "$round_robin"})
    number = reserve(p, 500, hard_errors=hard, pe="mpi", pe_slots=[TaskRange(2, 2)], start_at=p.now + 50)
    made = p.cell.advance_reservations[number]
    first, second = made.places
    p.do("change_queue", first, "disable", user="root")
    assert reservation_state(p.cell, made) == "W"
    assert reservation_trouble(p.cell, made) == [f"reserved queue {first} is disabled"]
    job = p.submit(advance_reservation=number)
    p.wait(80)
    assert reservation_state(p.cell, made) == "E"
    assert p.where(job) == (second if starts else None)
    p.do("change_queue", first, "enable", user="root")
    p.wait(20)
    assert reservation_state(p.cell, made) == "r"
    assert p.where(job)


def test_reserved_slots_show_while_it_runs(play: Playing) -> None:
    """The first figure of qstat -f."""
    p = one_host(play)
    reserve(p, 100, start_at=p.now + 50, slots=2)
    place = p.cell.queue_instances[0]
    assert place.reserved == 0
    p.wait(50)
    assert place.reserved == 2
    p.wait(100)
    assert place.reserved == 0


def test_a_calendar_must_be_open_all_the_time(play: Playing) -> None:
    """A queue that would be shut meanwhile is left out, and named."""
    closed = {"c": {"calendar_name": "c", "year": "NONE", "week": "mon-sun=1-2=off"}}
    p = one_host(play, queues={"all.q": {"calendar": "c"}}, calendars=closed)
    text = refused(p, 3000, start_at=2000.0)
    assert text.split("\n")[0] == 'queue "all.q@node001" is calendar disabled in selected time frame'
    assert reserve(p, 1000, start_at=2000.0)


def test_how_many_there_may_be(play: Playing) -> None:
    """max_advance_reservations; the number is used up."""
    p = one_host(play, settings={"max_advance_reservations": "1"})
    reserve(p)
    assert refused(p) == "rejected: only 1 advance reservations are allowed per cluster"
    p.do("unreserve", 1, user="root")
    assert reserve(p) == 3


def test_it_outlives_a_change_of_the_configuration(play: Playing) -> None:
    """What it booked and what its jobs hold is carried over."""
    p = one_host(play)
    number = reserve(p, 500, slots=1)
    inside, outside = p.submit(advance_reservation=number), p.submit()
    p.wait(15)
    p.do("configure", "scheduler", "", dict(p.cell.config.scheduler) | {"max_reservation": "3"}, user="root")
    made = p.cell.advance_reservations[number]
    assert sum(made.used.values()) == 1
    late = p.submit(advance_reservation=number)
    p.wait(20)
    assert p.where(inside)
    assert p.where(outside)
    assert p.where(late) is None
    p.exit(inside)
    p.wait(20)
    assert p.where(late)


def test_quotas_do_not_count_inside(play: Playing) -> None:
    """Neither for the reservation nor for its jobs."""
    p = one_host(play, quotas=("limit users {*} to slots=1",))
    number = reserve(p, 500, slots=2)
    jobs = [p.submit(advance_reservation=number) for _ in range(2)]
    p.wait(15)
    assert all(p.where(job) for job in jobs)


def test_a_reservation_for_some_is_closed_to_others(play: Playing) -> None:
    """-u; the owner isn't among them unless named."""
    p = one_host(play)
    number = reserve(p, 500, slots=2, users=["bob"])
    bob, ann = p.submit("bob", advance_reservation=number), p.submit("ann", advance_reservation=number)
    assert p.refused("ann", advance_reservation=number, verify="e").text == "error: no suitable queues"
    p.wait(15)
    assert p.where(bob)
    assert p.where(ann) is None
    assert p.cell.why(p.job(ann)) == ['has no permission for advance_reservation "1"']
