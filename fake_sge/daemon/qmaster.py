"""The cell with a journal under it and the wall clock behind it."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import logging
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Any

from fake_sge.core import Cell, CellConfig, Deleted, Denied, Dispatched, Event
from fake_sge.daemon.clock import Clock
from fake_sge.journal import BadJournal, Journal, Record

__all__ = ["Qmaster", "Recovered", "apply", "recover", "track"]

COMPACT_AT_BYTES = 16_000_000
_LEAP = "leap"
_log = logging.getLogger("fake_sge.qmaster")


@dataclass(slots=True)
class Recovered:
    """What the journal gave back. *events* are those of the replayed inputs, in order; *ledger_offset* is where the
    accounting lines that come from them begin; *dispatches* are the tasks that are on a host, as they were sent there;
    *first_config* is the cell as it was described, before anything changed it, *leapt_s* how far its clock was put
    forward.
    """

    cell: Cell
    rate: float
    origin_at: float
    last_at: float
    ledger_offset: int
    dispatches: dict[tuple[int, int], Dispatched]
    first_config: CellConfig
    events: list[Event] = field(default_factory=list)
    leapt_s: float = 0.0


def recover(journal: Journal) -> Recovered | None:
    """The cell as the journal tells it, or None when the journal is new. Raises `BadJournal`."""
    state = journal.snapshot()
    found: Recovered | None = None
    if state is not None:
        try:
            found = pickle.loads(state)  # noqa: S301 -- written by this program, in a directory of its own
        except Exception as error:  # noqa: BLE001 -- unpickling fails in as many ways as there are classes
            raise BadJournal(f"the journal's snapshot is of another version ({error}): start in a new root") from None
    for record in journal.records():
        if record.name == "begin":
            config, rate, offset = (record.arguments[key] for key in ("config", "rate", "ledger_offset"))
            found = Recovered(Cell(config, record.at), rate, record.at, record.at, offset, {}, copy.deepcopy(config))
            continue
        if found is None:
            raise BadJournal("the journal has lost its beginning: restore it from a backup, or start in a new root")
        found.last_at = max(found.last_at, record.at)
        if record.name == _LEAP:
            found.leapt_s += record.arguments["cell_s"]
            continue
        events = apply(found.cell, record)
        track(found.dispatches, events)
        found.events.extend(events)
    return found


def apply(cell: Cell, record: Record) -> list[Event]:
    """One input. What it refuses or breaks on, it refused or broke on when it was new: the state is the same."""
    if record.name == _LEAP:
        return []
    try:
        events: list[Event] = getattr(cell, record.name)(record.at, **record.arguments)
        return events
    except Denied:
        return []
    except Exception:  # noqa: BLE001 -- as it was when the input was new
        _log.exception("input %s at %r", record.name, record.at)
        return []


def track(dispatches: dict[tuple[int, int], Dispatched], events: list[Event]) -> None:
    """Keep *dispatches* to the tasks that are on a host."""
    for event in events:
        if isinstance(event, Dispatched):
            dispatches[event.job, event.task] = event
        elif isinstance(event, Deleted):
            dispatches.pop((event.job, event.task or 0), None)
        elif getattr(event, "record", None) is not None:
            dispatches.pop((event.job, event.task), None)  # type: ignore[attr-defined]


class Qmaster:
    """Takes inputs, journals them, and hands their events out once they are safe: the cluster that commands see."""

    def __init__(
        self, recovered: Recovered, journal: Journal, clock: Clock, accounting_path: Path, zone: tzinfo | None = None
    ) -> None:
        self.cell = recovered.cell
        self.dispatches = recovered.dispatches
        self._first_config = recovered.first_config
        self.accounting_path: Path | None = accounting_path
        self.zone = zone
        self.clock = clock
        self._journal = journal
        self._last_at = recovered.last_at
        self.began_at = self.now
        self._appended = self._committed = 0
        self._commit: asyncio.Future[None] | None = None
        self._outbox: list[Event] = []
        self._wake = asyncio.Event()
        self._news = asyncio.Event()
        self._acting = False
        self.scheduling = True

    @property
    def quiet(self) -> bool:
        """Whether every event so far has been acted on."""
        return not (self._outbox or self._acting)

    @property
    def now(self) -> float:
        """Cell time, which never goes back whatever the machine's clock does."""
        self._last_at = max(self._last_at, self.clock.now())
        return self._last_at

    def input(self, name: str, /, **arguments: Any) -> list[Event]:
        """Apply ``cell.<name>(now, **arguments)``; it is safe, and its events acted on, after the next commit."""
        record = Record(self.now, name, arguments)
        self._journal.append(record)
        self._appended += 1
        events: list[Event] = []
        try:
            events = getattr(self.cell, name)(record.at, **arguments)
        finally:
            track(self.dispatches, events)
            self._outbox.extend(events)
            self._news.set()
            self._wake.set()
        return events

    def put_clock_forward(self, cell_s: float) -> None:
        """The clock leaps by *cell_s*, for good; what is due by then happens, each thing at its own instant."""
        self._journal.append(Record(self.now, _LEAP, {"cell_s": cell_s}))
        self._appended += 1
        self.clock = self.clock.ahead(cell_s)
        self.input("advance")

    async def safe(self) -> None:
        """Return once every input so far is on disk. One sync serves all who wait for it. Raises `OSError`."""
        goal = self._appended
        while self._committed < goal:
            if self._commit is None:
                self._commit = asyncio.ensure_future(self._commit_all())
            await asyncio.shield(self._commit)

    async def _commit_all(self) -> None:
        covered = self._appended
        try:
            await asyncio.get_running_loop().run_in_executor(None, self._journal.commit)
            self._committed = covered
        finally:
            self._commit = None

    async def keep_time(self) -> None:
        """The shell: wait for the next deadline or a wake-up, let the cell come up to the present."""
        while True:
            deadline = self.cell.next_deadline() if self.scheduling else None
            delay = None if deadline is None else self.clock.wall_s(deadline - self.now)
            if delay is not None and delay <= 0:
                self._advance()
                await asyncio.sleep(0)
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), delay)
            self._wake.clear()

    def _advance(self) -> None:
        try:
            self.input("advance")
        except Exception:  # noqa: BLE001 -- what is due is taken off before it is done, so time goes on
            _log.exception("at %r", self._last_at)
        self._wake.clear()

    async def hand_out(self, act: Callable[[list[Event]], None], compact: Callable[[], int]) -> None:
        """Give events to *act* in order, each batch once it is safe; compact the journal when it has grown."""
        while True:
            await self._news.wait()
            self._news.clear()
            events, self._outbox, self._acting = self._outbox, [], True
            await self.safe()
            if events:
                act(events)
            self._acting = False
            if self._journal.size > COMPACT_AT_BYTES and not self._outbox and self._commit is None:
                self.compact(compact())

    def compact(self, ledger_offset: int) -> None:
        """Begin a new journal from the present state; every event so far must have been acted on."""
        state = Recovered(
            self.cell,
            self.clock.rate,
            self.clock.origin_at,
            self._last_at,
            ledger_offset,
            self.dispatches,
            self._first_config,
            leapt_s=self.clock.leapt_s,
        )
        self._journal.compact(pickle.dumps(state, pickle.HIGHEST_PROTOCOL))
        self._committed = self._appended

    @staticmethod
    def begin(journal: Journal, config: CellConfig, clock: Clock, ledger_offset: int) -> None:
        """Write the first record of a new journal: the cell that all else is about."""
        arguments = {"config": config, "rate": clock.rate, "ledger_offset": ledger_offset}
        journal.append(Record(clock.origin_at, "begin", arguments))
        journal.commit()
