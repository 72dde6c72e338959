"""A server's job: what is remembered of it, how it is, and how it ends.

An answer of Grid Engine that can't be understood says nothing, so nothing is concluded from it; a job is gone when two
good answers in a row don't have it; and what has to end is handed to `Leftovers`.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import time
from pathlib import Path
from typing import Any

from batchspawner import BatchSpawnerBase, JobStatus
from jupyterhub.spawner import SpawnException
from sqlalchemy import inspect
from traitlets import Dict, Float, List, Unicode

from hubstack.hub.cluster import Cluster
from hubstack.hub.failure import failure
from hubstack.hub.qcommands import NoAnswer, checked_user
from hubstack.hub.snapshot import QueuedJob
from hubstack.hub.spawn_file import remove_spawn_file

__all__ = ["AWAY", "GridengineJob", "digest"]

AWAY = "Grid Engine does not answer"
_KEPT = ("spawn_tag", "spawn_file", "token_digest", "host", "reached", "ip", "port")


class GridengineJob(BatchSpawnerBase):
    """All of a spawner but the start."""

    submit_environment = Dict(help="The environment of qsub, qstat and qdel: PATH, SGE_ROOT, SGE_CELL.").tag(
        config=True
    )
    sudo = List(Unicode(), ["sudo", "-n"], help="Stands before '-u USER qsub'.").tag(config=True)
    hub_name = Unicode("hubstack", help="Marks this hub's jobs; no two hubs of a cell may share it.").tag(config=True)
    host_addresses = Dict(help="Host names, as qstat prints them, and their numeric addresses.").tag(config=True)
    command_timeout = Float(20, help="Seconds after which a q-program is given up.").tag(config=True)
    stop_timeout = Float(30, help="Seconds that stop() waits for the job to be gone.").tag(config=True)
    snapshot_age = Float(5, help="Seconds for which one qstat serves all running servers.").tag(config=True)
    startup_poll_interval = Float(0.3, help="Seconds between looks at the queue while a server starts.").tag(
        config=True
    )

    stage = Unicode(help="How far this start has come: queued, running, listening.")
    message = Unicode(help="The same in words, for the user who waits.")

    job_id: str
    port: int

    # What is kept in the hub's database besides.
    spawn_tag = ""
    spawn_file = ""
    token_digest = ""
    host = ""
    reached = False

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.port_known = asyncio.Event()
        self.submitted_at = 0.0
        environment = dict(self.submit_environment) or dict(os.environ)
        self.cluster = Cluster.of(self.hub_name, environment, self.sudo, self.command_timeout)
        self.cluster.spawners.add(self)

    def get_state(self) -> dict[str, Any]:
        """What a hub that was killed at any moment must find again."""
        state: dict[str, Any] = super().get_state()
        if self.spawn_tag:
            state |= {name: getattr(self, name) for name in _KEPT}
        return state

    def load_state(self, state: dict[str, Any]) -> None:
        """Take up where an earlier hub process stopped."""
        super().load_state(state)
        for name in _KEPT:
            if name in state:
                setattr(self, name, state[name])

    def clear_state(self) -> None:
        """Forget the job: it is gone, or its end is in the hands of `Leftovers`."""
        super().clear_state()
        if self.spawn_file:
            remove_spawn_file(Path(self.spawn_file))
        self.spawn_tag = self.spawn_file = self.token_digest = self.host = ""
        self.reached = False

    def remember(self) -> None:
        """Commit the state now; JupyterHub itself does so only when the server has started."""
        self.orm_spawner.state = self.get_state()
        inspect(self.orm_spawner).session.commit()

    def owns_token(self, token: str) -> bool:
        """Whether it is the token that this server was given."""
        return bool(self.token_digest) and hmac.compare_digest(digest(token), self.token_digest)

    def accept_port(self, port: int) -> bool:
        """Take the port that the job reports; once, though the report may come twice."""
        if self.port and self.port != port:
            return False
        if not self.port:
            self.port = port
            self.remember()
            self.port_known.set()
        return True

    async def query_job_status(self) -> JobStatus:
        """How the job is. The first time that it has a host, the host is kept.

        Raises:
            SpawnException: it can never start.

        """
        asked_after = time.monotonic() - (self.snapshot_age if self.reached else self.startup_poll_interval)
        if self.port and not self.host:
            asked_after = time.monotonic()
        try:
            snapshot = await self.cluster.poller.look(max(asked_after, self.submitted_at))
            job = snapshot.job(self.job_id, self.user.name)
            if job is None:
                gone = await self.cluster.poller.is_gone(self.job_id, self.user.name, snapshot.asked_at)
                return JobStatus.NOTFOUND if gone else JobStatus.UNKNOWN
        except NoAnswer:
            self.message = f"{AWAY}; waiting for it..."
            return JobStatus.UNKNOWN
        await self._take(job)
        return JobStatus.PENDING if job.waiting else JobStatus.RUNNING

    async def _take(self, job: QueuedJob) -> None:
        if job.in_error:
            raise failure(f"Grid Engine could not start the job: {await self._error_reason()}")
        if self.reached:
            return
        if job.being_deleted:
            raise failure(f"Job {self.job_id} was deleted while it started.")
        if job.waiting:
            self.stage, self.message = "queued", self._place(job)
            return
        if not self.host:
            self.host = job.host
            self.ip = self.state_gethost()
            self.remember()
        self.stage = "running"
        where = f"{job.queue}@{job.host}"
        self.message = (
            f"Suspended by Grid Engine on {where}" if job.suspended else f"Running on {where}: starting Jupyter"
        )

    def _place(self, job: QueuedJob) -> str:
        last = self.cluster.poller.last
        place, waiting = last.place_in_queue(job) if last else (0, 0)
        held = " It is on hold." if "h" in job.letters else ""
        return f"Waiting in the queue: {place} of {waiting}.{held}" if place else f"Waiting in the queue.{held}"

    async def _error_reason(self) -> str:
        """What ``qstat -j`` gives as the error's reason."""
        try:
            details = await self.cluster.commands.qstat_job(self.job_id)
        except NoAnswer as error:
            return str(error)
        reasons = [line.partition(":")[2].strip() for line in details.splitlines() if line.startswith("error reason")]
        return "; ".join(reasons) or f"job {self.job_id} is in error state"

    def state_gethost(self) -> str:
        """The address of the host on which the job runs."""
        return str(self.host_addresses.get(self.host, self.host))

    async def poll(self) -> int | None:
        """None while there may be a server; else an exit status. What is not known is not the end."""
        if self.spawn_tag and not self.job_id:
            try:
                self.job_id = await self.cluster.leftovers.find(self.account(), self.spawn_tag)
            except NoAnswer:
                return None
        if not self.job_id:
            return 0
        try:
            status = await self.query_job_status()
        except SpawnException:
            self.cluster.leftovers.end(self.account(), self.job_id)
            return 1
        if status == JobStatus.NOTFOUND:
            return 1
        if status == JobStatus.PENDING and self.reached:
            # Requeued against our word: it would start without its secrets.
            self.cluster.leftovers.end(self.account(), self.job_id)
            return 1
        return None

    async def stop(self, now: bool = False) -> None:
        """Delete the job and wait, for a time, until it is gone. Its end is seen to even if that takes longer."""
        if not self.job_id:
            self.cluster.leftovers.suspect(self.account())
            return
        over = self.cluster.leftovers.end(self.account(), self.job_id)
        if now:
            return
        try:
            async with asyncio.timeout(self.stop_timeout):
                await asyncio.shield(over)
        except TimeoutError:
            self.log.warning("Job %s of %s isn't gone yet; deleting it goes on", self.job_id, self.user.name)

    def account(self) -> str:
        """The user's account.

        Raises:
            SpawnException: no account may have that name.

        """
        try:
            return checked_user(self.user.name)
        except ValueError as error:
            raise failure(f"No job can be submitted: {error}", status_code=400) from None


def digest(token: str) -> str:
    """What is kept of a server's token, to know it again."""
    return hashlib.sha256(token.encode()).hexdigest()
