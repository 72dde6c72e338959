"""Open arrivals: each visit begins at its planned instant, whatever becomes of the others."""

from __future__ import annotations

import sys
from pathlib import Path
from time import time

import gevent
from gevent.pool import Group
from locust.env import Environment

from hubstack.results import LoadPlan, PlannedSession, Recorder
from loadtests.journey import NotebookUser

__all__ = ["drive"]


def drive(plan: LoadPlan, recorder: Recorder) -> None:
    """Carries out the plan: returns when every visit has ended, at the latest at the plan's end.

    Counters say how late the driver itself was (``driver_late``, seconds by visit) and how many requests it sent.
    """
    password = Path(plan.password_file).read_text(encoding="utf-8").strip()
    environment = Environment(user_classes=[NotebookUser], host=plan.url)
    runner = environment.create_local_runner()
    visits = Group()

    def visit(session: PlannedSession) -> None:
        intended_at = plan.start_at + session.intended_s
        while (early_s := intended_at - time()) > 0:
            gevent.sleep(early_s)
        recorder.count("driver_late", time() - intended_at, at=time(), target=session.session)
        NotebookUser(environment, plan, session, recorder, password).run()  # type: ignore[no-untyped-call]

    for session in plan.sessions:
        visits.spawn(visit, session)
    visits.join(timeout=max(0.0, plan.start_at + plan.until_s - time()))
    recorder.count("still_there", len(visits), at=time())
    visits.kill(timeout=10)
    recorder.count("requests", runner.stats.total.num_requests, at=time(), target="driver")
    recorder.count("request_failures", runner.stats.total.num_failures, at=time(), target="driver")
    for (name, _), entry in sorted(runner.stats.entries.items()):
        sys.stderr.write(f"{entry.num_requests:6d} requests, {entry.num_failures} failed: {name}\n")
    runner.quit()
