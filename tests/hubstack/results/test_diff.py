from __future__ import annotations

import pytest

from hubstack.results import Recording, RunDirectory, compare


@pytest.fixture
def run_of(tmp_path):
    """Writes a run that holds the given spans."""

    def make(name, spans):
        directory = RunDirectory(tmp_path / name)
        directory.write_replication(1, Recording(spans=spans))
        manifest = {"name": name, "run": name, "stage": "model", "seed": 1, "measured_from": [0.0]}
        return directory.close(manifest, [])

    return make


def test_sessions_are_paired_by_name(run_of, span):
    """The difference is B minus A of the same session, whatever order the rows have."""
    a = run_of("a", [span("spawn", 0, 1, session="s/0001"), span("spawn", 0, 5, session="s/0002")])
    b = run_of("b", [span("spawn", 0, 7, session="s/0002"), span("spawn", 0, 2, session="s/0001")])
    (row,) = compare(a, b).spans
    assert row.difference is not None
    assert row.difference.value == pytest.approx(1.5)
    assert row.p50 == (1, 2)


def test_what_only_one_run_could_see_is_named(run_of, span):
    """Parts that a stage doesn't see are left out of the comparison, and said."""
    a = run_of("a", [span("spawn", 0, 1), span("throttle", 0, 1)])
    b = run_of("b", [span("spawn", 0, 1), span("request", 0, 1)])
    comparison = compare(a, b)
    assert [row.name for row in comparison.spans] == ["spawn"]
    assert (comparison.only_a, comparison.only_b) == (["throttle"], ["request"])


def test_a_pair_needs_both_to_have_gone_well(run_of, span):
    """A failed spawn has no duration to compare."""
    a = run_of("a", [span("spawn", 0, 1, session="s/0001"), span("spawn", 0, 1, session="s/0002")])
    b = run_of("b", [span("spawn", 0, 3, session="s/0001"), span("spawn", 0, 9, session="s/0002", status="failed")])
    (row,) = compare(a, b).spans
    assert row.difference is not None
    assert (row.difference.value, row.difference.n) == (2, 1)
