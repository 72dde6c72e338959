"""Whole workloads through the recorded scheduler, replayed on a cell made from the recorded ``qconf`` output.

To judge the scheduler alone, each job holds its slots for as long as it was observed to.
"""

from __future__ import annotations

import heapq
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fake_sge.cellfile import read_qconf
from fake_sge.check.play import Verdict
from fake_sge.commands import Invocation, drive, run
from fake_sge.core import Cell, Denied, Dispatched, Event, Exit

__all__ = ["Trace", "find_traces", "play_trace", "read_trace"]

_HIT_SHARE = 0.99
_MEAN = (0.02, 0.5)
_P95 = (0.05, 1.0)
_RANK = 0.99
_OCCUPIED_S = 4.5
"""How long a simulated job held its slot beyond its own run time."""
_GONE_S = 0.3
"""The recording looked every 0.4 s: a job that one look saw last was gone by the next."""


@dataclass(frozen=True, slots=True)
class Trace:
    """*submissions* and *observed* are the recorded lines; *released_s* is None for arriving workloads."""

    path: Path
    t0: float
    released_s: float | None
    submissions: list[dict[str, Any]]
    observed: dict[tuple[int, int], dict[str, Any]]


def find_traces(directory: Path) -> list[Path]:
    """Every directory below *directory* that holds a trace."""
    return sorted(path.parent for path in directory.rglob("observed.jsonl") if (path.parent / "qconf").is_dir())


def read_trace(path: Path) -> Trace:
    """Raises `OSError`, `KeyError` and `ValueError` for what can't be read."""
    meta = json.loads((path / "meta.json").read_text("utf-8"))
    observed = {}
    for line in (path / "observed.jsonl").read_text("utf-8").splitlines():
        one = json.loads(line)
        observed[int(one["job"]), int(one["task"] or 1)] = one
    submissions = [json.loads(line) for line in (path / "submissions.jsonl").read_text("utf-8").splitlines()]
    return Trace(path, meta["t0"], meta["released_s"], submissions, observed)


class _Clock:
    """A cell with an agenda: submissions, the release, and the ends of tasks."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.began_at = math.floor(trace.t0) - 5.0
        self.cell = Cell(read_qconf(trace.path / "qconf"), self.began_at)
        self.zone = None
        self.accounting_path = None
        self.started: dict[tuple[int, int], tuple[float, set[str]]] = {}
        self._agenda: list[tuple[float, float, int, Any]] = []
        self._seq = 0
        self.now = self.began_at

    def input(self, name: str, /, **arguments: Any) -> list[Event]:
        events: list[Event] = getattr(self.cell, name)(self.now, **arguments)
        self.take(events)
        return events

    def at(self, when: float, act: Any, rank: float = 0.0) -> None:
        """Have *act* called at *when*; of what happens at one instant, the lowest *rank* first."""
        self._seq += 1
        heapq.heappush(self._agenda, (when, rank, self._seq, act))

    def run(self) -> None:
        """Until nothing is left to happen. A run sees all that happened until its instant."""
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

    def _follow(self, event: Dispatched) -> None:
        """It starts at once, and ends when it was seen last; of those that end together the youngest first."""
        job, task = event.job, event.task
        self.started[job, task] = (event.at, {grant.queue_instance for grant in event.grants})
        self.at(event.at, lambda: self.input("started", job_id=job, task_id=task))
        ends_at = self._ends_at((job, task), event.at)
        self.at(ends_at, lambda: self.input("exited", job_id=job, task_id=task, exit=Exit()), -event.at)

    def _ends_at(self, key: tuple[int, int], started_at: float) -> float:
        seen = self.trace.observed.get(key)
        if seen is not None:
            return max(float(self.trace.t0 + seen["last_seen_s"] + _GONE_S), started_at + 1)
        runs = next((one["run_s"] for one in self.trace.submissions if _number(one) == key[0]), 0)
        return started_at + float(runs) + _OCCUPIED_S


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


def play_trace(trace: Trace) -> Verdict:
    """Replay it and judge by the recording's own rules."""
    name = f"traces/{trace.path.name}"
    try:
        clock = _Clock(trace)
    except Denied as denied:
        return Verdict(name, f"the cell is refused: {denied.text}")
    cell = clock.cell
    if trace.released_s is not None:
        for place in cell.queue_instances:
            clock.input("change_queue", queue_instance=place.name, action="disable", user="root")
        clock.at(trace.t0 + trace.released_s, lambda: _release(clock))
    hosts = cell.config.submit_hosts or [cell.config.qmaster]

    def submit(one: dict[str, Any]) -> None:
        number = _number(one)
        if number is None:
            return
        cell.next_job_id = number
        invocation = Invocation(
            "qsub", [*one["args"], "job.sh", str(one["run_s"])], one["user"], group="users", host=hosts[0]
        )
        reply = drive(run(invocation, clock), _Script())
        if reply.code:
            raise ValueError(f"{trace.path}: job {number} was refused: {reply.stderr}")

    for one in trace.submissions:
        when = one.get("submitted_epoch") if trace.released_s is not None else None
        clock.at(float(when) if when is not None else trace.t0 + one["at_s"], lambda one=one: submit(one))
    clock.run()
    if trace.released_s is not None:
        return Verdict(name, _judge_frozen(trace, clock))
    return Verdict(name, _judge_arriving(trace, clock))


