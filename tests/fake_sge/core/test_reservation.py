"""Reservations and backfilling: sched_conf(5)'s max_reservation and default_duration, qsub(1)'s -R y."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fake_sge.core import TaskRange

Player = Callable[..., Any]
ONE_HOST = {"node001": "NONE"}
FOUR = {"all.q": {"slots": "4"}}
PES = {"smp": "$pe_slots", "mpi": "$fill_up"}


def cell(play: Player, reservations: int = 1, hosts: dict[str, str] | None = None, **scheduler: str) -> Any:
    settings = {"max_reservation": str(reservations), "params": "DURATION_OFFSET=0"} | scheduler
    return play(hosts or ONE_HOST, FOUR, pes=PES, scheduler=settings)


def wide(p: Any, **fields: Any) -> int:
    number: int = p.submit(pe="smp", slots=4, l={"h_rt": "100"}, **fields)
    return number


@pytest.mark.parametrize(("reservations", "reserve"), [(1, True), (1, False), (0, True)])
def test_a_wide_job_is_not_starved_only_if_it_reserves_and_may(play: Player, reservations: int, reserve: bool) -> None:
    """-R y counts with max_reservation above 0 alone; else smaller jobs pass by for ever."""
    p = cell(play, reservations)
    p.submit(l={"h_rt": "100"})
    p.run()
    big = wide(p, reserve=reserve)
    p.run()
    small = p.submit(l={"h_rt": "101"})
    p.run()
    assert (p.where(big), bool(p.where(small))) == (None, not (reservations and reserve))


def test_one_behind_its_like_reserves_even_if_these_do_not(play: Player) -> None:
    """A job without -R y that can't start keeps no other of its category from a reservation."""
    p = cell(play)
    p.submit(l={"h_rt": "100"})
    p.run()
    wide(p, reserve=False)
    wide(p, reserve=True)
    small = p.submit(l={"h_rt": "101"})
    p.run()
    assert p.where(small) is None


def test_what_ends_before_the_reservation_is_filled_in(play: Player) -> None:
    """Backfilling: a job that is over when the reservation begins starts, one that isn't waits."""
    p = cell(play)
    p.submit(l={"h_rt": "100"})
    p.run()
    big = wide(p, reserve=True)
    short, long = p.submit(l={"h_rt": "100"}), p.submit(l={"h_rt": "101"})
    p.run()
    assert [bool(p.where(job)) for job in (big, short, long)] == [False, True, False]
    p.wait(100)
    p.exit(1)
    p.exit(short)
    p.run()
    assert [bool(p.where(job)) for job in (big, long)] == [True, False]


def test_the_offset_counts_for_both_what_runs_and_what_waits(play: Player) -> None:
    """DURATION_OFFSET (60 s) is added to each length: a job of the same length just fits before the reservation."""
    p = cell(play, params="none")
    p.submit(l={"h_rt": "100"})
    p.run()
    wide(p, reserve=True)
    fits, over = p.submit(l={"h_rt": "100"}), p.submit(l={"h_rt": "101"})
    p.run()
    assert [bool(p.where(job)) for job in (fits, over)] == [True, False]


def test_without_a_limit_a_job_lasts_default_duration(play: Player) -> None:
    """INFINITY: nothing that has no limit is filled in before a reservation."""
    p = cell(play)
    p.submit(l={"h_rt": "100"})
    p.run()
    wide(p, reserve=True)
    endless = p.submit()
    p.run()
    assert p.where(endless) is None
    q = cell(play, default_duration="0:1:0")
    q.submit(l={"h_rt": "100"})
    q.run()
    wide(q, reserve=True)
    filler = q.submit()
    q.run()
    assert q.where(filler)


def test_only_so_many_reservations_by_priority(play: Player) -> None:
    """max_reservation counts in each run: the second wide job gets none, so what delays it may start."""

    def blocked(reservations: int) -> bool:
        p = cell(play, reservations)
        p.submit(l={"h_rt": "100"})
        p.run()
        for length in ("100", "300"):
            p.submit(pe="smp", slots=4, l={"h_rt": length}, reserve=True)
        later = p.submit(pe="smp", slots=3, l={"h_rt": "90"})
        endless = p.submit(l={"h_rt": "1000"})
        p.run()
        assert p.where(later)
        return not p.where(endless)

    assert blocked(1)
    assert blocked(2)


