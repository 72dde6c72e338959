from __future__ import annotations

import pytest

from hubstack.testbed.agreement import agree
from hubstack.testbed.status import JobStatus, SessionStatus, Status


def status(jobs=(), sessions=(), troubles=()):
    """A stack with these jobs (user, queue) and servers (user, state)."""
    rows = [JobStatus(n, "jupyterhub", user, "r" if queue else "qw", queue, 1) for n, (user, queue) in enumerate(jobs)]
    servers = [SessionStatus(user, "", state, f"/user/{user}/", "") for user, state in sessions]
    return Status("s", [], [], rows, servers, list(troubles))


@pytest.mark.parametrize(
    "jobs, sessions, expected",
    [
        ([], [], True),
        ([("u", "all.q@cpu001")], [("u", "ready")], True),
        ([("u", "")], [("u", "spawn")], True),
        ([], [("u", "spawn")], True),
        ([], [("u", "ready")], False),
        ([("u", "")], [("u", "ready")], False),
        ([("u", "all.q@cpu001")], [], False),
        ([("u", "all.q@cpu001")], [("v", "spawn")], False),
    ],
)
def test_a_ready_server_has_a_running_job_and_a_job_has_a_server(jobs, sessions, expected):
    """No lost session, no orphan."""
    assert agree(status(jobs, sessions)) is expected


def test_who_does_not_answer_does_not_agree():
    """A hub that is away says nothing of its servers."""
    assert not agree(status(troubles=["the hub doesn't answer"]))