def _release(clock: _Clock) -> None:
    for place in clock.cell.queue_instances:
        clock.input("change_queue", queue_instance=place.name, action="enable", user="root")


def _judge_frozen(trace: Trace, clock: _Clock) -> str:
    """Places and instants, job by job."""
    slack = 2 * clock.cell.interval_s
    misses = []
    for key, seen in sorted(trace.observed.items()):
        start, places = clock.started.get(key, (math.inf, set()))
        late = start - trace.t0 - seen["start_s"]
        if places != set(seen["queue_instances"]) or abs(late) > slack:
            misses.append(f"{key[0]}.{key[1]} expected {sorted(seen['queue_instances'])} at {seen['start_s']:.1f}, "
                          f"got {sorted(places)} at {start - trace.t0:.1f}")  # fmt: skip
    hits = len(trace.observed) - len(misses)
    if hits >= _HIT_SHARE * len(trace.observed):
        return ""
    return f"{hits} of {len(trace.observed)} tasks as observed; first: {misses[0]}"


def _judge_arriving(trace: Trace, clock: _Clock) -> str:
    """Waits as a whole, and the order of starts."""
    submitted = {_number(one): one["at_s"] for one in trace.submissions}
    keys = [key for key in sorted(trace.observed) if key in clock.started]
    if len(keys) < len(trace.observed):
        return f"{len(trace.observed) - len(keys)} of {len(trace.observed)} tasks never started"
    seen = [trace.observed[key]["start_s"] for key in keys]
    got = [clock.started[key][0] - trace.t0 for key in keys]
    waits_seen = [start - submitted[key[0]] for start, key in zip(seen, keys, strict=True)]
    waits_got = [start - submitted[key[0]] for start, key in zip(got, keys, strict=True)]
    complaints = []
    for name, figure, (share, slack) in (("mean", _mean, _MEAN), ("p95", _p95, _P95)):
        wanted, found = figure(waits_seen), figure(waits_got)
        if abs(found - wanted) > max(share * abs(wanted), slack):
            complaints.append(f"{name} wait expected {wanted:.2f} s, got {found:.2f} s")
    rank = _rank_correlation(seen, got)
    if rank < _RANK:
        complaints.append(f"rank correlation of starts {rank:.3f} instead of {_RANK}")
    return "; ".join(complaints)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[min(len(values) - 1, math.ceil(0.95 * len(values)) - 1)]


def _ranks(values: Sequence[float]) -> list[float]:
    """Equal values share their mean rank."""
    order = sorted(range(len(values)), key=lambda position: values[position])
    ranks = [0.0] * len(values)
    at = 0
    while at < len(order):
        end = at
        while end + 1 < len(order) and values[order[end + 1]] == values[order[at]]:
            end += 1
        for position in order[at : end + 1]:
            ranks[position] = (at + end) / 2
        at = end + 1
    return ranks


def _rank_correlation(one: Sequence[float], other: Sequence[float]) -> float:
    first, second = _ranks(one), _ranks(other)
    mean = (len(first) - 1) / 2
    spread = math.sqrt(sum((rank - mean) ** 2 for rank in first) * sum((rank - mean) ** 2 for rank in second))
    together = sum((a - mean) * (b - mean) for a, b in zip(first, second, strict=True))
    return together / spread if spread else 1.0
