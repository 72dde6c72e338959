"""What was seen of a run on a stack: records of the driver, the hub and the cell, put together into spans and jobs."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from hubstack.results import Counter, JobRow, LoadPlan, PlannedSession, Recorder, Recording, Span, read_lines
from hubstack.testbed.stack import Stack

__all__ = ["observed", "spawn_parts"]

SPAWN_EVENTS = "spawn_events.jsonl"
"""In the hub's working directory: its spawner's steps."""
CELL_EVENTS = "sge/default/common/events.jsonl"
"""In the stack's directory: what happened in the cell."""

_PARTS = {
    "submit": ("submit", "Submitted"),
    "queue_wait": ("Submitted", "Dispatched"),
    "job_start": ("Dispatched", "Started"),
    "wrapper": ("Started", "port_reported"),
    "server_start": ("port_reported", "listening"),
    "hub_notice": ("listening", "ready"),
}
"""Each part that hub and cell see, and the events between which it lies."""

Record = dict[str, Any]
Attempt = dict[str, float]
"""One start of a server: instants by event."""


def observed(stack: Stack, plan: LoadPlan, folder: Path) -> Recording:
    """Everything that driver (in *folder*), hub and cell have recorded since the plan's start."""
    driven = [Span(**row) for row in _lines(folder / "spans.jsonl")]
    counters = [Counter(**row) for row in _lines(folder / "counters.jsonl")]
    hub = list(_lines(stack.hub / SPAWN_EVENTS))
    cell = list(_lines(stack.directory / CELL_EVENTS))
    recording = Recording(counters=counters, jobs=_jobs(plan, hub, cell))
    parts = Recorder(plan.run, plan.replication, plan.stage, "hub+cell", recording.take)
    for session in plan.sessions:
        own = [span for span in driven if span.session == session.session]
        attempts = _attempts(session, hub, cell)
        recording.spans += [_accepted(span, attempts) if span.name == "post" else span for span in own]
        spawn_parts(parts, session, attempts, own)
    recording.events = [{**event, "source": "hub"} for event in hub] + [{**event, "source": "cell"} for event in cell]
    counted = Recorder(plan.run, plan.replication, plan.stage, "hub", recording.take)
    counted.count("qsub", sum(event["event"] == "submit" for event in hub), at=time.time(), target="hub")
    return recording


def spawn_parts(
    record: Recorder, session: PlannedSession, attempts: Iterable[tuple[int | None, Attempt]], own: list[Span]
) -> None:
    """Records the parts of each attempt of which both ends were seen; *own* are the driver's spans of the session."""
    answered = next((span.end_at for span in own if span.name == "spawn" and span.status == "ok"), None)
    for job, at in attempts:
        ends = [(name, at[begin], at[end]) for name, (begin, end) in _PARTS.items() if begin in at and end in at]
        if answered is not None and at.get("ready", answered) < answered:
            ends.append(("first_answer", at["ready"], answered))
        for name, start_at, end_at in ends:
            if start_at <= end_at:
                record.span(name, start_at, end_at, session=session.session, user=session.user, job=job)


def _attempts(session: PlannedSession, hub: list[Record], cell: list[Record]) -> list[tuple[int | None, Attempt]]:
    """The starts of this user's server, each with its job and the first instant of each event."""
    by_job: dict[int, Attempt] = defaultdict(dict)
    for event in cell:
        if event["event"] in ("Submitted", "Dispatched", "Started"):
            by_job[event["job"]].setdefault(event["event"], event["at"])
    attempts: list[tuple[int | None, Attempt]] = []
    for event in hub:
        if event["user"] != session.user:
            continue
        if event["event"] == "spawn_requested" or not attempts:
            attempts.append((None, {}))
        job, at = attempts[-1]
        at.setdefault(event["event"], event["at"])
        if job is None and event["job"]:
            attempts[-1] = (int(event["job"]), at)
    return [(job, at | by_job[job] if job is not None else at) for job, at in attempts]


def _accepted(post: Span, attempts: Iterable[tuple[int | None, Attempt]]) -> Span:
    """The answer to a POST comes up to a second after the hub has accepted it; the hub knows when that was."""
    accepted = [at["spawn_requested"] for _, at in attempts if "spawn_requested" in at]
    inside = [instant for instant in accepted if post.start_at <= instant <= post.end_at]
    return replace(post, end_at=inside[0], source="driver+hub") if inside else post


def _jobs(plan: LoadPlan, hub: list[Record], cell: list[Record]) -> list[JobRow]:
    """The jobs of the hub's servers."""
    rows: dict[int, Record] = {}
    for event in hub:
        if event["event"] == "submitted" and event["job"]:
            rows[int(event["job"])] = {"user": event["user"], "submitted_at": event["at"]}
    for event in cell:
        if event.get("job") in rows:
            rows[event["job"]] |= _of_job(event)
    return [JobRow(plan.run, plan.replication, plan.stage, job, **facts) for job, facts in rows.items()]


def _of_job(event: Record) -> Record:
    """What a cell's event says of its job."""
    match event["event"]:
        case "Dispatched":
            queue, _, host = event["grants"][0]["queue_instance"].partition("@")
            slots = sum(grant["slots"] for grant in event["grants"])
            return {"dispatched_at": event["at"], "queue": queue, "host": host, "slots": slots}
        case "Started":
            return {"started_at": event["at"]}
        case "Finished":
            end, record = event["exit"], event["record"]
            facts = {"failed": end["failed"], "exit_status": end["exit_status"], "project": record["project"] or ""}
            return {"ended_at": event["at"], **facts}
        case _:
            return {}


def _lines(path: Path) -> Iterator[Record]:
    """The records of a file that may not be there (nobody had anything to write)."""
    return read_lines(path) if path.exists() else iter(())
