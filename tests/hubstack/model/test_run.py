from __future__ import annotations

from collections import Counter

import pytest

from fake_sge.cellfile import BadFile
from hubstack.model import run_model
from hubstack.results import PARTS, UNACCOUNTED, waterfalls


def spans(recording, name):
    """The recording's spans of one name, in order of time."""
    return [span for span in recording.ordered().spans if span.name == name]


def total(recording, counter):
    """A counter's total."""
    return sum(row.value for row in recording.counters if row.name == counter)


def test_everybody_logs_in_works_and_stops(scenario):
    """An idle cluster serves all; the jobs are gone when they have left."""
    recording = run_model(scenario(), 1)
    assert Counter((span.name, span.status) for span in recording.spans if span.name in ("spawn", "stop")) == {
        ("spawn", "ok"): 4,
        ("stop", "ok"): 4,
    }
    assert [job.ended_at is not None for job in recording.jobs] == [True] * 4
    assert total(recording, "qsub") == total(recording, "qdel") == 4


def test_the_parts_of_each_spawn_sum_to_it(scenario):
    """On the model nothing of an undisturbed spawn is unaccounted."""
    falls = waterfalls(run_model(scenario(), 1).spans)
    assert len(falls) == 4
    for fall in falls:
        assert set(fall.parts) == set(PARTS) - {"throttle"} | {UNACCOUNTED}
        assert sum(fall.parts.values()) == pytest.approx(fall.spawn.duration_s)
        assert abs(fall.parts[UNACCOUNTED]) < 1e-6


def test_who_finds_no_slot_waits_for_somebody_to_leave(scenario):
    """Six students, four slots: the fifth and sixth wait in the queue about as long as the others work."""
    recording = run_model(scenario(users__0__count="6", users__0__arrive="{uniform: [0s, 1s]}"), 1)
    waits = sorted(span.duration_s for span in spans(recording, "queue_wait"))
    assert waits[3] < 2
    assert 55 < waits[4] < 80


def test_who_loses_patience_is_abandoned(scenario):
    """The same with patience for ten seconds: two users go, and the figures say so."""
    impatient = {"users__0__count": "6", "users__0__patience": "{give_up: 10s}"}
    recording = run_model(scenario(users__0__arrive="{uniform: [0s, 1s]}", **impatient), 1)
    assert Counter(span.status for span in spans(recording, "spawn")) == {"ok": 4, "abandoned": 2}


def test_a_full_hub_answers_429_and_is_asked_again(scenario):
    """concurrent_spawn_limit 1: three of four come back after half a minute or more, and the wait is `throttle`."""
    limit = {"site__hub__concurrent_spawn_limit": "1", "users__0__arrive": "{at: [0s, 0s, 0s, 0s]}"}
    throttled = spans(run_model(scenario(**limit), 1), "throttle")
    assert len(throttled) == 3
    assert min(span.duration_s for span in throttled) > 30


def test_a_session_ends_at_its_limit(scenario):
    """Work longer than the form's runtime: the job is ended at h_rt, with SGE's code for it, and the user sees it."""
    limits = {"site__hub__form__runtime": "60s", "users__0__work": "{fixed: 5m}"}
    recording = run_model(scenario(**limits), 1)
    assert {job.failed for job in recording.jobs} == {37}
    assert {span.status for span in spans(recording, "request")} == {"failed"}


def test_who_forgets_leaves_the_server_running(scenario):
    """No stop, and the job lives on to the horizon."""
    recording = run_model(scenario(users__0__idle_after="100%"), 1)
    assert spans(recording, "stop") == []
    assert [job.ended_at for job in recording.jobs] == [None] * 4


def test_sessions_survive_a_reboot_of_the_hub(scenario):
    """On the reference config the jobs run on; users come back when the hub does."""
    reboot = "[{kind: reboot, target: hub, at: 70s, for: 60s}]"
    recording = run_model(scenario(disturbances=reboot), 1)
    (outage,) = spans(recording, "outage")
    assert outage.duration_s > 60
    assert {span.status for span in spans(recording, "request")} == {"ok"}
    assert max(span.duration_s for span in spans(recording, "request")) > 30


@pytest.mark.parametrize("config, jobs", [("reference", 4), ("stock", 8)])
def test_a_spawn_in_flight_survives_the_reboot_only_on_the_reference_config(scenario, config, jobs):
    """The stock spawner forgets it: the user spawns again, and the first job is left behind."""
    changes = {"users__0__arrive": "{at: [0s, 0s, 0s, 0s]}", "site__cell__hosts__cpu__slots": "8"}
    reboot = "[{kind: reboot, target: hub, at: 1s, for: 5s}]"
    recording = run_model(scenario(site__hub__config=config, disturbances=reboot, **changes), 1)
    assert {span.status for span in spans(recording, "spawn")} == {"ok"}
    assert len(recording.jobs) == jobs


def test_a_hub_that_never_comes_back_loses_the_patience_of_all(scenario):
    """Every login is abandoned with a reason."""
    gone = run_model(scenario(disturbances="[{kind: outage, target: hub, at: 0s, for: 1h}]"), 1)
    assert {(span.name, span.status) for span in gone.spans} <= {("login", "abandoned")}


def test_what_the_form_refuses_is_told_and_makes_no_job(scenario):
    """More cores than a host has without a parallel environment: the real validator says no."""
    recording = run_model(scenario(users__0__ask="[{cores: 3}]"), 1)
    assert {span.status for span in spans(recording, "spawn")} == {"failed"}
    assert recording.jobs == []


def test_a_disturbance_that_the_model_cannot_have_is_refused_with_its_line(scenario):
    """Before anything runs."""
    with pytest.raises(BadFile, match="the model can't have the disturbance kill proxy"):
        run_model(scenario(disturbances="[{kind: kill, target: proxy, at: 1s}]"), 1)


def test_fewer_queries_when_the_spawners_share_them(scenario):
    """The reference spawner asks qstat once for all who wait; the stock one for each."""
    arrive = {"users__0__arrive": "{at: [0s, 0s, 0s, 0s]}"}
    reference = run_model(scenario(**arrive), 1)
    stock = run_model(scenario(site__hub__config="stock", **arrive), 1)
    assert total(stock, "qstat") > 2 * total(reference, "qstat") > 0
