"""The reference spawner: batchspawner's idea of a Grid Engine job, cured of what loses sessions or lets things in.

An answer of Grid Engine that can't be understood says nothing, so nothing is concluded from it; a job is gone when two
good answers in a row don't have it; and whatever this spawner starts it ends, or hands to `Leftovers`.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import pwd
import secrets
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from batchspawner import BatchSpawnerBase, JobStatus
from jupyterhub.spawner import SpawnException
from sqlalchemy import inspect
from traitlets import Bool, Dict, Float, List, Unicode, default

from hubstack.hub import singleuser
from hubstack.hub.cluster import Cluster
from hubstack.hub.failure import failure
from hubstack.hub.job_script import LOG_NAME, job_script, submit_arguments
from hubstack.hub.leftovers import StillEnding
from hubstack.hub.qcommands import NoAnswer, checked_user, parse_job_id
from hubstack.hub.snapshot import QueuedJob
from hubstack.hub.spawn_file import new_spawn_file, remove_spawn_file, write_spawn_file

__all__ = ["GridengineSpawner"]

_AWAY = "Grid Engine does not answer"


class GridengineSpawner(BatchSpawnerBase):
    """Starts each user's server as a Grid Engine job of theirs.

    batchspawner's templates and ``req_`` settings have no use here: the script is fixed, and what a user asked for
    comes, checked, as arguments in `resource_arguments`.
    """

    submit_environment = Dict(help="The environment of qsub, qstat and qdel: PATH, SGE_ROOT, SGE_CELL.").tag(
        config=True
    )
    sudo = List(Unicode(), ["sudo", "-n"], help="Stands before '-u USER qsub'.").tag(config=True)
    hub_name = Unicode("hubstack", help="Marks this hub's jobs; no two hubs of a cell may share it.").tag(config=True)
    host_addresses = Dict(help="Host names, as qstat prints them, and their numeric addresses.").tag(config=True)
    homes = Unicode("/home/{user}", help="A user's home directory on the execution hosts.").tag(config=True)
    jobs_python = Unicode(sys.executable, help="The hosts' interpreter that has jupyterhub's server.").tag(config=True)
    wrapper = Unicode(singleuser.__file__, help="hubstack/hub/singleuser.py on the execution hosts.").tag(config=True)
    secrets_directory = Unicode("secrets", help="Shared with the execution hosts; see Deployment.").tag(config=True)
    real_accounts = Bool(True, help="Jobs run under the users' accounts, not under the hub's.").tag(config=True)
    command_timeout = Float(20, help="Seconds after which a q-program is given up.").tag(config=True)
    stop_timeout = Float(30, help="Seconds that stop() waits for the job to be gone.").tag(config=True)
    snapshot_age = Float(5, help="Seconds for which one qstat serves all running servers.").tag(config=True)
    listen_interval = Float(0.05, help="Seconds between tries to connect to a server whose port is known.").tag(
        config=True
    )
    startup_poll_interval = Float(0.3, help="Seconds between looks at the queue while a server starts.").tag(
        config=True
    )

    resource_arguments = List(Unicode(), help="Arguments of qsub made from this spawn's checked options.")
    stage = Unicode(help="How far this start has come: queued, running, listening.")
    message = Unicode(help="The same in words, for the user who waits.")

    # What is kept in the hub's database beside the job's id.
    spawn_tag = ""
    spawn_file = ""
    token_digest = ""
    host = ""
    reached = False

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._port_known = asyncio.Event()
        self._submitted_at = 0.0
        environment = dict(self.submit_environment) or dict(os.environ)
        self.cluster = Cluster.of(self.hub_name, environment, self.sudo, self.command_timeout)
        self.cluster.spawners.add(self)

    @default("ip")
    def _ip_default(self) -> str:
        return "127.0.0.1"

    # State: what a hub that was killed at any moment finds again.

    def get_state(self) -> dict[str, Any]:
        """What `load_state` needs."""
        state: dict[str, Any] = super().get_state()
        if self.spawn_tag:
            kept = ("spawn_tag", "spawn_file", "token_digest", "host", "reached", "ip", "port")
            state |= {name: getattr(self, name) for name in kept}
        return state

    def load_state(self, state: dict[str, Any]) -> None:
        """Take up where an earlier hub process stopped."""
        super().load_state(state)
        for name in ("spawn_tag", "spawn_file", "token_digest", "host", "reached", "ip", "port"):
            if name in state:
                setattr(self, name, state[name])

    def clear_state(self) -> None:
        """Forget the job: it is gone, or its end is in the hands of `Leftovers`."""
        super().clear_state()
        if self.spawn_file:
            remove_spawn_file(Path(self.spawn_file))
        self.spawn_tag = self.spawn_file = self.token_digest = self.host = ""
        self.reached = False

    def _remember(self) -> None:
        """Commit the state now; JupyterHub itself does so only when the server has started."""
        self.orm_spawner.state = self.get_state()
        inspect(self.orm_spawner).session.commit()

    def get_env(self) -> dict[str, str]:
        """What JupyterHub gives the server. Nothing of the hub's own environment belongs in it."""
        return {name: str(value) for name, value in super().get_env().items() if value is not None}

    # Start

    async def start(self) -> tuple[str, int]:
        """Submit the job, and return the server's address when it listens there.

        Raises:
            SpawnException: it can't start; the text is for the user.

        """
        self.ip, self.port, self.host, self.stage, self.reached = "", 0, "", "", False
        self._port_known.clear()
        await self._clear_the_way()
        await self.submit_batch_script()
        return await self._reach()

    async def _clear_the_way(self) -> None:
        """Nobody gets a second job beside an earlier one that hasn't ended."""
        self.message = "Asking Grid Engine for a place..."
        try:
            await self.cluster.leftovers.clear(self._account(), self.stop_timeout)
        except StillEnding as ending:
            raise failure(
                f"Your previous session (job {ending}) is still being ended by Grid Engine. Try again in a minute."
            ) from None
        except NoAnswer as error:
            raise self._away(error) from None

    async def submit_batch_script(self) -> str:
        """Submit the job. Its id is in the database before anything else happens.

        Raises:
            SpawnException: there is no job.

        """
        user = self._account()
        home = self.homes.format(user=user)
        self.spawn_tag, self.token_digest = secrets.token_hex(8), _digest(self.api_token)
        spawn_file = new_spawn_file(Path(self.secrets_directory))
        self.spawn_file = str(spawn_file)
        self._remember()
        content = {
            "environment": self.get_env(),
            "addresses": dict(self.host_addresses),
            "command": [*self.cmd, *self.get_args()],
        }
        try:
            write_spawn_file(spawn_file, content, pwd.getpwnam(user) if self.real_accounts else None)
        except (OSError, KeyError):
            self.log.exception("The secrets of %s's server have no safe place", user)
            raise failure("The hub can't hand your server its secrets; please tell the administrator.") from None
        context = {"hubstack_hub": self.hub_name, "hubstack_spawn": self.spawn_tag}
        arguments = submit_arguments(home, context, self.resource_arguments)
        script = job_script(Path(self.jobs_python), Path(self.wrapper), spawn_file)
        self.job_id = await self._qsub(user, arguments, script)
        self._remember()
        self._submitted_at = time.monotonic()
        self.log.info("Submitted job %s for %s: qsub %s", self.job_id, user, arguments)
        return self.job_id

    async def _qsub(self, user: str, arguments: list[str], script: str) -> str:
        try:
            answer = await self.cluster.commands.qsub(user, arguments, script)
        except asyncio.CancelledError:
            self.cluster.leftovers.suspect(user)
            raise
        except NoAnswer as error:
            self.cluster.leftovers.suspect(user)
            # It may have been accepted all the same. The job, if there is one, is known by its tag.
            self.log.warning("qsub for %s: %s", user, error)
            try:
                job_id = await self.cluster.leftovers.find(user, self.spawn_tag)
            except NoAnswer:
                raise self._away(error) from None
            if not job_id:
                raise self._away(error) from None
            return job_id
        job_id = parse_job_id(answer.stdout.decode(errors="replace"))
        if not job_id:
            self.spawn_tag = ""  # refused, so there is no job to look for
            self.log.error("qsub for %s failed with exit status %s: %s", user, answer.status, answer.text)
            raise failure(f"Grid Engine refused the job: {_reason_of_refusal(answer.text)}", status_code=400)
        return job_id

    async def _reach(self) -> tuple[str, int]:
        """Wait until the server listens. Gives up, saying what it waited for, just before JupyterHub would."""
        try:
            async with asyncio.timeout(max(1, self.start_timeout - 1)):
                while not await self._listens():
                    await self._next_look()
        except TimeoutError:
            raise failure(f"No server after {self.start_timeout} s. {self.message}") from None
        self.stage, self.message = "listening", "Jupyter answers"
        self.reached = True
        remove_spawn_file(Path(self.spawn_file))
        self._remember()
        self.log.info("The server of job %s listens at %s:%s", self.job_id, self.ip, self.port)
        return self.ip, self.port

    async def _next_look(self) -> None:
        if self.port:
            await asyncio.sleep(self.listen_interval)
            return
        try:
            async with asyncio.timeout(self.startup_poll_interval):
                await self._port_known.wait()
        except TimeoutError:
            pass

    async def _listens(self) -> bool:
        """Look at the job and, once host and port are known, at the server."""
        status = await self.query_job_status()
        if status == JobStatus.NOTFOUND:
            raise failure(
                f"Job {self.job_id} ended before Jupyter answered. Its log is {LOG_NAME} in your home directory."
            )
        if not self.host or not self.port:
            return False
        try:
            async with asyncio.timeout(1):
                _, writer = await asyncio.open_connection(self.ip, self.port)
        except (OSError, TimeoutError):
            return False
        writer.close()
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
            snapshot = await self.cluster.poller.look(max(asked_after, self._submitted_at))
            job = snapshot.job(self.job_id, self.user.name)
            if job is None:
                gone = await self.cluster.poller.is_gone(self.job_id, self.user.name, snapshot.asked_at)
                return JobStatus.NOTFOUND if gone else JobStatus.UNKNOWN
        except NoAnswer:
            self.message = f"{_AWAY}; waiting for it..."
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
            self._remember()
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

    # The port's report

    def owns_token(self, token: str) -> bool:
        """Whether it is the token that this server was given."""
        return bool(self.token_digest) and hmac.compare_digest(_digest(token), self.token_digest)

    def accept_port(self, port: int) -> bool:
        """Take the port that the job reports; once, though the report may come twice."""
        if self.port and self.port != port:
            return False
        if not self.port:
            self.port = port
            self._remember()
            self._port_known.set()
        return True

    # Afterwards

    async def poll(self) -> int | None:
        """None while there may be a server; else an exit status. What is not known is not the end."""
        if self.spawn_tag and not self.job_id:
            try:
                self.job_id = await self.cluster.leftovers.find(self._account(), self.spawn_tag)
            except NoAnswer:
                return None
        if not self.job_id:
            return 0
        try:
            status = await self.query_job_status()
        except SpawnException:
            self.cluster.leftovers.end(self._account(), self.job_id)
            return 1
        if status == JobStatus.NOTFOUND:
            return 1
        if status == JobStatus.PENDING and self.reached:
            # Requeued against our word: it would start without its secrets.
            self.cluster.leftovers.end(self._account(), self.job_id)
            return 1
        return None

    async def get_url(self) -> str:
        """Where the server is. Asked by a hub that has just started: finishes what an earlier one had begun."""
        url: str = self.server.url
        if self.job_id and not self.reached:
            try:
                ip, port = await self._reach()
            except SpawnException as error:
                self.log.warning("%s's server, begun by an earlier hub, can't be reached: %s", self.user.name, error)
            else:
                url = f"http://{ip}:{port}{self.server.base_url}"
        while await self._is_suspended():  # noqa: ASYNC110  Grid Engine tells nobody when it resumes a job
            await asyncio.sleep(self.snapshot_age)
        return url

    async def _is_suspended(self) -> bool:
        try:
            snapshot = await self.cluster.poller.look(time.monotonic() - self.snapshot_age)
        except NoAnswer:
            return False
        job = snapshot.job(self.job_id, self.user.name)
        return job is not None and job.suspended

    async def stop(self, now: bool = False) -> None:
        """Delete the job and wait, for a time, until it is gone. Its end is seen to even if that takes longer."""
        if not self.job_id:
            self.cluster.leftovers.suspect(self._account())
            return
        over = self.cluster.leftovers.end(self._account(), self.job_id)
        if now:
            return
        try:
            async with asyncio.timeout(self.stop_timeout):
                await asyncio.shield(over)
        except TimeoutError:
            self.log.warning("Job %s of %s isn't gone yet; deleting it goes on", self.job_id, self.user.name)

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """What the user who waits is told; JupyterHub ends it when the server is ready."""
        said = ""
        percent = {"queued": 20, "running": 50, "listening": 90}
        while True:
            if self.message != said:
                said = self.message
                yield {"progress": percent.get(self.stage, 10), "message": said}
            await asyncio.sleep(0.2)

    def _account(self) -> str:
        try:
            return checked_user(self.user.name)
        except ValueError as error:
            raise failure(f"No job can be submitted: {error}", status_code=400) from None

    def _away(self, error: NoAnswer) -> SpawnException:
        self.log.error("%s", error)
        return failure(f"{_AWAY}. Running servers are not affected; try again in a few minutes.")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _reason_of_refusal(text: str) -> str:
    """SGE's own words without the lines around them."""
    lines = [line for line in text.splitlines() if line.strip() and line.strip() != "Exiting."]
    return " ".join(line.removeprefix("Unable to run job: ") for line in lines) or "it gave no reason"