def test_a_serial_job_reserves_the_queue_that_is_free_first(play: Player) -> None:
    """The earliest of all queue instances; a job that ends there before may still start."""
    p = play(
        {"node001": "NONE", "node002": "NONE"},
        {"all.q": {"slots": "1"}},
        scheduler={"max_reservation": "1", "params": "DURATION_OFFSET=0"},
    )
    p.submit(l={"h_rt": "200"})
    p.submit(l={"h_rt": "100"})
    p.run()
    waiting = p.submit(l={"h_rt": "50"}, reserve=True)
    p.run()
    p.wait(100)
    p.exit(2)
    p.run()
    assert p.where(waiting) == "all.q@node002"


def test_a_parallel_job_reserves_across_hosts(play: Player) -> None:
    """$fill_up: the time from which all its slots are free together."""
    p = cell(play, hosts={"node001": "NONE", "node002": "NONE"})
    for length in ("100", "200"):
        p.submit(pe="smp", slots=4, l={"h_rt": length})
    p.run()
    p.submit(pe="mpi", slots=8, l={"h_rt": "10"}, reserve=True)
    p.wait(100)
    p.exit(1)
    filler, too_long = p.submit(l={"h_rt": "100"}), p.submit(l={"h_rt": "101"})
    p.run()
    assert [bool(p.where(job)) for job in (filler, too_long)] == [True, False]


def test_each_task_of_an_array_reserves(play: Player) -> None:
    """Tasks take reservations one by one while there are any."""
    p = cell(play, 2)
    p.submit(l={"h_rt": "100"})
    p.run()
    p.submit(pe="smp", slots=4, l={"h_rt": "50"}, tasks=TaskRange(1, 3), reserve=True)
    p.run()
    assert p.cell.plan is not None
    assert p.cell.plan.reservations == 0
    assert not p.started()[1:]


def test_nothing_is_planned_without_max_reservation(play: Player) -> None:
    """No look-ahead, no cost."""
    assert cell(play, 0).cell.plan is None


def test_a_run_looks_again_when_a_task_ought_to_be_over(play: Player) -> None:
    """A task that overstays moves the reservation; what has room before it then starts, though nothing else happens."""
    p = cell(play, default_duration="0:1:40")
    p.submit()
    p.run()
    wide(p, reserve=True)
    p.wait(90)
    filler = p.submit(l={"h_rt": "14"})
    p.run()
    assert p.where(filler) is None
    p.wait(30)
    assert p.where(filler)


def test_the_plan_is_empty_when_everything_is_over(play: Player) -> None:
    """Slots, consumables, exclusive resources, environments, quotas: what entered it leaves it, reservations too."""
    p = play(
        {"global": "licence=3", "node001": "rmem=8G,exclusive=TRUE", "node002": "rmem=8G,exclusive=TRUE"},
        {"all.q": {"slots": "4", "complex_values": "gpu=2"}},
        pes=PES,
        quotas=("limit users {*} to slots=6,rmem=12G",),
        scheduler={"max_reservation": "5", "default_duration": "0:10:0"},
    )
    wishes: list[dict[str, Any]] = [
        {"l": {"rmem": "3G"}},
        {"pe": "mpi", "slots": 5, "l": {"rmem": "1G", "licence": "1"}, "reserve": True},
        {"l": {"exclusive": "TRUE", "gpu": "1", "h_rt": "100"}, "reserve": True},
        {"pe": "smp", "slots": 3, "reserve": True},
    ]
    for number in range(24):
        p.submit(f"u{number % 3}", **wishes[number % 4])
        p.wait(5)
        for job, task in list(p.cell.placed)[:1]:
            p.exit(job, task)
    while p.cell.jobs and p.cell.placed:
        p.wait(20)
        for job, task in list(p.cell.placed):
            p.exit(job, task)
        p.wait(20)
    assert len(p.cell.jobs) == 0
    assert [key for key, line in p.cell.plan.timelines.items() if line.times] == []


def test_a_second_reservation_begins_where_there_is_room_now(play: Player) -> None:
    """The hosts aren't sorted anew for it, as none started: full ones stand behind the others, so it takes all that it
    needs of the half empty node002, on which there is but one slot left at that time.
    """
    settings = {"max_reservation": "2", "params": "DURATION_OFFSET=0", "queue_sort_method": "seqno"}
    queue = {"slots": "4", "seq_no": "0,[node002=1]"}
    p = play({"node001": "NONE", "node002": "NONE"}, {"all.q": queue}, pes=PES, scheduler=settings)
    for slots in (4, 2):
        p.submit(pe="smp", slots=slots, l={"h_rt": "100"})
        p.run()
    for _ in range(2):
        p.submit(pe="mpi", slots=3, l={"h_rt": "100"}, reserve=True)
    long = [p.submit(l={"h_rt": "150"}) for _ in range(2)]
    p.run()
    assert [p.where(job) for job in long] == ["all.q@node002", None]
