"""The reference spawner: batchspawner's idea of a Grid Engine job, cured of what loses sessions or lets things in."""

from __future__ import annotations

import asyncio
import pwd
import secrets
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from batchspawner import JobStatus
from jupyterhub.spawner import SpawnException
from traitlets import Bool, Float, List, Unicode, default

from hubstack.hub import singleuser
from hubstack.hub.failure import failure
from hubstack.hub.job import AWAY, GridengineJob, digest
from hubstack.hub.job_script import LOG_NAME, job_script, submit_arguments
from hubstack.hub.leftovers import StillEnding
from hubstack.hub.qcommands import NoAnswer, parse_job_id
from hubstack.hub.spawn_file import new_spawn_file, remove_spawn_file, write_spawn_file

__all__ = ["GridengineSpawner"]


class GridengineSpawner(GridengineJob):
    """Starts each user's server as a Grid Engine job of theirs.

    batchspawner's templates and ``req_`` settings have no use here: the script is fixed, and what a user asked for
    comes, checked, as arguments in `resource_arguments`.
    """

    homes = Unicode("/home/{user}", help="A user's home directory on the execution hosts.").tag(config=True)
    jobs_python = Unicode(sys.executable, help="The hosts' interpreter that has jupyterhub's server.").tag(config=True)
    wrapper = Unicode(singleuser.__file__, help="hubstack/hub/singleuser.py on the execution hosts.").tag(config=True)
    secrets_directory = Unicode("secrets", help="Shared with the execution hosts; see Deployment.").tag(config=True)
    real_accounts = Bool(True, help="Jobs run under the users' accounts, not under the hub's.").tag(config=True)
    listen_interval = Float(0.05, help="Seconds between tries to connect to a server whose port is known.").tag(
        config=True
    )

    resource_arguments = List(Unicode(), help="Arguments of qsub made from this spawn's checked options.")

    @default("ip")
    def _ip_default(self) -> str:
        return "127.0.0.1"

    def get_env(self) -> dict[str, str]:
        """What JupyterHub gives the server. Nothing of the hub's own environment belongs in it."""
        return {name: str(value) for name, value in super().get_env().items() if value is not None}

    async def start(self) -> tuple[str, int]:
        """Submit the job, and return the server's address when it listens there.

        Raises:
            SpawnException: it can't start; the text is for the user.

        """
        self.ip, self.port, self.host, self.stage, self.reached = "", 0, "", "", False
        self.port_known.clear()
        await self._clear_the_way()
        await self.submit_batch_script()
        return await self._reach()

    async def _clear_the_way(self) -> None:
        """Nobody gets a second job beside an earlier one that hasn't ended."""
        self.message = "Asking Grid Engine for a place..."
        try:
            await self.cluster.leftovers.clear(self.account(), self.stop_timeout)
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
        user = self.account()
        home = self.homes.format(user=user)
        self.spawn_tag, self.token_digest = secrets.token_hex(8), digest(self.api_token)
        spawn_file = new_spawn_file(Path(self.secrets_directory))
        self.spawn_file = str(spawn_file)
        self.remember()
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
        self.remember()
        self.submitted_at = time.monotonic()
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
        self.remember()
        self.log.info("The server of job %s listens at %s:%s", self.job_id, self.ip, self.port)
        return self.ip, self.port

    async def _next_look(self) -> None:
        if self.port:
            await asyncio.sleep(self.listen_interval)
            return
        try:
            async with asyncio.timeout(self.startup_poll_interval):
                await self.port_known.wait()
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

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """What the user who waits is told; JupyterHub ends it when the server is ready."""
        said = ""
        percent = {"queued": 20, "running": 50, "listening": 90}
        while True:
            if self.message != said:
                said = self.message
                yield {"progress": percent.get(self.stage, 10), "message": said}
            await asyncio.sleep(0.2)

    def _away(self, error: NoAnswer) -> SpawnException:
        self.log.error("%s", error)
        return failure(f"{AWAY}. Running servers are not affected; try again in a few minutes.")


def _reason_of_refusal(text: str) -> str:
    """SGE's own words without the lines around them."""
    lines = [line for line in text.splitlines() if line.strip() and line.strip() != "Exiting."]
    return " ".join(line.removeprefix("Unable to run job: ") for line in lines) or "it gave no reason"
