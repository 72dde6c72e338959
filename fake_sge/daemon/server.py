"""The qmaster's socket: one connection a command."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Generator
from datetime import tzinfo
from pathlib import Path
from typing import Any

from fake_sge.commands import (
    Edited,
    Invocation,
    NeedEditor,
    NeedFile,
    Output,
    Reply,
    Request,
    WaitFor,
    run,
)
from fake_sge.core import Cell, Event, Submitted
from fake_sge.daemon.frames import FrameReader, TooLong, frame
from fake_sge.daemon.identity import CLAIM, HOST_CLAIM, Identities
from fake_sge.daemon.leap import ADVANCE, Leap
from fake_sge.daemon.qmaster import Qmaster

__all__ = ["Connection", "News", "Session"]

_log = logging.getLogger("fake_sge.server")


class News:
    """Tells waiting commands what became of their jobs."""

    def __init__(self) -> None:
        self._followers: dict[int, list[Session]] = {}

    def follow(self, job: int, session: Session) -> None:
        self._followers.setdefault(job, []).append(session)

    def leave(self, session: Session) -> None:
        for job in session.jobs:
            followers = self._followers[job]
            followers.remove(session)
            if not followers:
                del self._followers[job]

    def tell(self, events: list[Event]) -> None:
        for event in events if self._followers else ():
            for session in self._followers.get(getattr(event, "job", 0), ()):
                session.hear(event)


class Session:
    """The cluster as one command sees it: inputs are noted, and its own jobs' events kept until it asks."""

    def __init__(self, qmaster: Qmaster, news: News) -> None:
        self._qmaster = qmaster
        self._news = news
        self._heard: dict[int, list[Event]] = {}
        self._stirred = asyncio.Event()
        self.changed = False

    @property
    def cell(self) -> Cell:
        return self._qmaster.cell

    @property
    def now(self) -> float:
        return self._qmaster.now

    @property
    def accounting_path(self) -> Path | None:
        return self._qmaster.accounting_path

    @property
    def zone(self) -> tzinfo | None:
        return self._qmaster.zone

    @property
    def began_at(self) -> float:
        return self._qmaster.began_at

    @property
    def jobs(self) -> list[int]:
        """The jobs that this command follows."""
        return list(self._heard)

    def input(self, name: str, /, **arguments: Any) -> list[Event]:
        self.changed = True
        events = self._qmaster.input(name, **arguments)
        for event in events:
            if isinstance(event, Submitted):
                self._follow(event.job)
        return events

    def hear(self, event: Event) -> None:
        self._heard[event.job].append(event)  # type: ignore[attr-defined]
        self._stirred.set()

    async def news_of(self, job: int) -> list[Event]:
        """The job's events since it was submitted or since the last answer, at least one."""
        self._follow(job)
        while not self._heard[job]:
            self._stirred.clear()
            await self._stirred.wait()
        heard, self._heard[job] = self._heard[job], []
        return heard

    def _follow(self, job: int) -> None:
        if job not in self._heard:
            self._heard[job] = []
            self._news.follow(job, self)


