from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from hubstack.results import LoadPlan, PlannedSession, Recorder, Recording, waterfalls
from hubstack.testbed.observations import CELL_EVENTS, SPAWN_EVENTS, observed
from hubstack.testbed.stack import Stack

SESSION = PlannedSession("students/0001", "user001", 0.0, {}, 1.0, forgets=False, give_up_s=60.0, retries=1)
PLAN = LoadPlan("r", 1, "fake", "http://127.0.0.1:1/", "password", 100.0, 60.0, [SESSION])
HUB = {
    "spawn_requested": 101.2,
    "submit": 101.3,
    "submitted": 102.2,
    "port_reported": 105,
    "listening": 108,
    "ready": 109,
}
CELL = {"Submitted": 102.0, "Dispatched": 103.0, "Started": 104.0}
GRANTS = [{"queue_instance": "gpu.q@gpu001", "slots": 2, "devices": [0]}]


@pytest.fixture
def seen(state_home, tmp_path):
    """What is put together of one spawn: from the click at 101 to the first answer at 110."""

    def look(hub=HUB, cell=CELL, post=(101.0, 102.5), **spawn):
        stack = Stack("seen")
        (stack.hub).mkdir(parents=True)
        (stack.directory / CELL_EVENTS).parent.mkdir(parents=True)
        steps = [{"at": at, "user": "user001", "server": "", "event": event, "job": ""} for event, at in hub.items()]
        for step in steps[2:]:
            step["job"] = "7"
        facts = [{"at": at, "job": 7, "task": 1, "event": event, "grants": GRANTS} for event, at in cell.items()]
        write(stack.hub / SPAWN_EVENTS, steps)
        write(stack.directory / CELL_EVENTS, facts)
        rows = Recording()
        driver = Recorder("r", 1, "fake", "driver", rows.take)
        driver.span("post", *post, session=SESSION.session, user="user001")
        driver.span("spawn", 101.0, 110.0, session=SESSION.session, user="user001", **spawn)

        write(tmp_path / "spans.jsonl", [asdict(span) for span in rows.spans])
        return observed(stack, PLAN, tmp_path)

    return look


def write(path, records):
    """Lines of JSON."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def test_three_records_make_one_waterfall(seen):
    """Driver, hub and cell together account for all but the hub's own 0.1 s before qsub."""
    (fall,) = waterfalls(seen().spans)
    assert fall.parts == pytest.approx(
        {
            "post": 0.2,
            "submit": 0.7,
            "queue_wait": 1.0,
            "job_start": 1.0,
            "wrapper": 1.0,
            "server_start": 3.0,
            "hub_notice": 1.0,
            "first_answer": 1.0,
            "unaccounted": 0.1,
        }
    )


def test_a_part_of_which_one_end_was_not_seen_is_left_out(seen):
    """The stock spawner doesn't say when the server listens; nothing is made up."""
    hub = {event: at for event, at in HUB.items() if event != "listening"}
    names = {span.name for span in seen(hub=hub).spans}
    assert {"server_start", "hub_notice"} & names == set()
    assert "first_answer" in names


def test_a_spawn_that_never_answered_has_no_first_answer(seen):
    """Its other parts are recorded all the same."""
    names = {span.name for span in seen(status="abandoned", reason="patience").spans}
    assert "first_answer" not in names
    assert "queue_wait" in names


def test_the_jobs_are_those_of_the_hub(seen):
    """Where the cell put them and when."""
    (job,) = seen().jobs
    assert (job.job, job.user, job.queue, job.host, job.slots) == (7, "user001", "gpu.q", "gpu001", 2)
    assert (job.submitted_at, job.dispatched_at, job.started_at, job.ended_at) == (102.2, 103.0, 104.0, None)


def test_a_hub_that_recorded_nothing_leaves_the_driver_s_view(seen):
    """A hub with a site's own spawner: steps are there, parts aren't."""
    assert {span.name for span in seen(hub={}, cell={}).spans} == {"post", "spawn"}
