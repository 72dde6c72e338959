"""The modelled hub: its limits, the start and the end of servers, and its absences."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import simpy

from fake_sge.core import Denied
from hubstack.hub.options import BadOption, validate
from hubstack.model.cluster import Cluster, ServerJob
from hubstack.model.costs import Costs
from hubstack.model.polling import Polling
from hubstack.results import PlannedSession, Recorder
from hubstack.site import Site

__all__ = ["Hub", "Server"]

REPORT_AGAIN_S = 1.0
"""A job whose hub is away reports its port again after this time."""

Process = Generator[simpy.Event, Any, None]


@dataclass(eq=False, slots=True)
class Server:
    """One start of one user's server. *settled* happens once: with an empty text if it is ready, else with why not."""

    session: PlannedSession
    costs: Costs
    settled: simpy.Event
    job: ServerJob | None = None


class Hub:
    """JupyterHub with the site's limits and our spawner or the stock one."""

    def __init__(self, env: simpy.Environment, site: Site, cluster: Cluster, recorder: Recorder) -> None:
        self.env, self.site, self.cluster, self.recorder = env, site, cluster, recorder
        self.limits = site.hub
        self.keeps_spawns = site.hub.config == "reference"
        self.polling = Polling(env, shared=self.keeps_spawns)
        self.away = False
        self.went_away = env.event()
        self.came_back = env.event()
        self.starting: list[Server] = []
        self.active = 0

    def accepts(self) -> bool:
        """Whether a spawn may begin now, or is answered 429."""
        spawning, running = self.limits.concurrent_spawn_limit, self.limits.active_server_limit
        return not (spawning and len(self.starting) >= spawning) and not (running and self.active >= running)

    def start(self, session: PlannedSession, costs: Costs) -> Server:
        """Begins to start a server; the caller waits for `Server.settled`."""
        server = Server(session, costs, self.env.event())
        self.starting.append(server)
        self.active += 1
        self.env.process(self._watch(server))
        return server

    def stop(self, server: Server) -> Process:
        """Deletes the job and returns when the hub has seen that it is gone."""
        assert server.job is not None, "a server that was ready has a job"
        self.recorder.count("qdel", 1, at=self.env.now, target="hub")
        self.cluster.delete(server.job)
        yield server.job.ended
        yield self.env.timeout(server.costs.gone)
        self.active -= 1

    def go_away(self, for_s: float, start_s: float) -> Process:
        """The hub's machine is gone for *for_s*; then the hub starts, and takes up what its spawner remembers."""
        self.away = True
        self.went_away.succeed()
        self.went_away = self.env.event()
        if not self.keeps_spawns:
            for server in list(self.starting):
                self._settle(server, "the hub forgot the spawn when it restarted")
        yield self.env.timeout(for_s + start_s)
        self.away = False
        self.came_back.succeed()
        self.came_back = self.env.event()

    def back(self) -> Process:
        """Returns as soon as the hub is there."""
        while self.away:
            yield self.came_back

    def _watch(self, server: Server) -> Process:
        """One start, bounded by the spawner's start_timeout."""
        self.env.process(self._bring_up(server))
        yield server.settled | self.env.timeout(self.limits.start_timeout)
        if not server.settled.triggered:
            self._settle(server, f"no answer within {self.limits.start_timeout:.0f} s")
            if server.job is not None:
                self.cluster.delete(server.job)

    def _bring_up(self, server: Server) -> Process:
        session, costs = server.session, server.costs
        part = self._parts_of(server)
        submit_at = self.env.now
        try:
            options = validate(session.form, self.site, session.user)
            yield self.env.timeout(costs.submit)
            arguments = options.qsub_arguments(self.site)
            server.job = self.cluster.submit(session.user, arguments)
        except (BadOption, Denied) as refused:
            return self._settle(server, str(refused))
        self.recorder.count("qsub", 1, at=self.env.now, target="hub")
        part("submit", submit_at)
        self.polling.begins()
        yield from self._reach(server, server.job, part)
        self.polling.ends()

    def _reach(self, server: Server, job: ServerJob, part: Callable[[str, float], None]) -> Process:
        """From the job's id to the answering server, unless the job ends or somebody settles it before."""
        costs = server.costs
        over = job.ended | server.settled
        for name, happens in (("queue_wait", job.dispatched), ("job_start", job.running)):
            begun = self.env.now
            yield happens | over
            if not happens.triggered:
                return self._settle(server, f"job {job.id} ended before Jupyter answered")
            part(name, begun)
        for name, takes in (
            ("wrapper", self._wrapper(costs)),
            ("server_start", self._lasting(costs.server_start)),
            ("hub_notice", self._notice(server)),
        ):
            begun = self.env.now
            yield self.env.process(takes) | over
            if over.triggered:
                return self._settle(server, f"job {job.id} ended before Jupyter answered")
            part(name, begun)
        self._settle(server, "")

    def _wrapper(self, costs: Costs) -> Process:
        yield self.env.timeout(costs.wrapper)
        while self.away:
            yield self.env.timeout(REPORT_AGAIN_S)

    def _lasting(self, seconds: float) -> Process:
        yield self.env.timeout(seconds)

    def _notice(self, server: Server) -> Process:
        yield from self.back()
        yield self.env.timeout(server.costs.notice)
        session, at = server.session, self.env.now
        self.recorder.span("route_add", at - server.costs.route_add, at, session=session.session, user=session.user)

    def _settle(self, server: Server, reason: str) -> None:
        if server.settled.triggered:
            return
        server.settled.succeed(reason)
        self.starting.remove(server)
        if reason:
            self.active -= 1

    def _parts_of(self, server: Server) -> Callable[[str, float], None]:
        def record(name: str, start_at: float) -> None:
            session, job = server.session, server.job.id if server.job else None
            self.recorder.span(name, start_at, self.env.now, session=session.session, user=session.user, job=job)

        return record