class Connection(asyncio.Protocol):
    """Reads one command, drives it, shows its user what it says: what changed the cell, not before it is safe."""

    def __init__(
        self, qmaster: Qmaster, news: News, identities: Identities, hosts: tuple[str, list[str]], leap: Leap
    ) -> None:
        self._session = Session(qmaster, news)
        self._qmaster = qmaster
        self._news = news
        self._identities = identities
        self._default_host, self._hosts = hosts
        self._leap = leap
        self._reader = FrameReader()
        self._said: dict[bytes, bytes] = {}
        self._argv: list[str] = []
        self._answer: asyncio.Future[Any] | None = None
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        try:
            for what, content in self._reader.feed(data):
                self._take(what, content)
        except TooLong:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio's protocol
        if self._task is not None:
            self._task.cancel()

    def _take(self, what: bytes, content: bytes) -> None:
        if self._task is not None:
            if self._answer is not None and not self._answer.done():
                number = int(content) if what == b"E" else 0
                self._answer.set_result(OSError(number, os.strerror(number)) if what == b"E" else content)
        elif what == b"a":
            self._argv.append(_text(content))
        elif what == b".":
            self._task = asyncio.ensure_future(self._serve())
        else:
            self._said[what] = content

    async def _serve(self) -> None:
        transport = self._transport
        assert transport is not None
        try:
            if self._said.get(b"c") == ADVANCE:
                await self._advance(transport)
                return
            command = run(self._invocation(transport), self._session)
            try:
                reply = await self._drive(command)
            finally:
                command.close()
            await self._show(reply.stdout, reply.stderr)
            transport.write(frame(b"x", b"%d" % reply.code))
        except asyncio.CancelledError:
            return
        except Exception:  # noqa: BLE001 -- one command's trouble isn't the cell's
            _log.exception("%s %s", self._said.get(b"c"), self._argv)
            transport.write(
                frame(b"e", b"error: internal error of the qmaster: see its messages\n") + frame(b"x", b"1")
            )
        finally:
            self._news.leave(self._session)
            transport.close()

    async def _advance(self, transport: asyncio.Transport) -> None:
        if not self._identities.is_own(transport.get_extra_info("socket")):
            transport.write(frame(b"e", b"only the account that serves a cell may put its clock forward\n"))
            return
        await self._leap(float(self._argv[0]))
        transport.write(frame(b"x", b"0"))

    async def _drive(self, command: Generator[Request, Any, Reply]) -> Reply:
        answer: Any = None
        while True:
            try:
                request = command.send(answer)
            except StopIteration as end:
                reply: Reply = end.value
                return reply
            answer = await self._answer_to(request)

    async def _answer_to(self, request: Request) -> Any:
        if isinstance(request, Output):
            return await self._show(request.stdout, request.stderr)
        if isinstance(request, WaitFor):
            return await self._session.news_of(request.job)
        if isinstance(request, NeedEditor):
            return _edited(await self._ask(frame(b"t", _bytes(request.text))))
        if isinstance(request, NeedFile):
            return await self._ask(frame(b"f", _bytes(request.path)))
        content = await self._ask(frame(b"i", b""))
        return b"" if isinstance(content, OSError) else content

    async def _ask(self, question: bytes) -> bytes | OSError:
        """Have the client answer something about its user's machine."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(question)
        answer: bytes | OSError = await self._answer
        return answer

    async def _show(self, stdout: str, stderr: str) -> None:
        assert self._transport is not None
        if self._session.changed:
            await self._qmaster.safe()
        if stdout:
            self._transport.write(frame(b"o", _bytes(stdout)))
        if stderr:
            self._transport.write(frame(b"e", _bytes(stderr)))

    def _invocation(self, transport: asyncio.Transport) -> Invocation:
        lines = _text(self._said.get(b"v", b"")).split("\0")
        environment = dict(line.split("=", 1) for line in lines if "=" in line)
        claimed, host = environment.pop(CLAIM, None), environment.pop(HOST_CLAIM, None)
        peer = transport.get_extra_info("socket")
        who = self._identities.of_peer(peer, claimed)
        if not self._identities.is_own(peer):
            host = None
        umask = 0o022
        with contextlib.suppress(ValueError):
            umask = int(self._said.get(b"m", b"022"), 8)
        return Invocation(
            command=_text(self._said.get(b"c", b"")),
            argv=self._argv,
            cwd=_text(self._said.get(b"d", b"/")),
            environment=environment,
            user=who.user,
            group=who.group,
            uid=who.uid,
            gid=who.gid,
            home=who.home,
            host=self._host(environment, _text(self._said.get(b"h", b"")), host),
            umask=umask,
        )

    def _host(self, environment: dict[str, str], nodename: str, claimed: str | None) -> str:
        """The host of typing: the one that is *claimed*, inside a job its host, this machine if the cell knows it; else
        the submit host.
        """
        inside = environment.get("HOSTNAME", "") if "JOB_ID" in environment else ""
        for name in (claimed, inside, nodename):
            if name in self._hosts:
                return name
        return self._default_host


def _edited(answer: bytes | OSError) -> Edited:
    """The client says in one byte how the editor ended, then the file's name in a line, then its text."""
    if isinstance(answer, OSError):
        return Edited("", complaint=f"error: {answer.strerror}")
    path, _, text = _text(answer[1:]).partition("\n")
    if answer.startswith(b"!"):
        return Edited("", path, complaint=text)
    return Edited(text, path, changed=answer.startswith(b"+"))


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
