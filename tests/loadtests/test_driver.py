from __future__ import annotations

import subprocess
import sys

import pytest

from hubstack.results import Counter, Span, read_lines

USERS = ("lucky", "busy", "second", "unlucky", "away", "slow", "greedy")


def session(number, user):
    """A visit with little patience; two tries."""
    form = {"cores": "2" if user == "greedy" else "1"}
    give_up_s = 2.0 if user == "slow" else 20.0
    own = {"session": f"students/{number:04d}", "user": user, "form": form, "give_up_s": give_up_s}
    return own | {"intended_s": 0.1 * number, "work_s": 0.0, "forgets": False, "retries": 1}


@pytest.fixture(scope="module")
def driven(stub_hub, drive):
    """What was recorded of all users' visits: spans by user and name, and the counters."""
    out = drive(stub_hub.url, [session(number, user) for number, user in enumerate(USERS)], until_s=60.0)
    spans = [Span(**row) for row in read_lines(out / "spans.jsonl")]
    return {(span.user, span.name): span for span in spans}, [
        Counter(**row) for row in read_lines(out / "counters.jsonl")
    ]


def test_a_user_logs_in_chooses_and_gets_a_server(driven):
    """Each step is a span with the session's name, and the spawn lasts until JupyterLab answers."""
    spans, _ = driven
    for name in ("login", "form", "post", "spawn"):
        assert spans["lucky", name].status == "ok"
    assert spans["lucky", "spawn"].session == "students/0000"


def test_a_step_that_fails_is_recorded_with_its_reason_and_ends_the_visit(driven):
    """The stub has no kernels: the span says so, and the driver goes on with the others."""
    spans, _ = driven
    assert (spans["lucky", "kernel_start"].status, spans["lucky", "kernel_start"].reason) == (
        "failed",
        "no kernel: HTTP 500",
    )
    assert ("lucky", "execute") not in spans


def test_a_busy_hub_is_asked_again_when_it_says(driven, stub_hub):
    """429 with Retry-After 1: `throttle` lasts from the first refusal to the acceptance."""
    spans, _ = driven
    assert stub_hub.asked["busy"]["spawn"] == 2
    assert spans["busy", "throttle"].duration_s >= 1
    assert spans["busy", "spawn"].status == "ok"


def test_a_failed_spawn_is_tried_again(driven, stub_hub):
    """It belongs to the same wish: one spawn span, from the first click to the answer."""
    spans, _ = driven
    assert stub_hub.asked["second"]["spawn"] == 2
    assert spans["second", "spawn"].status == "ok"


def test_retries_have_an_end(driven, stub_hub):
    """After the last try the span has the hub's own words."""
    spans, _ = driven
    assert stub_hub.asked["unlucky"]["spawn"] == 2
    assert (spans["unlucky", "spawn"].status, spans["unlucky", "spawn"].reason) == ("failed", "Spawn failed: no room")


def test_a_hub_that_is_away_is_loaded_again(driven, stub_hub):
    """503 once: the page is asked for again, and the form span includes the wait."""
    spans, _ = driven
    assert stub_hub.asked["away"]["form"] == 2
    assert spans["away", "form"].status == "ok"
    assert spans["away", "form"].duration_s >= 0.25


def test_patience_ends(driven):
    """A server that comes after the user has given up is no success; nobody waits for it any longer."""
    spans, _ = driven
    assert spans["slow", "spawn"].status == "abandoned"
    assert 2 <= spans["slow", "spawn"].duration_s < 8


def test_what_the_form_refuses_is_in_the_page(driven):
    """A failing form answers 200 with the error in its page."""
    spans, _ = driven
    assert (spans["greedy", "spawn"].status, spans["greedy", "spawn"].reason) == ("failed", "Error: too many cores")


def test_the_driver_says_how_late_it_was_and_that_nobody_is_left(driven):
    """One figure for each session: a generator that is itself the bottleneck must be seen."""
    _, counters = driven
    late = [row.value for row in counters if row.name == "driver_late"]
    assert len(late) == len(USERS)
    assert min(late) >= 0
    assert [row.value for row in counters if row.name == "still_there"] == [0]


def test_the_end_of_the_plan_ends_everybody(stub_hub, drive):
    """Who is in the middle of something has no span for it, and is counted."""
    working = session(1, "lucky") | {"user": "slow", "give_up_s": 60.0}
    out = drive(stub_hub.url, [working], until_s=2.0)
    counters = {row["name"]: row["value"] for row in read_lines(out / "counters.jsonl")}
    assert counters["still_there"] == 1
    assert "spawn" not in {row["name"] for row in read_lines(out / "spans.jsonl")}


def test_what_is_no_plan_is_refused(tmp_path):
    """Exit code 2 and one line."""
    (tmp_path / "plan.json").write_text("{}")
    argv = [sys.executable, "-m", "loadtests", str(tmp_path / "plan.json"), str(tmp_path / "out")]
    told = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 2
    assert told.stderr.strip().endswith("'sessions'")
    assert len(told.stderr.strip().splitlines()) == 1
