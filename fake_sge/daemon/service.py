"""A cell at work: the qmaster, its execds, and what their events lead to."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
from collections.abc import Callable

from fake_sge.core import (
    Deleted,
    Denied,
    Dispatched,
    Event,
    Exit,
    Finished,
    JobErrored,
    KillDue,
    MailDue,
    Requeued,
    SignalDue,
    Task,
)
from fake_sge.daemon.clock import Clock
from fake_sge.daemon.identity import Identities
from fake_sge.daemon.ledger import Ledger
from fake_sge.daemon.mail import deliver, letter
from fake_sge.daemon.orders import make_order
from fake_sge.daemon.qmaster import Qmaster
from fake_sge.daemon.record import EventLog
from fake_sge.daemon.server import News
from fake_sge.execd import Ended, Execd, Layout, Report, Started

__all__ = ["Service"]

_FAILED_NO_ACCOUNT = 29
_log = logging.getLogger("fake_sge.service")


class Service:
    """Acts on the events that the qmaster hands out, and takes the execds' reports in."""

    def __init__(self, qmaster: Qmaster, layout: Layout, identities: Identities, ledger: Ledger, log: EventLog) -> None:
        self.qmaster = qmaster
        self.news = News()
        self._layout = layout
        self._identities = identities
        self._ledger = ledger
        self._event_log = log
        self._execd: Execd | None = None
        self._loop = asyncio.get_running_loop()
        self._started_at: dict[tuple[int, int], float] = {}

    @property
    def _clock(self) -> Clock:
        return self.qmaster.clock

    def attach(self, execd: Execd) -> None:
        """Work with *execd* from now on, and have it take up what earlier daemons dispatched."""
        self._execd = execd
        for task in self.qmaster.cell.running():
            dispatched = self.qmaster.dispatches.get((task.job.id, task.id))
            if dispatched is not None:
                self._send(task, dispatched, execd.adopt)
            if task.deletion_at is not None:
                execd.kill(task.job.id, task.id)
            if task.suspended_by:
                execd.signal(task.job.id, task.id, "SIGSTOP")

    def on_report(self, report: Report) -> None:
        """What an execd says; may be called from any thread."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: the next daemon will find out by itself
            self._loop.call_soon_threadsafe(self._take, report)

    def act(self, events: list[Event]) -> None:
        """Do what *events* ask for. They are on disk."""
        self._ledger.append(events)
        self._event_log.append(events, self._started_at)
        for event in events:
            try:
                self._act(event, events)
            except Exception:  # noqa: BLE001 -- one event's trouble isn't the others'
                _log.exception("acting on %s", event)
        self.news.tell(events)

    def _act(self, event: Event, events: list[Event]) -> None:
        execd = self._execd
        assert execd is not None
        if isinstance(event, Dispatched):
            task = self.qmaster.cell.placed.get((event.job, event.task))
            if task is not None and self.qmaster.dispatches.get((event.job, event.task)) is event:
                self._send(task, event, execd.start)
        elif isinstance(event, KillDue):
            execd.kill(event.job, event.task)
        elif isinstance(event, SignalDue):
            execd.signal(event.job, event.task, event.signal)
        elif isinstance(event, MailDue):
            self._mail(event, events)
        elif isinstance(event, Finished | Requeued | JobErrored | Deleted) and event.task is not None:
            self._started_at.pop((event.job, event.task), None)
            execd.forget(event.job, event.task)

    def _send(self, task: Task, event: Dispatched, how: Callable[..., None]) -> None:
        try:
            order = make_order(self.qmaster.cell, task.job, task, event, self._identities, self._clock)
        except LookupError as error:
            self._take(Ended(event.job, event.task, Exit(_FAILED_NO_ACCOUNT, reason=str(error))))
        else:
            how(order)

    def _take(self, report: Report) -> None:
        key = report.job, report.task
        with contextlib.suppress(Denied):
            if isinstance(report, Ended):
                ended = self._in_cell_time(key, report.exit)
                self.qmaster.input("exited", job_id=report.job, task_id=report.task, exit=ended)
                return
            self._started_at[key] = self._began_at(key, report)
            self.qmaster.input("started", job_id=report.job, task_id=report.task)

    def _began_at(self, key: tuple[int, int], report: Started) -> float:
        """An earlier daemon heard of it before the clock was put forward."""
        task = self.qmaster.cell.placed.get(key)
        known = None if task is None or self._clock.plain else task.started_at
        return self._clock.to_cell(report.at) if known is None else known

    def _in_cell_time(self, key: tuple[int, int], exit_: Exit) -> Exit:
        if self._clock.plain:
            return exit_
        ended = None if exit_.ended_at is None else self._clock.to_cell(exit_.ended_at)
        started = None if exit_.started_at is None else self._started_at.get(key, ended)
        lasted = 0.0 if started is None or ended is None else max(ended - started, 0.0)
        usage = dataclasses.replace(exit_.usage, wallclock_s=lasted)
        return dataclasses.replace(exit_, started_at=started, ended_at=ended, usage=usage)

    def _mail(self, event: MailDue, events: list[Event]) -> None:
        """The letter names what the job was; one that has just left the cell is known from its last event."""
        job = self.qmaster.cell.jobs.get(event.job)
        last = next((e for e in events if isinstance(e, Finished | JobErrored) and e.job == event.job), None)
        if job is not None:
            name, owner, array = job.request.name, job.request.owner, job.request.tasks is not None
        elif last is not None and last.record is not None:
            name, owner, array = last.record.name, last.record.owner, last.record.task != 0
        else:
            return
        placed = self.qmaster.cell.placed.get((event.job, event.task))
        grants = tuple(placed.grants) if placed is not None else last.grants if last is not None else ()
        identity = f"{event.job}.{event.task}" if array else str(event.job)
        place = grants[0].queue_instance if grants else "unknown@unknown"
        message = letter(event.on, identity, name, owner, place, event.exit)
        deliver(self._layout.mail, "sgeadmin", event.to, message, event.at)
