"""The answers of a running Son of Grid Engine 8.1.9, replayed. The list of what doesn't hold only shrinks."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from fake_sge.check import Verdict

DEVIATIONS: dict[str, dict[str, str]] = yaml.safe_load((Path(__file__).parent / "deviations.yaml").read_text("utf-8"))


def test_every_answer_that_is_not_listed_holds(verdicts: dict[str, Verdict]) -> None:
    """An answer that comes out differently from the recorded one must be on the list, with its reason."""
    unexpected = {
        name: verdict.difference
        for name, verdict in verdicts.items()
        if verdict.difference and name not in DEVIATIONS["differs"]
    }
    assert unexpected == {}


def test_no_listed_answer_holds(verdicts: dict[str, Verdict]) -> None:
    """An answer that has come to hold is taken off the list."""
    assert [name for name in DEVIATIONS["differs"] if verdicts[name].holds] == []


def test_only_listed_answers_are_left_out(verdicts: dict[str, Verdict]) -> None:
    """What isn't played at all is listed too, with its reason."""
    left_out = {name for name, verdict in verdicts.items() if verdict.reason}
    assert left_out == set(DEVIATIONS["not_played"])


@pytest.mark.parametrize("section", ["differs", "not_played"])
def test_every_entry_names_a_recorded_answer_and_a_reason(verdicts: dict[str, Verdict], section: str) -> None:
    """The list holds nothing but recorded answers, each with a reason."""
    assert all(name in verdicts and reason for name, reason in DEVIATIONS[section].items())
