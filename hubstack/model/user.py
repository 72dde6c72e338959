"""One modelled user: the same journey and the same patience as the load driver's."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from typing import Any, TypeVar

import numpy as np
import simpy

from hubstack.model.cluster import ServerJob
from hubstack.model.costs import Costs
from hubstack.model.hub import Hub, Server
from hubstack.results import PAUSE_BETWEEN_TRIES_S, PlannedSession, Recorder, reload_pauses

__all__ = ["Trouble", "User"]

RETRY_AFTER_S = (30.0, 60.0)
"""JupyterHub's spawn_throttle_retry_range."""

Process = Generator[simpy.Event, Any, None]
Result = TypeVar("Result")


class Trouble(Exception):
    """A step that didn't go well: its status and the reason."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class User:
    """Carries out one planned session as a simpy process (`run`)."""

    def __init__(
        self,
        env: simpy.Environment,
        session: PlannedSession,
        hub: Hub,
        recorder: Recorder,
        costs: Costs,
        draw: np.random.Generator,
    ) -> None:
        self.env, self.session, self.hub, self.recorder, self.costs, self.draw = (
            env,
            session,
            hub,
            recorder,
            costs,
            draw,
        )
        self.still_there = False

    def run(self) -> Process:
        """The whole visit; a step that doesn't go well ends it."""
        yield self.env.timeout(self.session.intended_s)
        self.still_there = True
        with suppress(Trouble):
            yield from self._visit()
        self.still_there = False

    def _visit(self) -> Process:
        costs = self.costs
        yield from self._step("login", self._request(costs.login))
        yield from self._step("form", self._request(costs.form))
        server = yield from self._step("spawn", self._spawn())
        yield from self._step("kernel_start", self._use(server, costs.kernel_start))
        yield from self._step("execute", self._use(server, costs.execute))
        yield self.env.timeout(self.session.work_s) | self._job(server).ended
        yield from self._step("request", self._use(server, costs.request))
        yield from self._step("execute", self._use(server, costs.execute))
        if not self.session.forgets:
            yield from self._step("stop", self._stop(server))

    def _step(self, name: str, doing: Generator[simpy.Event, Any, Result]) -> Generator[simpy.Event, Any, Result]:
        """Records *doing* as a span of that name, with what became of it; returns what it returns."""
        begun = self.env.now
        try:
            result = yield from doing
        except Trouble as trouble:
            self._record(name, begun, trouble.status, trouble.reason)
            raise
        self._record(name, begun)
        return result

    def _request(self, takes_s: float, until: float | None = None) -> Process:
        """A page; while the hub is away it is loaded again, until patience ends."""
        until = self._patience() if until is None else until
        pauses = reload_pauses()
        while self.hub.away:
            pause = next(pauses)
            if self.env.now + pause > until:
                raise Trouble("abandoned", "no answer until patience ended")
            yield self.env.timeout(pause)
        yield self.env.timeout(takes_s)

    def _spawn(self) -> Generator[simpy.Event, Any, Server]:
        """As often as the user tries."""
        until = self._patience()
        for retries_left in range(self.session.retries, -1, -1):
            try:
                return (yield from self._try(until))
            except Trouble as trouble:
                if retries_left == 0 or trouble.status == "abandoned":
                    raise
            if self.env.now > until:
                raise Trouble("abandoned", "patience ended after a failed try")
            yield self.env.timeout(PAUSE_BETWEEN_TRIES_S)
        raise AssertionError("the last try returns or raises")

    def _try(self, until: float) -> Generator[simpy.Event, Any, Server]:
        yield from self._click(until)
        server = self.hub.start(self.session, self.costs)
        while not server.settled.triggered:
            if self.env.now >= until:
                raise Trouble("abandoned", "patience ended before the server answered")
            yield server.settled | self.hub.went_away | self.env.timeout(until - self.env.now)
            yield from self._request(0.0, until)
        if server.settled.value:
            raise Trouble("failed", server.settled.value)
        answer_at = self.env.now
        yield from self._request(self.costs.first_answer, until)
        self._record("first_answer", answer_at)
        return server

    def _click(self, until: float) -> Process:
        """The click on Start, repeated as told while the hub is too busy."""
        clicked_at = self.env.now
        yield from self._request(self.costs.post, until)
        refused = False
        while not self.hub.accepts():
            refused = True
            pause = self.draw.uniform(*RETRY_AFTER_S)
            if self.env.now + pause > until:
                raise Trouble("abandoned", "HTTP 429 until patience ended")
            yield self.env.timeout(pause)
            yield from self._request(self.costs.post, until)
        self._record("throttle" if refused else "post", clicked_at)

    def _use(self, server: Server, takes_s: float) -> Process:
        """Something that needs hub or proxy, and the running server."""
        yield from self._request(takes_s)
        if self._job(server).ended.triggered:
            raise Trouble("failed", f"job {self._job(server).id} has ended")

    def _stop(self, server: Server) -> Process:
        yield from self._request(self.costs.stop)
        yield from self.hub.stop(server)

    def _job(self, server: Server) -> ServerJob:
        assert server.job is not None, "a server that was ready has a job"
        return server.job

    def _patience(self) -> float:
        return self.env.now + self.session.give_up_s

    def _record(self, name: str, start_at: float, status: str = "ok", reason: str = "") -> None:
        session = self.session
        self.recorder.span(
            name, start_at, self.env.now, session=session.session, user=session.user, status=status, reason=reason
        )
