"""The virtual shell: gives a cell the time of a simpy environment, so that a month passes in seconds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import simpy

from fake_sge.core import (
    Cell,
    CellConfig,
    Deleted,
    Dispatched,
    Event,
    Exit,
    Failed,
    Finished,
    JobRequest,
    KillDue,
    Requeued,
    Submitted,
    Usage,
)

__all__ = ["Listener", "VirtualCluster", "VirtualShell"]

Listener = Callable[[Event], None]

_KILLED = 128 + 9
_LIMIT_EXCEEDED = 37
_DIED_BY_SIGNAL = 100


class VirtualShell:
    """Advances *cell* whenever something is due, and hands every event to the listeners, in order.

    The cell's instants are *origin* + ``env.now``. A listener may call `input` itself; what comes of that is told after
    what is being told already.
    """

    def __init__(self, env: simpy.Environment, cell: Cell, *listeners: Listener, origin: float = 0.0) -> None:
        self.env = env
        self.cell = cell
        self.origin = origin
        self.listeners: list[Listener] = list(listeners)
        self._untold: deque[Event] = deque()
        self._telling = False
        self._armed_at: float | None = None
        self._arm()

    @property
    def now(self) -> float:
        """The instant by which the cell counts; never behind the cell."""
        return max(self.origin + float(self.env.now), self.cell.now)

    def input(self, name: str, /, **arguments: Any) -> list[Event]:
        """Call ``cell.<name>(now, **arguments)``; raises what it raises. Listeners have heard of the events it
        returns.
        """
        try:
            events: list[Event] = getattr(self.cell, name)(self.now, **arguments)
        finally:
            self._arm()
        self._tell(events)
        return events

    def _arm(self) -> None:
        """Have `_tick` called at the cell's next deadline, after everything else that happens at that instant."""
        due = self.cell.next_deadline()
        if due is None or (self._armed_at is not None and self._armed_at <= due):
            return
        self._armed_at = due
        _Moment(self.env, max(due - self.origin - float(self.env.now), 0.0), self._tick, due)

    def _tick(self, due: float) -> None:
        if self._armed_at != due:
            return
        self._armed_at = None
        events = self.cell.advance(max(self.now, due))
        self._arm()
        self._tell(events)

    def _tell(self, events: list[Event]) -> None:
        untold = self._untold
        untold.extend(events)
        if self._telling:
            return
        self._telling = True
        try:
            while untold:
                event = untold.popleft()
                for listener in self.listeners:
                    listener(event)
        finally:
            self._telling = False


class _Moment(simpy.Event):
    """A timeout that calls *act* with *facts*, and can do nothing else: a cell needs several for each job."""

    def __init__(self, env: simpy.Environment, delay_s: float, act: Callable[..., None], *facts: Any) -> None:
        self.env = env
        self.callbacks = [lambda _: act(*facts)]
        self._ok = True
        self._value = None
        env.schedule(self, delay=delay_s)


class VirtualCluster:
    """A cell with execution hosts that take their time: jobs run as long as they are said to, and no longer than h_rt.

    *start_latency_s* passes between dispatch and the execd's acknowledgement (state t), *report_latency_s* between a
    job's
    end and the qmaster's hearing of it; on a real cluster both are a second or two. A deleted job dies at once.
    """

    def __init__(
        self,
        env: simpy.Environment,
        config: CellConfig,
        *listeners: Listener,
        origin: float = 0.0,
        start_latency_s: float = 1.0,
        report_latency_s: float = 1.0,
    ) -> None:
        self.env = env
        self.start_latency_s = start_latency_s
        self.report_latency_s = report_latency_s
        self.shell = VirtualShell(env, Cell(config, origin + float(env.now)), self._happened, *listeners, origin=origin)
        self._wanted: dict[int, tuple[float, int]] = {}
        self._stays: dict[tuple[int, int], Dispatched] = {}
        self._answers: dict[type[Event], Callable[[Any], None]] = {
            Dispatched: self._dispatched,
            KillDue: self._kill,
            Requeued: self._requeued,
            Finished: self._finished,
            Deleted: self._gone,
            Failed: self._gone,
        }

    @property
    def cell(self) -> Cell:
        return self.shell.cell

    def submit(self, request: JobRequest, run_s: float, exit_status: int = 0) -> int:
        """qsub; each task runs *run_s* seconds and ends with *exit_status*. The job's id; raises `Denied`."""
        events = self.shell.input("submit", request=request)
        job = next(event.job for event in reversed(events) if isinstance(event, Submitted))
        self._wanted[job] = run_s, exit_status
        return job

    def delete(self, job: int, user: str) -> None:
        """qdel; raises `Denied`."""
        self.shell.input("delete", job_id=job, tasks=None, user=user)

    def _happened(self, event: Event) -> None:
        answer = self._answers.get(type(event))
        if answer is not None:
            answer(event)

    def _dispatched(self, event: Dispatched) -> None:
        self._stays[event.job, event.task] = event
        _Moment(self.env, self.start_latency_s, self._start, event)

    def _kill(self, event: KillDue) -> None:
        stay = self._stays.get((event.job, event.task))
        if stay is not None:
            self._end(stay, Exit(failed=_DIED_BY_SIGNAL, exit_status=_KILLED))

    def _requeued(self, event: Requeued) -> None:
        self._stays.pop((event.job, event.task), None)

    def _finished(self, event: Finished) -> None:
        self._stays.pop((event.job, event.task), None)
        if event.last:
            self._wanted.pop(event.job, None)

    def _gone(self, event: Deleted | Failed) -> None:
        if event.job not in self.cell.jobs:
            self._wanted.pop(event.job, None)

    def _start(self, stay: Dispatched) -> None:
        if self._stays.get((stay.job, stay.task)) is not stay:
            return
        self.shell.input("started", job_id=stay.job, task_id=stay.task)
        run_s, exit_status = self._wanted[stay.job]
        if stay.h_rt_s is not None and run_s >= stay.h_rt_s:
            usage = Usage(wallclock_s=stay.h_rt_s)
            _Moment(self.env, stay.h_rt_s, self._end, stay, Exit(_LIMIT_EXCEEDED, _KILLED, usage))
        else:
            _Moment(self.env, run_s, self._end, stay, Exit(0, exit_status, Usage(wallclock_s=run_s)))

    def _end(self, stay: Dispatched, end: Exit) -> None:
        if self._stays.get((stay.job, stay.task)) is stay:
            del self._stays[stay.job, stay.task]
            _Moment(self.env, self.report_latency_s, self._report, stay, end)

    def _report(self, stay: Dispatched, end: Exit) -> None:
        placed = self.cell.placed.get((stay.job, stay.task))
        if placed is not None and placed.dispatched_at == stay.at:
            self.shell.input("exited", job_id=stay.job, task_id=stay.task, exit=end)
