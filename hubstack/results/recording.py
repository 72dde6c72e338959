"""What one replication of a run recorded: rows of four kinds, and the recorder that fills in what they share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hubstack.results.span import Span

__all__ = ["Counter", "JobRow", "Recorder", "Recording"]


@dataclass(frozen=True, slots=True)
class Counter:
    """A number at an instant: a count (of *target*'s commands, say) or a sample (of its memory, its loop's lag)."""

    run: str
    replication: int
    stage: str
    at: float
    name: str
    target: str
    value: float


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job of the cluster, from submission to end; instants are epoch seconds, None where it never got so far."""

    run: str
    replication: int
    stage: str
    job: int
    user: str
    submitted_at: float
    project: str = ""
    slots: int = 1
    queue: str = ""
    host: str = ""
    dispatched_at: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    failed: int | None = None
    exit_status: int | None = None


@dataclass(slots=True)
class Recording:
    """The rows of one replication, in the order in which they were recorded."""

    spans: list[Span] = field(default_factory=list)
    counters: list[Counter] = field(default_factory=list)
    jobs: list[JobRow] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    def take(self, row: Span | Counter) -> None:
        """Adds one row of those that a `Recorder` makes."""
        if isinstance(row, Span):
            self.spans.append(row)
        else:
            self.counters.append(row)

    def ordered(self) -> Recording:
        """The same rows by instant (ties by session, name, target or job): the order in which they are stored."""
        return Recording(
            spans=sorted(self.spans, key=lambda span: (span.start_at, span.end_at, span.session, span.name)),
            counters=sorted(self.counters, key=lambda counter: (counter.at, counter.name, counter.target)),
            jobs=sorted(self.jobs, key=lambda job: job.job),
            events=sorted(self.events, key=lambda event: float(event["at"])),
        )


@dataclass(slots=True)
class Recorder:
    """Makes spans and counters of one run, replication, stage and source, and hands each to *take*."""

    run: str
    replication: int
    stage: str
    source: str
    take: Callable[[Span | Counter], object]

    def span(
        self,
        name: str,
        start_at: float,
        end_at: float,
        *,
        session: str,
        user: str,
        server: str = "",
        job: int | None = None,
        status: str = "ok",
        reason: str = "",
    ) -> Span:
        """Records one interval and returns it."""
        made = Span(
            self.run,
            self.replication,
            self.stage,
            session,
            user,
            server,
            job,
            name,
            start_at,
            end_at,
            status,
            reason,
            self.source,
        )
        self.take(made)
        return made

    def count(self, name: str, value: float, *, at: float, target: str = "") -> Counter:
        """Records one number and returns it."""
        made = Counter(self.run, self.replication, self.stage, at, name, target, float(value))
        self.take(made)
        return made
