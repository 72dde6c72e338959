"""The virtual shell: gives a cell the time of a simpy environment, so that a month passes in seconds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
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
    SignalDue,
    Submitted,
    Usage,
)

__all__ = ["Listener", "VirtualCluster", "VirtualShell"]

Listener = Callable[[Event], None]

_KILLED = 128 + 9
_LIMIT_EXCEEDED = 37
_DIED_BY_SIGNAL = 100
_NO_EXIT_STATUS = 19


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


@dataclass(slots=True)
class _Pause:
    """A task that was suspended: *since* when, if it stands still now, how long it has to run on for that at the end
    (*owed_s*), and whether that end has come meanwhile (*over*).
    """

    since: float | None = None
    owed_s: float = 0.0
    over: bool = False


class VirtualCluster:
    """A cell with execution hosts that take their time: jobs run as long as they are said to, and no longer than h_rt.

    *start_latency_s* passes between dispatch and the execd's acknowledgement (state t), *report_latency_s* between a
    job's
    end and the qmaster's hearing of it; on a real cluster both are a second or two. A deleted job dies at once. One
    that is suspended makes no progress; its h_rt goes on.
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
        self._pauses: dict[tuple[int, int], _Pause] = {}
        self._lost: set[str] = set()
        self._answers: dict[type[Event], Callable[[Any], None]] = {
            Dispatched: self._dispatched,
            KillDue: self._kill,
            Requeued: self._requeued,
            Finished: self._finished,
            Deleted: self._gone,
            Failed: self._gone,
            SignalDue: self._signalled,
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

    def lose_host(self, host: str) -> None:
        """The machine goes, with everything that runs there. Nobody hears of it: tasks are still sent there until
        max_unheard has passed, and stay in state t.
        """
        self._lost.add(host)
        self.shell.input("host_lost", host=host)

    def return_host(self, host: str) -> None:
        """It is up again, and empty: its execd tells of what ran there that it is lost (failed 19).

        What it never got stays in state t until it is deleted.
        """
        self._lost.discard(host)
        self.shell.input("host_returned", host=host)
        for key in [key for key, stay in self._stays.items() if stay.grants[0].host == host]:
            task = self.cell.placed[key]
            if task.started_at is not None:
                self._report(self._stays.pop(key), Exit(failed=_NO_EXIT_STATUS))

    def _happened(self, event: Event) -> None:
        answer = self._answers.get(type(event))
        if answer is not None:
            answer(event)

    def _dispatched(self, event: Dispatched) -> None:
        self._stays[event.job, event.task] = event
        _Moment(self.env, self.start_latency_s, self._start, event)

    def _kill(self, event: KillDue) -> None:
        stay = self._stays.get((event.job, event.task))
        if stay is not None and stay.grants[0].host not in self._lost:
            self._end(stay, Exit(failed=_DIED_BY_SIGNAL, exit_status=_KILLED))

    def _requeued(self, event: Requeued) -> None:
        self._forget(event.job, event.task)

    def _finished(self, event: Finished) -> None:
        self._forget(event.job, event.task)
        if event.last:
            self._wanted.pop(event.job, None)

    def _gone(self, event: Deleted | Failed) -> None:
        if event.job not in self.cell.jobs:
            self._wanted.pop(event.job, None)

    def _signalled(self, event: SignalDue) -> None:
        key = event.job, event.task
        stay = self._stays.get(key)
        if stay is None:
            return
        now = float(self.env.now)
        if event.signal == "SIGSTOP":
            self._pauses.setdefault(key, _Pause()).since = now
            self._limit(stay)
        elif event.signal == "SIGCONT" and (pause := self._pauses.get(key)) and pause.since is not None:
            owed_s, pause.owed_s = pause.owed_s, 0.0
            if pause.over:
                _Moment(self.env, owed_s, self._run_out, stay)
            else:
                pause.owed_s = owed_s + now - pause.since
            pause.since, pause.over = None, False

    def _limit(self, stay: Dispatched) -> None:
        """A job that was stopped may meet its limit before its end."""
        begun_at = self.cell.placed[stay.job, stay.task].started_at
        if stay.h_rt_s is not None and begun_at is not None:
            left_s = begun_at + stay.h_rt_s - self.cell.now
            _Moment(self.env, max(left_s, 0.0), self._end, stay, _too_long(stay.h_rt_s))

    def _start(self, stay: Dispatched) -> None:
        if self._stays.get((stay.job, stay.task)) is not stay or stay.grants[0].host in self._lost:
            return
        self.shell.input("started", job_id=stay.job, task_id=stay.task)
        run_s, _ = self._wanted[stay.job]
        if stay.h_rt_s is not None and run_s >= stay.h_rt_s:
            _Moment(self.env, stay.h_rt_s, self._end, stay, _too_long(stay.h_rt_s))
            return
        _Moment(self.env, run_s, self._run_out, stay)
        if (pause := self._pauses.get((stay.job, stay.task))) is not None:
            pause.since = float(self.env.now) if pause.since is not None else None
            pause.owed_s = 0.0
            self._limit(stay)

    def _run_out(self, stay: Dispatched) -> None:
        """Its time is over, unless it has stood still meanwhile: then it has that much to go."""
        key = stay.job, stay.task
        if self._stays.get(key) is not stay:
            return
        run_s, exit_status = self._wanted[stay.job]
        pause = self._pauses.get(key)
        if pause is None:
            self._end(stay, Exit(0, exit_status, Usage(wallclock_s=run_s)))
        elif pause.since is not None:
            pause.owed_s += float(self.env.now) - pause.since
            pause.over = True
        elif pause.owed_s:
            _Moment(self.env, pause.owed_s, self._run_out, stay)
            pause.owed_s = 0.0
        else:
            begun_at = self.cell.placed[key].started_at
            lasted_s = run_s if begun_at is None else self.shell.now - begun_at
            self._end(stay, Exit(0, exit_status, Usage(wallclock_s=lasted_s)))

    def _end(self, stay: Dispatched, end: Exit) -> None:
        if self._stays.get((stay.job, stay.task)) is stay and stay.grants[0].host not in self._lost:
            self._forget(stay.job, stay.task)
            _Moment(self.env, self.report_latency_s, self._report, stay, end)

    def _forget(self, job: int, task: int) -> None:
        self._stays.pop((job, task), None)
        if self._pauses:
            self._pauses.pop((job, task), None)

    def _report(self, stay: Dispatched, end: Exit) -> None:
        placed = self.cell.placed.get((stay.job, stay.task))
        if placed is not None and placed.dispatched_at == stay.at:
            self.shell.input("exited", job_id=stay.job, task_id=stay.task, exit=end)


def _too_long(h_rt_s: float) -> Exit:
    return Exit(_LIMIT_EXCEEDED, _KILLED, Usage(wallclock_s=h_rt_s))
