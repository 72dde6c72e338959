"""Checkpointing interfaces: where their jobs run, and that suspension moves them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fake_sge.core import KillDue, Requeued, SignalDue, letters

Playing = Callable[..., Any]
INTERFACES = {name: {"ckpt_name": name, "when": when} for name, when in (("blcr", "sx"), ("dmtcp", "sr"))}


def cell(play: Playing, **more: Any) -> Any:
    queues = {"all.q": {"hostlist": "node001"}, "ckpt.q": {"hostlist": "node002", "ckpt_list": "blcr dmtcp"}}
    return play(queues=queues, checkpoints=INTERFACES, **more)


def test_jobs_run_where_their_interface_is(play: Playing) -> None:
    """A queue must name it in its ckpt_list; elsewhere the job waits, and is told why."""
    p = cell(play)
    jobs = [p.submit(checkpoint="blcr") for _ in range(3)]
    p.wait(15)
    assert [p.where(job) for job in jobs] == ["ckpt.q@node002", "ckpt.q@node002", None]
    assert p.cell.why(p.job(jobs[2])) == [
        'queue instance "ckpt.q@node002" dropped because it is full',
        'cannot run in queue instance "all.q@node001" because it is not of type checkpointing',
    ]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"checkpoint": "nope"}, 'job rejected: the requested checkpointing environment "nope" does not exist'),
        ({"checkpoint": "blcr", "checkpoint_when": "n"}, 'job rejected: checkpointing with "-c n" requested'),
        ({"checkpoint_when": "s"}, "checkpointing denied"),
        ({"checkpoint_interval_s": 60}, "checkpointing denied"),
    ],
)
def test_what_is_refused(play: Playing, fields: dict[str, Any], text: str) -> None:
    """An unknown interface, and occasions without one."""
    assert cell(play).refused(**fields).text == text


def test_suspension_moves_a_job(play: Playing) -> None:
    """With ``x`` it is killed, accounted with failed 24, and starts again; nothing is stopped."""
    p = cell(play)
    job = p.submit(checkpoint="blcr")
    p.wait(15)
    events = p.do("suspend_job", job, None, user="ann")
    assert [event.why for event in events if isinstance(event, KillDue)] == ["migration"]
    assert not [event for event in events if isinstance(event, SignalDue)]
    submitted = p.job(job).submitted_at
    events = p.exit(job, failed=100, exit_status=137)
    assert [event.exit.failed for event in events if isinstance(event, Requeued)] == [24]
    assert p.job(job).submitted_at == submitted
    p.wait(15)
    assert p.where(job)
    assert letters(p.job(job).tasks[1]) == "Rt"


def test_without_x_a_job_is_stopped(play: Playing) -> None:
    """As any other."""
    p = cell(play)
    job = p.submit(checkpoint="blcr", checkpoint_when="s")
    p.wait(15)
    events = p.do("suspend_job", job, None, user="ann")
    assert [event.signal for event in events if isinstance(event, SignalDue)] == ["SIGSTOP"]


def test_it_is_restarted_only_if_it_says_so(play: Playing) -> None:
    """``r``; whatever -r says."""
    p = cell(play)
    firm, loose = p.submit(checkpoint="blcr", rerun=True), p.submit(checkpoint="dmtcp", rerun=False)
    p.wait(15)
    with pytest.raises(Exception, match=f"{firm} requests ckpt object blcr. Therefore this job is not restartable"):
        p.do("reschedule_job", firm, None, user="root")
    assert p.do("reschedule_job", loose, None, user="root")
