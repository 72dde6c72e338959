"""Who goes first: sge_priority(5), with the figures of the recorded cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Player = Callable[..., Any]


def test_urgency_is_normalised_over_what_waits_and_runs(play: Player) -> None:
    """Recorded: 64 slots 0.75000, 4 slots 0.27381, one slot 0.25000, held 0.00000."""
    p = play({"node001": "NONE"}, {"all.q": {"slots": "8"}}, pes={"smp": "$pe_slots"})
    one, four, many, held = p.submit(), p.submit(pe="smp", slots=4), p.submit(pe="smp", slots=64), p.submit(holds="u")
    p.run()
    p.wait(20)
    figures = [f"{p.job(job).priority:.5f}" for job in (one, four, many, held)]
    assert figures == ["0.25000", "0.27381", "0.75000", "0.00000"]


def test_a_lone_job_is_in_the_middle(play: Player) -> None:
    """Without a range every figure is 0.5; with upstream's weights the familiar 0.55500."""
    weights = {"weight_priority": "1.0", "weight_urgency": "0.1", "weight_ticket": "0.01"}
    p = play(scheduler=weights)
    job = p.submit()
    p.run()
    assert f"{p.job(job).priority:.5f}" == "0.55500"


def test_older_jobs_go_first_then_lower_ids(play: Player) -> None:
    """Waiting time counts by whole seconds; ties go by job number."""
    p = play({"node001": "NONE"}, {"all.q": {"slots": "1"}})
    first = p.submit()
    p.run()
    late = [p.submit() for _ in range(2)]
    p.wait(5)
    p.exit(first)
    p.run()
    assert p.where(late[0]) is not None
    p.exit(late[0])
    p.run()
    assert p.where(late[1]) is not None


def test_posix_priority_needs_a_weight(play: Player) -> None:
    """weight_priority 0 (Debian's) leaves -p without effect; 1 makes it decide."""
    order = []
    for weight in ("0", "1"):
        p = play({"node001": "NONE"}, {"all.q": {"slots": "1"}}, scheduler={"weight_priority": weight})
        p.submit(priority=-500)
        p.submit()
        p.run()
        order.append(p.started()[0][0])
    assert order == [1, 2]


def test_a_deadline_raises_urgency_as_it_comes_near(play: Player) -> None:
    """weight_deadline / seconds left; only deadlineusers may ask."""
    p = play({"node001": "NONE"}, {"all.q": {"slots": "1"}}, access_lists={"deadlineusers": {"entries": "ann"}})
    p.submit()
    p.submit("ann", deadline_at=1060.0)
    p.run()
    assert p.started()[0][0] == 2
    assert "deadline initiation" in p.refused("bob", deadline_at=1060.0).text


def test_urgency_of_resources_counts_for_each_slot(play: Player) -> None:
    """Slots weigh 1000 each by default: wide jobs outrank earlier narrow ones (recorded)."""
    p = play({"node001": "NONE", "node002": "NONE"}, pes={"smp": "$pe_slots"})
    narrow = [p.submit() for _ in range(2)]
    wide = [p.submit(pe="smp", slots=2) for _ in range(2)]
    p.run()
    assert [job for job, _ in p.started()] == wide
    assert all(p.where(job) is None for job in narrow)


def test_maxujobs_sets_the_rest_of_a_user_s_jobs_aside(play: Player) -> None:
    """sched_conf(5): at most so many running for each user."""
    p = play(scheduler={"maxujobs": "1"})
    jobs = [p.submit("ann"), p.submit("ann"), p.submit("bob")]
    p.run()
    assert [p.where(job) is not None for job in jobs] == [True, False, True]
    p.exit(jobs[0])
    p.run()
    assert p.where(jobs[1]) is not None


@pytest.mark.parametrize("count", [1, 40])
def test_pending_is_in_the_order_of_priority(play: Player, count: int) -> None:
    """qstat lists best first, then by submission time and job number; held ones last."""
    p = play({"node001": "NONE"}, {"all.q": {"slots": "0"}}, pes={"smp": "$pe_slots"})
    p.submit(holds="u")
    for _ in range(count):
        p.submit()
    wide = p.submit(pe="smp", slots=3)
    p.wait(1)
    ids = [job.id for job, _ in p.cell.pending()]
    assert ids == [wide, *range(2, 2 + count), 1]
    assert [job.id for job, _ in p.cell.pending(p.cell.jobs_of("nobody"))] == []
