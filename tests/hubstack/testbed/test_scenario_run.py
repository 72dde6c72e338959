from __future__ import annotations

import pytest

from fake_sge.cellfile import BadFile
from hubstack.planning import run_scenario
from hubstack.results import PARTS, UNACCOUNTED, compare, mean_parts, waterfalls
from hubstack.scenario import load_scenario
from hubstack.testbed import Stack


@pytest.fixture
def model(tmp_path):
    """The first scenario in virtual time."""
    return run_scenario(load_scenario("small_class"), "model", tmp_path / "model")


@pytest.mark.stack
@pytest.mark.timeout(300)
def test_one_scenario_runs_on_both_stages_and_is_laid_side_by_side(state_home, model, tmp_path):
    """Real users on a real hub in front of real jobs, through a reboot; the same directory, names and sessions."""
    fake = run_scenario(load_scenario("small_class"), "fake", tmp_path / "fake")
    assert [verdict["passed"] for verdict in fake.summary["gates"]] == [True, True], fake.summary["spans"]
    spans = fake.summary["spans"]
    assert {name: row.get("ok") for name, row in spans.items() if name in ("login", "spawn", "execute", "stop")} == {
        "login": 5,
        "spawn": 5,
        "execute": 10,
        "stop": 5,
    }
    assert spans["outage"]["count"] == 1
    assert {job.queue for job in fake.replications[0].jobs} == {"all.q", "gpu.q"}
    assert all(job.ended_at for job in fake.replications[0].jobs)
    falls = waterfalls(fake.replications[0].spans)
    assert {name for fall in falls for name in fall.parts} == set(PARTS) - {"throttle"} | {UNACCOUNTED}
    parts = mean_parts(falls)
    assert abs(parts[UNACCOUNTED]) < 0.05 * sum(parts.values())
    comparison = compare(model, fake)
    assert {row.difference.n for row in comparison.spans if row.name == "spawn"} == {5}
    assert (comparison.only_a, comparison.only_b) == (["route_add"], [])
    assert Stack.all() == []


def test_a_disturbance_that_a_stack_cannot_have_is_refused_before_it_is_brought_up(state_home, tmp_path):
    """With the scenario's line and what there is."""
    loaded = load_scenario("small_class", {"disturbances": "[{kind: drain, target: host cpu001, at: 1s}]"})
    with pytest.raises(BadFile, match="a stack can't have the disturbance drain host cpu001"):
        run_scenario(loaded, "fake", tmp_path / "fake")
    assert not (tmp_path / "fake").exists()
