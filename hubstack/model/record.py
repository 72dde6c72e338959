"""What the model writes down: spans and counters by a recorder, jobs and events from what the cell says."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fake_sge.core import Dispatched, Event, Finished, JobErrored, Started, Submitted
from hubstack.results import JobRow, Recorder, Recording

__all__ = ["Ledger"]


class Ledger:
    """One replication's recording, in the making."""

    def __init__(self, run: str, replication: int) -> None:
        self.recording = Recording()
        self.recorder = Recorder(run, replication, "model", "model", self.recording.take)
        self._jobs: dict[int, dict[str, Any]] = {}

    def submitted(self, job: int, user: str, project: str | None, slots: int, at: float) -> None:
        """A job has its id; the rest of its row comes from the cell's events."""
        self._jobs[job] = {"user": user, "project": project or "", "slots": slots, "submitted_at": at}

    def happened(self, at: float, what: str, **facts: Any) -> None:
        """Something that isn't the cell's: a disturbance begins or ends."""
        self.recording.events.append({"at": at, "event": what, **facts, "source": "model"})

    def cell_event(self, event: Event) -> None:
        """Notes an event of the cell, and what it says of a job."""
        self.recording.events.append({"event": type(event).__name__, **asdict(event), "source": "cell"})
        match event:
            case Dispatched(job=job, grants=grants) if job in self._jobs:
                self._jobs[job] |= {"dispatched_at": event.at, "queue": grants[0].queue, "host": grants[0].host}
            case Started(job=job) if job in self._jobs:
                self._jobs[job]["started_at"] = event.at
            case Finished(job=job, exit=end) if job in self._jobs:
                self._jobs[job] |= {"ended_at": event.at, "failed": end.failed, "exit_status": end.exit_status}
            case Submitted() | JobErrored():
                pass

    def closed(self) -> Recording:
        """The recording with the rows of all jobs."""
        of, number = self.recorder.run, self.recorder.replication
        self.recording.jobs = [JobRow(of, number, "model", job, **facts) for job, facts in self._jobs.items()]
        return self.recording
