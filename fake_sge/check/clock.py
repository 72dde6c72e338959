"""A cell played against a recorded workload: submissions, the release of its queues, and the ends of its tasks."""

from __future__ import annotations

import heapq
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fake_sge.cellfile import read_qconf
from fake_sge.commands import Invocation, drive, run
from fake_sge.core import Cell, Dispatched, Event, Exit

__all__ = ["Clock", "Ending", "Key", "Telling", "Trace", "read_trace"]

_OCCUPIED_S = 5
"""How long a simulated job held its slots beyond its own run time: its master acknowledges it after 5 s."""
_GONE_S = 0.3
"""The recording looked every 0.4 s: a job that one look saw last was gone by the next."""
_LATE_S = 0.2
"""What came too late for a scheduler run is seen by the next, which follows at once."""

Key = tuple[int, int]
"""Job and task."""


@dataclass(frozen=True, slots=True)
class Trace:
    """*submissions* and *observed* are the recorded lines; *released_s* is None for arriving workloads."""

    path: Path
    t0: float
    released_s: float | None
    submissions: list[dict[str, Any]]
    observed: dict[Key, dict[str, Any]]


def read_trace(path: Path) -> Trace:
    """Raises `OSError`, `KeyError` and `ValueError` for what can't be read."""
    meta = json.loads((path / "meta.json").read_text("utf-8"))
    observed = {}
    for line in (path / "observed.jsonl").read_text("utf-8").splitlines():
        one = json.loads(line)
        observed[int(one["job"]), int(one["task"] or 1)] = one
    submissions = [json.loads(line) for line in (path / "submissions.jsonl").read_text("utf-8").splitlines()]
    return Trace(path, meta["t0"], meta["released_s"], submissions, observed)


