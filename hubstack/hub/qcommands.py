"""Running ``qsub``, ``qstat`` and ``qdel``: argument lists, never a shell, and never without a time limit.

What a user submits or deletes is run as that user through sudo; what is only read is asked by the hub as itself, so the
sudoers file needs no more than these programs.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Answer", "NoAnswer", "QCommands", "checked_job_id", "checked_user", "parse_job_id"]

_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_JOB_ID = re.compile(r"[0-9]{1,7}")
_SUBMITTED = re.compile(r"^Your job(?:-array)? ([0-9]{1,7})\b", re.MULTILINE)
_UNREACHABLE = re.compile(r"commlib error|unable to (?:send message to|contact) qmaster|got (?:send|select) error")


class NoAnswer(Exception):
    """Grid Engine didn't say: a command hung, could not be run, or could not reach the qmaster. Nothing is known."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command printed, and its exit status."""

    status: int
    stdout: bytes
    stderr: bytes

    @property
    def text(self) -> str:
        """All that was printed, for people: errors first, since ``qdel`` prints its own on standard output."""
        return b"\n".join(part.strip() for part in (self.stderr, self.stdout) if part.strip()).decode(errors="replace")


def checked_user(name: str) -> str:
    """The name, if an account may have it; it becomes an argument of sudo.

    Raises:
        ValueError: it is no such name.

    """
    if not _USER.fullmatch(name):
        raise ValueError(f"{name!r} is no name of an account")
    return name


def checked_job_id(job_id: str) -> str:
    """The id, if it is one: ``qdel`` takes anything else for a pattern of job names, ``*`` for all of them.

    Raises:
        ValueError: it is no such id.

    """
    if not _JOB_ID.fullmatch(job_id):
        raise ValueError(f"{job_id!r} is no job id")
    return job_id


def parse_job_id(stdout: str) -> str:
    """The id in what ``qsub`` printed, whatever stands before it (``-w w`` warns on standard output), or ``""``."""
    found = _SUBMITTED.search(stdout)
    return found[1] if found else ""


class QCommands:
    """The q-programs of one submit host. *sudo* is put before ``-u USER PROGRAM ...``; *timeout_s* bounds each call."""

    def __init__(
        self, environment: Mapping[str, str], sudo: Sequence[str] = ("sudo", "-n"), timeout_s: float = 20
    ) -> None:
        self.environment = dict(environment)
        self.sudo = list(sudo)
        self.timeout_s = timeout_s
        self.calls = 0

    async def qsub(self, user: str, arguments: Sequence[str], script: str) -> Answer:
        """Submit *script* as *user*."""
        return await self._run([*self._as(user), self._program("qsub"), *arguments], script.encode())

    async def qdel(self, user: str, job_id: str) -> Answer:
        """Delete a job as its owner."""
        return await self._run([*self._as(user), self._program("qdel"), checked_job_id(job_id)])

    async def qstat_all(self) -> bytes:
        """Everybody's jobs as XML.

        Raises:
            NoAnswer: also when ``qstat`` says that it failed.

        """
        answer = await self._run([self._program("qstat"), "-xml", "-u", "*"])
        if answer.status != 0:
            raise NoAnswer(f"qstat failed with exit status {answer.status}: {answer.text}")
        return answer.stdout

    async def qstat_job(self, job_id: str) -> str:
        """All that ``qstat -j`` tells about a job; ``""`` when there is no such job.

        Raises:
            NoAnswer: it failed for another reason.

        """
        answer = await self._run([self._program("qstat"), "-j", checked_job_id(job_id)])
        if answer.status != 0 and "do not exist" not in answer.text:
            raise NoAnswer(f"qstat -j failed with exit status {answer.status}: {answer.text}")
        return answer.stdout.decode(errors="replace") if answer.status == 0 else ""

    def _as(self, user: str) -> list[str]:
        return [*self.sudo, "-u", checked_user(user)] if self.sudo else []

    def _program(self, name: str) -> str:
        """Its absolute path: sudo has a search path of its own, and a sudoers file lists whole paths."""
        path = shutil.which(name, path=self.environment.get("PATH"))
        if path is None:
            raise NoAnswer(f"there is no {name} on the hub's PATH")
        return path

    async def _run(self, command: list[str], given: bytes | None = None) -> Answer:
        self.calls += 1
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                env=self.environment,
                stdin=asyncio.subprocess.DEVNULL if given is None else asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise NoAnswer(f"{command[0]} could not be run: {error}") from error
        try:
            async with asyncio.timeout(self.timeout_s):
                stdout, stderr = await process.communicate(given)
        except TimeoutError:
            raise NoAnswer(f"{_said(command)} gave no answer in {self.timeout_s:g} s") from None
        finally:
            if process.returncode is None:
                await _kill(process)
        answer = Answer(process.returncode or 0, stdout, stderr)
        if answer.status != 0 and _UNREACHABLE.search(answer.text):
            raise NoAnswer(f"{_said(command)} can't reach the qmaster: {answer.text}")
        return answer


async def _kill(process: asyncio.subprocess.Process) -> None:
    """End a command that is given up. A real sudo is root's and can't be killed from here; its own limit ends it."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except PermissionError:
        return
    except ProcessLookupError:
        pass  # it has ended by itself, which the event loop hasn't heard yet
    await process.wait()


def _said(command: Sequence[str]) -> str:
    """The program's own name, for a message."""
    return next((os.path.basename(word) for word in command if "/q" in word), command[0])  # noqa: PTH119
