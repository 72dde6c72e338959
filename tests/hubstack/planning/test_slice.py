from __future__ import annotations

import json

import pytest

from fake_sge.cellfile import BadFile
from hubstack.planning import gates_of, run_scenario
from hubstack.results import compare, read_run
from hubstack.scenario import load_scenario


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The shipped first scenario on the model, twice over."""
    loaded = load_scenario("small_class", {"replications": "2"})
    return run_scenario(loaded, "model", tmp_path_factory.mktemp("runs") / "model")


def test_the_shipped_scenario_passes_its_gates_on_the_model(run):
    """Five users, one with a GPU, one reboot: everybody is served."""
    assert [(verdict["gate"], verdict["passed"]) for verdict in run.summary["gates"]] == [
        ("p95(spawn) < 90 s", True),
        ("rate(abandoned) < 1 %", True),
    ]
    assert run.summary["spans"]["spawn"]["ok"] == 10
    assert {job.queue for job in run.replications[0].jobs} == {"all.q", "gpu.q"}


def test_what_was_written_is_what_is_read(run):
    """The directory holds the whole run, and a run compared with itself doesn't differ."""
    again = read_run(run.path)
    assert (again.manifest, again.summary) == (run.manifest, run.summary)
    assert [one.spans for one in again.replications] == [one.spans for one in run.replications]
    assert [one.jobs for one in again.replications] == [one.jobs for one in run.replications]
    assert {row.difference.value for row in compare(run, again).spans} == {0.0}


def test_the_manifest_says_where_the_run_comes_from(run):
    """Seed, digests, versions, times: enough to run it again."""
    manifest = json.loads((run.path / "manifest.json").read_text())
    assert manifest["seed"] == 20261005
    assert set(manifest["digests"]) == {"scenario", "site"}
    assert manifest["replications"] == {"wanted": 2, "finished": 2}
    assert manifest["began_at"] <= manifest["ended_at"]
    assert "simpy" in manifest["versions"]


def test_a_gate_that_cannot_be_read_is_told_with_its_line(tmp_path):
    """Before anything runs; nothing is written."""
    loaded = load_scenario("small_class", {"gates": "['p95(spawn) < 9']"})
    with pytest.raises(BadFile, match="compared with a value in"):
        run_scenario(loaded, "model", tmp_path / "run")
    assert not (tmp_path / "run").exists()
    assert gates_of(load_scenario("small_class"))[0].limit == 90


def test_a_stage_that_is_not_there_is_refused(tmp_path):
    """With the stages that are."""
    with pytest.raises(BadFile, match="use one of: model, fake"):
        run_scenario(load_scenario("small_class"), "real", tmp_path / "run")


def test_an_interrupted_run_keeps_what_is_finished(tmp_path):
    """Ctrl-C in the second replication leaves a run of one, and is passed on."""
    loaded = load_scenario("small_class", {"replications": "3"})

    def interrupt(words: str) -> None:
        if words.startswith("replication 2"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_scenario(loaded, "model", tmp_path / "run", progress=interrupt)
    kept = read_run(tmp_path / "run")
    assert kept.summary["replications"] == 1
    assert kept.manifest["replications"] == {"wanted": 3, "finished": 1}
