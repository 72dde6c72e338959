"""Do hub and Grid Engine agree on whose server runs? After a disturbance that is what its end means."""

from __future__ import annotations

import time

from hubstack.testbed.status import Status, status_of

__all__ = ["agree", "wait_for_agreement"]

SERVER_JOB = "jupyterhub"
"""The name of single-user servers' jobs."""
LOOK_EVERY_S = 0.5


def agree(status: Status) -> bool:
    """Whether everybody with a ready server has a running job, and every server's job belongs to somebody's server."""
    if status.troubles:
        return False
    jobs = {job.user for job in status.jobs if job.name == SERVER_JOB}
    running = {job.user for job in status.jobs if job.name == SERVER_JOB and job.queue}
    servers = {session.user for session in status.sessions}
    ready = {session.user for session in status.sessions if session.state == "ready"}
    return ready <= running and jobs <= servers


def wait_for_agreement(name: str, within_s: float) -> float | None:
    """The instant at which hub and Grid Engine of the stack agree; None if they don't *within_s* seconds."""
    until = time.monotonic() + within_s
    while not agree(status_of(name)):
        if time.monotonic() > until:
            return None
        time.sleep(LOOK_EVERY_S)
    return time.time()
