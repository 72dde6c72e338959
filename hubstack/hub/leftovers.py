"""The end of jobs: what must be deleted is deleted, however long Grid Engine takes to hear of it.

A job ends here when its server is stopped, when it failed to start, and when it is found to belong to no server at all,
since the hub was killed at a bad moment.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from hubstack.hub.job_script import JOB_NAME, context_of
from hubstack.hub.qcommands import NoAnswer, QCommands
from hubstack.hub.queue_poller import QueuePoller
from hubstack.hub.snapshot import Snapshot

__all__ = ["Leftovers", "StillEnding"]

_LOOK_EVERY_S = 0.3
_FIRST_RETRY_S = 2.0
_LAST_RETRY_S = 60.0
_OVERDUE_S = 180.0


class StillEnding(Exception):
    """An earlier job of that user lives on; *job_ids* says which."""

    def __init__(self, job_ids: list[str]) -> None:
        super().__init__(", ".join(job_ids))
        self.job_ids = job_ids


@dataclass(slots=True)
class _Ending:
    user: str
    job_id: str
    asked_at: float
    over: asyncio.Future[None]
    retry_s: float = _FIRST_RETRY_S
    due_at: float = 0.0
    task: asyncio.Task[None] | None = None
    said: set[str] = field(default_factory=set)


class Leftovers:
    """Deletes jobs until they are gone, and finds those of the hub called *hub* that belong to no server.

    *in_use* gives the ids of the jobs that have one. *sweep_every_s* is the time between searches; a job must be seen
    without a server by two of them.
    """

    def __init__(
        self,
        hub: str,
        commands: QCommands,
        poller: QueuePoller,
        in_use: Callable[[], set[str]],
        log: logging.Logger | logging.LoggerAdapter[logging.Logger],
        sweep_every_s: float = 60.0,
    ) -> None:
        self._hub = hub
        self._commands = commands
        self._poller = poller
        self._in_use = in_use
        self._log = log
        self._sweep_every_s = sweep_every_s
        self._ending: dict[str, _Ending] = {}
        self._without_server: set[str] = set()
        self._known_clear: set[str] = set()
        self._sweeper: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to search, in the running event loop; once is enough."""
        if self._sweeper is None or self._sweeper.done():
            self._sweeper = asyncio.ensure_future(self._sweep_for_ever())

    def end(self, user: str, job_id: str) -> asyncio.Future[None]:
        """Delete a job; what is returned is done when the job is really gone."""
        if job_id not in self._ending:
            over = asyncio.get_running_loop().create_future()
            ending = self._ending[job_id] = _Ending(user, job_id, time.monotonic(), over)
            ending.task = asyncio.ensure_future(self._end(ending))
        return self._ending[job_id].over

    def suspect(self, user: str) -> None:
        """Say that a submission of that user may have become a job nobody knows the id of."""
        self._known_clear.discard(user)

    async def clear(self, user: str, within_s: float) -> None:
        """End whatever this hub still has running for *user*: nobody gets a second job beside a first.

        Raises:
            StillEnding: it wasn't gone in time.
            NoAnswer: Grid Engine didn't say.

        """
        if user not in self._known_clear:
            snapshot = await self._poller.look(time.monotonic())
            for job_id in self._candidates(snapshot, user):
                if await self.context(job_id):
                    self.end(user, job_id)
            self._known_clear.add(user)
        waiting = [ending.over for ending in self._ending.values() if ending.user == user]
        if waiting:
            await asyncio.wait(waiting, timeout=within_s)
        left = [ending.job_id for ending in self._ending.values() if ending.user == user]
        if left:
            raise StillEnding(left)

    async def find(self, user: str, tag: str) -> str:
        """The id of the job that was submitted with *tag*, or ``""``.

        Raises:
            NoAnswer: Grid Engine didn't say.

        """
        snapshot = await self._poller.look(time.monotonic())
        for job in snapshot.jobs.values():
            if job.owner == user and job.name == JOB_NAME:
                context = await self.context(job.job_id)
                if context.get("hubstack_spawn") == tag:
                    return job.job_id
        return ""

    async def context(self, job_id: str) -> dict[str, str]:
        """The job's context if it is one of this hub, else nothing."""
        context = context_of(await self._commands.qstat_job(job_id))
        return context if context.get("hubstack_hub") == self._hub else {}

    def _candidates(self, snapshot: Snapshot, user: str | None = None) -> list[str]:
        spoken_for = self._in_use() | set(self._ending)
        return [
            job.job_id
            for job in snapshot.jobs.values()
            if job.name == JOB_NAME and user in {None, job.owner} and job.job_id not in spoken_for
        ]

    async def _sweep_for_ever(self) -> None:
        while True:
            try:
                await self.sweep()
            except NoAnswer as error:
                self._log.debug("No search for jobs without a server: %s", error)
            except Exception:  # noqa: BLE001  one that fails must not be the last
                self._log.exception("The search for jobs without a server failed")
            await asyncio.sleep(self._sweep_every_s)

    async def sweep(self) -> None:
        """Look once for jobs of this hub without a server, and end those that had none the last time either.

        Raises:
            NoAnswer: Grid Engine didn't say.

        """
        snapshot = await self._poller.look(time.monotonic())
        candidates = self._candidates(snapshot)
        for job_id in self._without_server.intersection(candidates):
            if await self.context(job_id) and job_id not in self._in_use():
                self._log.warning("Job %s of this hub belongs to no server: deleting it", job_id)
                self.end(snapshot.jobs[job_id].owner, job_id)
        self._without_server = set(candidates)

    async def _end(self, ending: _Ending) -> None:
        try:
            while not await self._gone(ending):
                if time.monotonic() >= ending.due_at:
                    await self._delete(ending)
                await asyncio.sleep(_LOOK_EVERY_S if ending.retry_s <= 2 * _FIRST_RETRY_S else ending.retry_s / 8)
        finally:
            del self._ending[ending.job_id]
            if not ending.over.done():
                ending.over.set_result(None)

    async def _gone(self, ending: _Ending) -> bool:
        """Once qdel has been accepted one good look is enough: the job is expected to be gone."""
        if ending.due_at == 0.0:
            return False
        try:
            snapshot = await self._poller.look(time.monotonic())
        except NoAnswer:
            return False
        return snapshot.job(ending.job_id, ending.user) is None

    async def _delete(self, ending: _Ending) -> None:
        try:
            text = (await self._commands.qdel(ending.user, ending.job_id)).text
        except NoAnswer as error:
            text = str(error)
        ending.due_at = time.monotonic() + ending.retry_s
        ending.retry_s = min(2 * ending.retry_s, _LAST_RETRY_S)
        overdue = ending.due_at - ending.asked_at > _OVERDUE_S
        if overdue or text not in ending.said:
            ending.said.add(text)
            level = logging.ERROR if overdue else logging.INFO
            self._log.log(level, "Deleting job %s of %s: %s", ending.job_id, ending.user, text)
