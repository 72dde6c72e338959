from __future__ import annotations

import pytest

from hubstack.results import PARTS, UNACCOUNTED, mean_parts, spawn_at, waterfalls


def test_the_parts_of_a_spawn_sum_to_it(span):
    """What no part covers is ``unaccounted``, so that nothing can hide."""
    spans = [span("spawn", 10, 20), span("submit", 11, 12), span("queue_wait", 12, 17), span("first_answer", 19, 20)]
    (fall,) = waterfalls(spans)
    assert fall.parts == {"submit": 1, "queue_wait": 5, "first_answer": 1, UNACCOUNTED: 3}
    assert sum(fall.parts.values()) == fall.spawn.duration_s


def test_a_detail_is_not_added(span):
    """route_add lies inside hub_notice: counting both would count it twice."""
    (fall,) = waterfalls([span("spawn", 0, 10), span("hub_notice", 2, 8), span("route_add", 5, 6)])
    assert fall.parts == {"hub_notice": 6, UNACCOUNTED: 4}


def test_parts_of_a_failed_attempt_belong_to_the_spawn_that_was_wanted(span):
    """A user waits for both attempts; the parts of another session or another time don't count."""
    spans = [
        span("spawn", 0, 10),
        span("submit", 1, 2),
        span("submit", 5, 6),
        span("submit", 11, 12),
        span("submit", 3, 4, session="students/0002"),
    ]
    assert waterfalls(spans)[0].parts == {"submit": 2, UNACCOUNTED: 8}


def test_a_spawn_that_never_answered_has_no_waterfall(span):
    """Its parts would not sum to anything."""
    assert waterfalls([span("spawn", 0, 10, status="failed"), span("submit", 1, 2)]) == []


def test_the_mean_parts_sum_to_the_mean_spawn(span):
    """A spawn that lacks a part counts with zero."""
    spans = [
        span("spawn", 0, 10),
        span("throttle", 0, 4),
        span("spawn", 0, 2, session="students/0002"),
        span("submit", 0, 1, session="students/0002"),
    ]
    parts = mean_parts(waterfalls(spans))
    assert parts == {"throttle": 2, "submit": 0.5, UNACCOUNTED: 3.5}
    assert list(parts) == [name for name in (*PARTS, UNACCOUNTED) if name in parts]


def test_a_percentile_is_shown_by_a_spawn_that_happened(spawns):
    """Percentiles of parts don't sum to the percentile of the whole; one real spawn's parts do."""
    falls = waterfalls(spawns(*range(1, 101)).spans)
    assert spawn_at(falls, 0.95).spawn.duration_s == pytest.approx(95)
