"""Workloads, whole and small, through the real scheduler, replayed. The list of what doesn't hold only shrinks."""

from __future__ import annotations

from pathlib import Path

import yaml

from fake_sge.check import Verdict

LISTED: dict[str, str] = yaml.safe_load((Path(__file__).parent / "deviations.yaml").read_text("utf-8"))["traces"]


def test_every_workload_that_is_not_listed_holds(trace_verdicts: dict[str, Verdict]) -> None:
    """A workload whose places or waits differ from the recorded ones must be on the list, with its reason."""
    unexpected = {name: verdict.difference for name, verdict in trace_verdicts.items() if verdict.difference}
    assert {name: difference for name, difference in unexpected.items() if name not in LISTED} == {}


def test_no_listed_workload_holds(trace_verdicts: dict[str, Verdict]) -> None:
    """A workload that has come to hold is taken off the list."""
    assert [name for name in LISTED if trace_verdicts[name].holds] == []
