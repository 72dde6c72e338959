"""The resource diagram: step functions, and what is foreseen of running tasks."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from fake_sge.core.plan import Plan, Timeline, duration_offset

TIMES = st.integers(0, 30)
STAYS = st.lists(st.tuples(TIMES, st.integers(1, 10), st.integers(1, 4)), max_size=12)


def test_what_is_taken_at_most_and_since_when_enough_is_free() -> None:
    """Both ends count: a stay takes from its first instant until just before its last."""
    line = Timeline()
    line.add(10, 20, 2)
    line.add(15, math.inf, 1)
    assert [line.most(0, 10), line.most(0, 11), line.most(10, 15), line.most(14, 16), line.most(20, 99)] == [
        0,
        2,
        2,
        3,
        1,
    ]
    assert [line.below(2), line.below(1), line.below(0)] == [20, 20, math.inf]


@given(STAYS)
def test_a_timeline_is_the_sum_of_its_stays_and_empty_without_them(
    stays: list[tuple[int, int, int]],
) -> None:
    """Against counting second by second; given back, nothing is left, not even a step."""
    line = Timeline()
    for start, length, amount in stays:
        line.add(start, start + length, amount)
    level = [sum(a for s, n, a in stays if s <= second < s + n) for second in range(50)]
    assert [line.most(second, second + 1) for second in range(50)] == level
    busy = [second for second in range(50) if level[second] > 3]
    assert line.below(3) == (busy[-1] + 1 if busy else 0)
    for start, length, amount in stays:
        line.add(start, start + length, -amount)
    assert (line.times, line.levels) == ([], [])


def test_a_task_that_lasts_longer_than_foreseen_ends_within_the_next_interval() -> None:
    """It must not be taken for over; how much longer it stays nobody knows."""
    plan = Plan(1, math.inf, 60.0, 15.0)
    plan.enter((1, 1), 1000.0, 100.0, [(("q@h", "slots"), 1.0)])
    assert plan.free_since(("q@h", "slots"), 0) == 1160
    plan.look_ahead(1200.0)
    assert plan.free_since(("q@h", "slots"), 0) == 1215
    plan.leave((1, 1))
    assert plan.timelines["q@h", "slots"].times == []


def test_the_offset_is_a_parameter() -> None:
    """DURATION_OFFSET of sched_conf(5): 60 seconds unless given."""
    assert duration_offset({}) == 60
    assert duration_offset({"params": "MONITOR=1,DURATION_OFFSET=5"}) == 5
