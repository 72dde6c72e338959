"""What qsub is refused, in the qmaster's own words (recorded on 8.1.9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fake_sge.core import Denied, JobRequest, TaskRange


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"l": {"nosuch": "1"}}, 'unknown resource "nosuch"'),
        ({"l": {"gpu": "abc"}}, 'attribute "gpu" is not a integer value'),
        ({"l": {"h_rt": "1:2:3:4"}}, 'attribute "h_rt" is not a time value'),
        ({"l": {"rmem": "lots"}}, 'attribute "rmem" is not a memory value'),
        ({"soft": [("rmem", "1G")]}, 'denied: soft requests on consumables like "rmem" are not supported'),
        ({"l": {"slots": "2"}}, '"job" denied: use parallel environments instead of requesting slots explicitly'),
        ({"l": {"load_avg": "1"}}, 'resource "load_avg" configured as non requestable'),
        ({"pe": "nosuch", "slots": 2}, 'job rejected: the requested parallel environment "nosuch" does not exist'),
        ({"pe": "smp", "pe_slots": [TaskRange(0, 0)]}, '"job" rejected: pe range must be greater than zero'),
        ({"project": "nosuch"}, 'job rejected: the requested project "nosuch" does not exist'),
        ({"project": "closed"}, 'job rejected: no access to project "closed" for user "ann"'),
        ({"hard_queues": ["nosuch.q"]}, 'Job was rejected because job requests unknown queue "nosuch.q"'),
        ({"priority": 100}, "job rejected: positive submission priority requires operator privileges"),
        ({"tasks": TaskRange(0, 3)}, "job rejected: 0 is an invalid task id"),
        ({"tasks": TaskRange(1, 11)}, "job rejected: you tried to submit a job with more than 10 tasks"),
        ({"checkpoint": "blcr"}, 'job rejected: the requested checkpointing environment "blcr" does not exist'),
    ],
)
def test_refusals_say_what_sge_says(play: Callable[..., Any], fields: dict[str, Any], text: str) -> None:
    """Each fault has its own sentence, and nothing is queued."""
    p = play(
        pes={"smp": "$pe_slots"},
        settings={"max_aj_tasks": "10"},
        projects={"closed": {"acl": "friends"}},
        access_lists={"friends": {"entries": "bob"}},
    )
    assert p.refused(**fields).text == text
    assert not p.cell.jobs


@pytest.mark.parametrize(
    ("name", "text"),
    [("a:b", "Colon (':') not allowed in objectname"),
     ("1abc", 'denied: "1abc" is not a valid object name (cannot start with a digit)')],
)  # fmt: skip
def test_names_are_checked(play: Callable[..., Any], name: str, text: str) -> None:
    """Job names follow the rules for object names."""
    cell = play().cell
    with pytest.raises(Denied) as caught:
        cell.submit(1000.0, JobRequest(owner="ann", name=name))
    assert caught.value.text == text


def test_a_refused_submission_uses_up_a_job_id(play: Callable[..., Any]) -> None:
    """Recorded: ids go on counting over refusals."""
    p = play()
    assert p.submit() == 1
    p.refused(l={"nosuch": "1"})
    assert p.submit() == 3


def test_low_user_ids_are_refused(play: Callable[..., Any]) -> None:
    """min_uid of sge_conf(5)."""
    p = play(settings={"min_uid": "1000"})
    text = "job rejected: your user id 0 is lower than minimum user id 1000 of cluster configuration"
    assert p.refused("root", uid=0).text == text
    assert p.submit("ann", uid=1000)


@pytest.mark.parametrize(
    ("setting", "text"),
    [("max_u_jobs", "job rejected: only 1 jobs are allowed per user (current job count: 1)"),
     ("max_jobs", "job rejected: only 1 jobs are allowed per cluster")],
)  # fmt: skip
def test_too_many_jobs_may_be_tried_again(play: Callable[..., Any], setting: str, text: str) -> None:
    """max_u_jobs and max_jobs of sge_conf(5): exit code 25."""
    p = play(settings={setting: "1"})
    p.submit()
    denied = p.refused()
    assert (denied.text, denied.exit_code) == (text, 25)


def test_shortcuts_and_times_are_normalised(play: Callable[..., Any]) -> None:
    """A request is kept by its full name, a time in seconds; of a repeated one the last counts."""
    p = play()
    job = p.job(p.submit(hard=[("s_rt", "60"), ("h_rt", "0:1:0"), ("h_rt", "0:10:0")]))
    assert job.request.hard == [("s_rt", "60"), ("h_rt", "600")]
    assert job.category is not None
    assert job.category.key == "-l h_rt=600,s_rt=60"


def test_impossible_requests_wait_unless_verification_is_asked_for(play: Callable[..., Any]) -> None:
    """-w n is the default; -w e refuses; -w v says why and queues nothing."""
    p = play({"node001": "rmem=4G"})
    p.submit(l={"rmem": "8G"})
    assert p.refused(l={"rmem": "8G"}, verify="e").text == "error: no suitable queues"
    refused = p.refused(l={"rmem": "8G"}, verify="v")
    assert refused.text.splitlines() == [
        'Job 3 (-l rmem=8G) cannot run at host "node001" because it offers only hc:rmem=4.000G',
        "verification: no suitable queues",
    ]
    assert refused.exit_code == 1
    assert list(p.cell.jobs) == [1]


def test_verification_finds_a_place_on_an_empty_cell(play: Callable[..., Any]) -> None:
    """-w v pretends that nothing runs, -w p looks at what does."""
    p = play({"node001": "NONE"}, pes={"smp": "$pe_slots"})
    p.submit(pe="smp", slots=2)
    p.run()
    assert p.refused(verify="v").text == "verification: found suitable queue(s)"
    assert p.refused(verify="v", pe="smp", slots=2).text == "verification: found possible assignment with 2 slots"
    assert p.refused(verify="p").exit_code == 1
