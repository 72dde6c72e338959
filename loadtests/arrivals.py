"""Open arrivals: each visit begins at its planned instant, whatever becomes of the others."""

from __future__ import annotations

import sys
from pathlib import Path
from time import time

import gevent
from gevent.pool import Group
from locust.env import Environment

from hubstack.results import LoadPlan, Recorder, Visit
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

    def begin(visit: Visit) -> None:
        recorder.count(
            "driver_late", max(0.0, time() - plan.start_at - visit.intended_s), at=time(), target=visit.session
        )
        NotebookUser(environment, plan, visit, recorder, password).start(visits)

    for visit in plan.visits:
        visits.add(gevent.spawn_later(max(0.0, plan.start_at + visit.intended_s - time()), begin, visit))
    visits.join(timeout=max(0.0, plan.start_at + plan.until_s - time()))
    visits.kill(timeout=10)
    recorder.count("requests", runner.stats.total.num_requests, at=time(), target="driver")
    recorder.count("request_failures", runner.stats.total.num_failures, at=time(), target="driver")
    for (method, name), entry in sorted(runner.stats.entries.items()):
        sys.stderr.write(f"{entry.num_requests:6d} requests, {entry.num_failures} failed: {method} {name}\n")
    runner.quit()