@dataclass(frozen=True, slots=True)
class Telling:
    """What the recording's clock, which counts seconds, leaves open.

    *swapped* are the seconds of which the task that started first ended behind the others of that second (the
    qmaster's timer took it up before they were there, so the last come first only among the rest). *late* tells how
    many scheduler runs that saw something of its second a returned queue instance missed.
    """

    swapped: frozenset[int] = frozenset()
    late: dict[tuple[Key, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ending:
    """A task's end: the epoch *second*, the second in which it had started, and its queue instances, master first."""

    second: int
    started: int
    key: Key
    places: tuple[str, ...]


class Clock:
    """A cell with an agenda. *started* tells when and where each task started, *endings* what ended, in order."""

    def __init__(self, trace: Trace, telling: Telling | None = None) -> None:
        self.trace = trace
        self.telling = telling or Telling()
        self.began_at = math.floor(trace.t0) - 5.0
        self.cell = Cell(read_qconf(trace.path / "qconf"), self.began_at)
        self.zone = None
        self.accounting_path = None
        self.now = self.began_at
        self.started: dict[Key, tuple[float, set[str]]] = {}
        self.endings: list[Ending] = []
        self._runs_s: dict[int | None, float] = {_number(one): one["run_s"] for one in trace.submissions}
        self._agenda: list[tuple[float, float, int, Callable[[], object]]] = []
        self._seq = 0
        self._firsts: dict[int, Key] = {}

    def input(self, name: str, /, **arguments: Any) -> list[Event]:
        events: list[Event] = getattr(self.cell, name)(self.now, **arguments)
        self.take(events)
        return events

    def at(self, when: float, act: Callable[[], object], rank: float = 0.0) -> None:
        """Have *act* called at *when*; of what happens at one instant, the lowest *rank* first."""
        self._seq += 1
        heapq.heappush(self._agenda, (when, rank, self._seq, act))

    def play(self) -> None:
        """The whole trace, until nothing is left to happen. Raises `ValueError` if a submission is refused."""
        released_s = self.trace.released_s
        if released_s is not None:
            self._all_queues("disable")
            self.at(self.trace.t0 + released_s, lambda: self._all_queues("enable"))
        for one in self.trace.submissions:
            second = one.get("submitted_epoch") if released_s is not None else None
            at = self.trace.t0 + one["at_s"] if second is None else float(second)
            self.at(at, lambda one=one: self._submit(one))  # type: ignore[misc]
        while self._agenda:
            due = self.cell.next_deadline()
            if due is not None and due < self._agenda[0][0]:
                self.take(self.cell.advance(due))
                continue
            when, _, _, act = heapq.heappop(self._agenda)
            self.now = max(when, self.cell.now)
            act()
            if not self._agenda:
                self.take(self.cell.advance(self.cell.now + 3 * self.cell.interval_s))

    def take(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, Dispatched):
                self._follow(event)

    def _all_queues(self, action: str) -> None:
        for place in list(self.cell.queue_instances):
            self.input("change_queue", queue_instance=place.name, action=action, user="root")

    def _submit(self, one: dict[str, Any]) -> None:
        number = _number(one)
        if number is None:
            return
        self.cell.next_job_id = number
        config = self.cell.config
        host = (config.submit_hosts or [config.qmaster])[0]
        argv = [*one["args"], "job.sh", str(one["run_s"])]
        reply = drive(run(Invocation("qsub", argv, one["user"], group="users", host=host), self), _Script())
        if reply.code:
            raise ValueError(f"{self.trace.path}: job {number} was refused: {reply.stderr}")

    def _follow(self, event: Dispatched) -> None:
        """It starts at once. Of those that end in one second the youngest do so first, by the qmaster's timer."""
        key = event.job, event.task
        places = tuple(grant.queue_instance for grant in event.grants)
        second = int(event.at)
        self.started[key] = (event.at, set(places))
        self.at(event.at, lambda: self.input("started", job_id=key[0], task_id=key[1]))
        behind = 0.5 if second in self.telling.swapped and self._firsts.setdefault(second, key) == key else 0.0
        late = {name: self.telling.late.get((key, name), 0) for name in places}
        soonest = min(late.values())
        ends_at = self._ends_at(key, event.at) + _LATE_S * soonest
        later = {name: runs - soonest for name, runs in late.items() if runs > soonest}
        self.at(ends_at, lambda: self._end(Ending(int(ends_at), second, key, places), later), behind - second)

    def _end(self, ending: Ending, later: dict[str, int]) -> None:
        self.endings.append(ending)
        for name in later:
            self.input("change_queue", queue_instance=name, action="disable", user="root")
        for runs in dict.fromkeys(later.values()):
            held = [name for name in later if later[name] == runs]
            self.at(self.now + _LATE_S * runs, lambda held=held: self._open(held))  # type: ignore[misc]
        self.input("exited", job_id=ending.key[0], task_id=ending.key[1], exit=Exit())

    def _open(self, held: list[str]) -> None:
        for name in held:
            self.input("change_queue", queue_instance=name, action="enable", user="root")
        self.input("trigger")

    def _ends_at(self, key: Key, started_at: float) -> float:
        """To the second where all queues were released at once; else when it was seen last."""
        seen = self.trace.observed.get(key)
        runs_s = self._runs_s.get(key[0], 0)
        if seen is None:
            return started_at + runs_s + _OCCUPIED_S
        last = float(self.trace.t0 + seen["last_seen_s"])
        exact = round(self.trace.t0 + seen["start_s"]) + runs_s + _OCCUPIED_S
        sure = self.trace.released_s is not None and last < exact <= last + 2
        return max(float(exact) if sure else last + _GONE_S, math.floor(started_at) + 1.0)


class _Script:
    """Every job of a trace is the same script; its argument is how long it runs."""

    def stdin(self) -> bytes:
        return b""

    def file(self, path: str) -> bytes:
        if path.endswith("job.sh"):
            return b"sleep $1\n"
        raise FileNotFoundError(2, "No such file or directory", path)


def _number(submission: dict[str, Any]) -> int | None:
    head = str(submission["job"]).partition(".")[0]
    return int(head) if head.isdecimal() else None
