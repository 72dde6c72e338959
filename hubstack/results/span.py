"""THE schema of what a run measured: one row an interval, its names a closed set.

Every stage writes these rows, so that runs can be laid side by side whatever produced them. Instants are epoch seconds
(virtual ones in the model, the wall clock's elsewhere).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["PARTS", "SPAN_NAMES", "STATUSES", "STEPS", "Span", "SpanName", "Status"]

Status = Literal["ok", "failed", "timed_out", "abandoned", "throttled"]
STATUSES: tuple[Status, ...] = ("ok", "failed", "timed_out", "abandoned", "throttled")

Role = Literal["step", "part", "detail", "outage"]


@dataclass(frozen=True, slots=True)
class SpanName:
    """A name that a span may have, and the two instants between which it lies.

    A *step* is what a user sees as one action, a *part* a piece of the step ``spawn`` (the parts follow one another), a
    *detail* lies inside a part and isn't added to it, an *outage* belongs to a disturbance and to no user.
    """

    name: str
    begins: str
    ends: str
    role: Role


SPAN_NAMES: dict[str, SpanName] = {
    row.name: row
    for row in (
        SpanName("login", "intended start", "page complete", "step"),
        SpanName("form", "intended start", "page complete", "step"),
        SpanName("spawn", "intended click", "first answer of the server, through the proxy", "step"),
        SpanName("post", "click", "hub accepts", "part"),
        SpanName("throttle", "first 429", "accepted", "part"),
        SpanName("submit", "spawner calls qsub", "job id", "part"),
        SpanName("queue_wait", "job id", "dispatched", "part"),
        SpanName("job_start", "dispatched", "first line of the job script", "part"),
        SpanName("wrapper", "script", "port reported", "part"),
        SpanName("server_start", "port reported", "listening", "part"),
        SpanName("hub_notice", "listening", "hub says ready", "part"),
        SpanName("route_add", "inside hub_notice", "route answers", "detail"),
        SpanName("first_answer", "ready", "first 200", "part"),
        SpanName("kernel_start", "kernel asked for", "kernel answers", "step"),
        SpanName("execute", "cell sent", "its output and reply complete", "step"),
        SpanName("request", "request sent", "answer complete", "step"),
        SpanName("stop", "user asks to stop", "hub says stopped", "step"),
        SpanName("outage", "a disturbance begins", "everything agrees again", "outage"),
    )
}
"""The closed set, in the order of a user's journey."""

PARTS: tuple[str, ...] = tuple(row.name for row in SPAN_NAMES.values() if row.role == "part")
"""Parts of a spawn in the order in which they follow one another."""

STEPS: tuple[str, ...] = tuple(row.name for row in SPAN_NAMES.values() if row.role == "step")
"""What a user sees as one action."""


@dataclass(frozen=True, slots=True)
class Span:
    """One measured interval.

    *session* is ``CLASS/NUMBER``: the class of users, and the place in the scenario's list of arrivals, so the same
    session has the same name on every stage. *server* is the named server's name, empty for the default one. *job* is
    the cluster's job id. *source* says who saw the interval: ``model``, ``driver``, ``hub``, ``cell`` or several
    joined by ``+``.

    Raises `ValueError` for a name or status outside the closed sets, or an end before the start.
    """

    run: str
    replication: int
    stage: str
    session: str
    user: str
    server: str
    job: int | None
    name: str
    start_at: float
    end_at: float
    status: str
    reason: str
    source: str

    def __post_init__(self) -> None:
        if self.name not in SPAN_NAMES:
            raise ValueError(f"no span is named {self.name!r}; the names are {', '.join(SPAN_NAMES)}")
        if self.status not in STATUSES:
            raise ValueError(f"no span has the status {self.status!r}; the statuses are {', '.join(STATUSES)}")
        if self.end_at < self.start_at:
            raise ValueError(
                f"span {self.name} of {self.session} ends {self.start_at - self.end_at:.6f} s before it begins"
            )

    @property
    def duration_s(self) -> float:
        """Seconds from start to end."""
        return self.end_at - self.start_at

    @property
    def user_class(self) -> str:
        """The class of users to which the session belongs; empty for a span that belongs to no user."""
        return self.session.rpartition("/")[0]
