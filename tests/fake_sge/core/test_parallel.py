"""Allocation rules of parallel environments: sge_pe(5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fake_sge.core import TaskRange

Player = Callable[..., Any]
HOSTS = {"node001": "NONE", "node002": "NONE", "node003": "NONE"}
FOUR = {"all.q": {"slots": "4"}}


@pytest.mark.parametrize(
    ("rule", "slots", "expected"),
    [
        ("$pe_slots", 4, {"all.q@node001": 4}),
        ("$fill_up", 6, {"all.q@node001": 4, "all.q@node002": 2}),
        ("$round_robin", 5, {"all.q@node001": 2, "all.q@node002": 2, "all.q@node003": 1}),
        ("2", 6, {"all.q@node001": 2, "all.q@node002": 2, "all.q@node003": 2}),
    ],
)
def test_the_rule_spreads_the_slots(play: Player, rule: str, slots: int, expected: dict[str, int]) -> None:
    """All on one host, host after host, one at a time, or so many on each."""
    p = play(HOSTS, FOUR, pes={"pe": rule})
    job = p.submit(pe="pe", slots=slots)
    p.run()
    assert p.places(job) == expected


@pytest.mark.parametrize(("rule", "slots"), [("$pe_slots", 5), ("2", 5), ("2", 8), ("$fill_up", 13)])
def test_what_the_rule_can_t_give_waits(play: Player, rule: str, slots: int) -> None:
    """More slots than a host has, an amount the rule doesn't divide, more than there are."""
    p = play(HOSTS, FOUR, pes={"pe": rule})
    job = p.submit(pe="pe", slots=slots)
    p.run()
    assert p.where(job) is None


def test_a_range_gets_as_many_slots_as_there_are(play: Player) -> None:
    """-pe pe 2-8: the most that can be had now (recorded: 3 of 4 with one busy)."""
    p = play({"node001": "NONE"}, FOUR, pes={"smp": "$pe_slots"})
    p.submit()
    p.run()
    job = p.submit(pe="smp", pe_slots=[TaskRange(2, 8)])
    p.run()
    assert p.places(job) == {"all.q@node001": 3}


def test_the_environment_s_slots_are_a_limit_of_the_whole_cell(play: Player) -> None:
    """slots of sge_pe(5) count over all hosts, and come back."""
    p = play(HOSTS, FOUR, pes={"pe": "$fill_up"})
    p.cell.layout.environments["pe"].slots = 6
    first, second = p.submit(pe="pe", slots=4), p.submit(pe="pe", slots=4)
    p.run()
    assert p.where(second) is None
    p.exit(first)
    p.run()
    assert p.where(second) is not None
    assert p.cell.layout.environments["pe"].used == 4


def test_a_wildcard_environment_is_tried_by_name(play: Player) -> None:
    """-pe 'mpi*' takes an environment that can do it; what was granted is remembered."""
    p = play(HOSTS, FOUR, pes={"mpi1": "$pe_slots", "mpi2": "$fill_up"})
    job = p.submit(pe="mpi*", slots=6)
    p.run()
    assert p.job(job).tasks[1].pe == "mpi2"


def test_consumables_limit_the_slots_of_a_host(play: Player) -> None:
    """Per slot, so a host with 4G gives two slots of 2G."""
    p = play({"node001": "rmem=4G", "node002": "rmem=8G"}, FOUR, pes={"pe": "$fill_up"})
    job = p.submit(pe="pe", slots=6, l={"rmem": "2G"})
    p.run()
    assert p.places(job) == {"all.q@node001": 2, "all.q@node002": 4}


def test_a_job_consumable_is_the_master_s(play: Player) -> None:
    """consumable JOB: the master's host must have it, the others need not."""
    p = play({"node001": "NONE", "node002": "licence=1"}, FOUR, pes={"pe": "$fill_up"})
    job = p.submit(pe="pe", slots=6, l={"licence": "1"})
    p.run()
    assert list(p.places(job)) == ["all.q@node002", "all.q@node001"]
    assert p.cell.hosts["node002"].used["licence"] == 1


def test_the_reason_names_the_environment(play: Player) -> None:
    """Recorded: 'cannot run in PE "smp" because it only offers 0 slots'."""
    p = play({"node001": "NONE"}, FOUR, pes={"smp": "$pe_slots"})
    job = p.submit(pe="smp", slots=64)
    p.run()
    assert p.cell.why(p.job(job)) == ['cannot run in PE "smp" because it only offers 0 slots']


def test_masterq_places_the_master_task(play: Player) -> None:
    """-masterq: the master task goes to one of these queues, the rest where -q says."""
    p = play(
        {"node001": "NONE", "node002": "NONE"},
        {"all.q": {"slots": "4"}, "master.q": {"slots": "4"}},
        pes={"pe": "$fill_up"},
    )
    job = p.submit(pe="pe", slots=5, hard_queues=["all.q"], master_queues=["master.q@node002"])
    p.run()
    placed = p.places(job)
    assert next(iter(placed)) == "master.q@node002"
    assert placed["master.q@node002"] == 1
    assert sum(placed.values()) == 5


def test_of_environments_that_suit_the_longest_unused_is_taken(play: Player) -> None:
    """What a pattern names is looked at in the order in which it changed last, as the scheduler heard of it."""
    p = play(HOSTS, FOUR, pes={"mpi": "$fill_up", "mpirr": "$round_robin"})
    jobs = []
    for _ in range(3):
        jobs.append(p.submit(pe="mpi*", slots=2))
        p.run()
    assert [p.job(job).tasks[1].pe for job in jobs] == ["mpi", "mpirr", "mpi"]
