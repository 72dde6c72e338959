from __future__ import annotations

import pytest

from hubstack.results import BadGate, Counter, Gate, Recording, evaluate_gates


def passed(text, *recordings):
    """Whether the gate holds on the recordings."""
    (verdict,) = evaluate_gates([Gate.parse(text)], recordings)
    return verdict.passed


@pytest.mark.parametrize(
    "text, expected",
    [
        ("p50(spawn) < 2.5 s", True),
        ("p50(spawn) < 2 s", False),
        ("p50(spawn) <= 2000 ms", True),
        ("max(spawn) < 0.1 min", True),
        ("mean(spawn) > 1 s", True),
        ("min(spawn) == 1 s", True),
        ("rate(abandoned) < 1 %", True),
        ("count(spawn) >= 3", True),
    ],
)
def test_a_gate_compares_in_the_unit_that_is_written(spawns, text, expected):
    """METRIC OP VALUE UNIT, for every function and comparison."""
    assert passed(text, spawns(1.0, 2.0, 3.0)) is expected


def test_a_gate_may_be_about_one_class(span):
    """``class=`` leaves only the sessions of that class."""
    recording = Recording(spans=[span("spawn", 0, 1, session="a/0001"), span("spawn", 0, 9, session="b/0002")])
    assert passed("max(spawn, class=a) < 2 s", recording)
    assert not passed("max(spawn, class=b) < 2 s", recording)


def test_a_metric_that_is_not_there_fails(spawns):
    """A gate on something nobody measured must not pass, and says what there is."""
    (verdict,) = evaluate_gates([Gate.parse("p95(queue_wait) < 1 h")], [spawns(1.0)])
    assert not verdict.passed
    assert verdict.reason == "the run has no values for p95(queue_wait); it has spawn"


def test_spawns_that_failed_count_in_rates_and_not_in_durations(span):
    """A spawn cut short isn't a quick one."""
    rows = [span("spawn", 0, 10), span("spawn", 0, 1, status="abandoned"), span("spawn", 0, 1, status="failed")]
    recording = Recording(spans=rows)
    assert passed("min(spawn) > 9 s", recording)
    assert passed("rate(abandoned) > 33 %", recording)
    assert passed("rate(errors) < 34 %", recording)


def test_a_counter_is_a_total_and_its_samples_have_percentiles():
    """count(NAME) sums a counter; pNN(NAME) takes its samples."""
    rows = [Counter("r", 1, "fake", at, "hub_loop_lag", "hub", value) for at, value in enumerate([0.1, 0.2, 0.9])]
    recording = Recording(counters=rows)
    assert passed("count(hub_loop_lag) < 1.3", recording)
    assert passed("p99(hub_loop_lag) < 1 s", recording)


@pytest.mark.parametrize(
    "text, says",
    [
        ("p95(spawn)", "write METRIC OP VALUE UNIT"),
        ("spawn.p95 < 90 s", "isn't a metric"),
        ("p95 spawn < 90 s", "isn't a metric"),
        ("q95(spawn) < 90 s", "isn't a function"),
        ("p95(spawn) < 90", "compared with a value in 'ms', 's', 'm', 'min', 'h', not ''"),
        ("p95(spawn) < 90 %", "not '%'"),
        ("rate(abandoned) < 1 s", "compared with a value in '%'"),
        ("rate(happy) < 1 %", "use one of errors, failed"),
        ("p95(spawn) < 1.2.3 s", "in the gate"),
    ],
)
def test_what_is_no_gate_is_refused_in_one_line(text, says):
    """The message names the gate and what would be right."""
    with pytest.raises(BadGate) as refused:
        Gate.parse(text)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
