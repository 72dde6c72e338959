"""One ``qstat`` for everybody: each server that starts or is watched looks at the same snapshots."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from hubstack.hub.qcommands import NoAnswer
from hubstack.hub.snapshot import BadAnswer, Snapshot, parse_snapshot

__all__ = ["QueuePoller"]

_LARGE = 256 * 2**10
_LONGEST_PAUSE_S = 5.0


class QueuePoller:
    """Asks *ask* for everybody's jobs when somebody wants a newer snapshot than there is, once for all who want one.

    Nothing is asked while nobody looks. A cell that answers slowly is asked less often: ``qstat`` runs for half of the
    time at most.
    """

    def __init__(
        self, ask: Callable[[], Awaitable[bytes]], log: logging.Logger | logging.LoggerAdapter[logging.Logger]
    ) -> None:
        self._ask = ask
        self._log = log
        self._last: Snapshot | NoAnswer | BadAnswer | None = None
        self._asked_at = float("-inf")
        self._took_s = 0.0
        self._asking: asyncio.Future[None] | None = None

    @property
    def last(self) -> Snapshot | None:
        """The newest answer, if it was a good one."""
        return self._last if isinstance(self._last, Snapshot) else None

    async def look(self, asked_after: float) -> Snapshot:
        """A snapshot asked for no earlier than *asked_after* (seconds of ``time.monotonic``).

        Raises:
            NoAnswer: Grid Engine didn't answer, or not with a list of jobs. That says nothing about any job.

        """
        while self._asked_at < asked_after or self._last is None:
            if self._asking is None:
                self._asking = asyncio.ensure_future(self._refresh())
            await asyncio.shield(self._asking)
        if isinstance(self._last, Snapshot):
            return self._last
        raise NoAnswer(str(self._last))

    async def is_gone(self, job_id: str, owner: str, asked_after: float, confirm_s: float = 1.0) -> bool:
        """Whether two good snapshots in a row, *confirm_s* apart, don't have that job.

        Raises:
            NoAnswer: as for `look`.

        """
        first = await self.look(asked_after)
        if first.job(job_id, owner):
            return False
        await asyncio.sleep(confirm_s)
        second = await self.look(first.asked_at + confirm_s)
        return second.job(job_id, owner) is None

    async def _refresh(self) -> None:
        try:
            pause_s = min(self._took_s, _LONGEST_PAUSE_S)
            await asyncio.sleep(max(0.0, self._asked_at + self._took_s + pause_s - time.monotonic()))
            asked_at = time.monotonic()
            answer = await self._question(asked_at)
            if isinstance(answer, Exception) and not isinstance(self._last, type(answer)):
                self._log.warning("The state of jobs is unknown: %s", answer)
            elif isinstance(answer, Snapshot) and isinstance(self._last, Exception):
                self._log.warning("Grid Engine answers again")
            self._last, self._asked_at, self._took_s = answer, asked_at, time.monotonic() - asked_at
        finally:
            self._asking = None

    async def _question(self, asked_at: float) -> Snapshot | NoAnswer | BadAnswer:
        try:
            document = await self._ask()
            if len(document) < _LARGE:
                return parse_snapshot(document, asked_at)
            return await asyncio.to_thread(parse_snapshot, document, asked_at)
        except (NoAnswer, BadAnswer) as error:
            return error
