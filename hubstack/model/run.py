"""One replication in virtual time: the cell, the hub, everybody's session, and what disturbs them."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from hubstack.model.cluster import Cluster
from hubstack.model.costs import Costs, costs_of
from hubstack.model.hub import Hub
from hubstack.model.load import Load
from hubstack.model.record import Ledger
from hubstack.model.user import User
from hubstack.results import Recording
from hubstack.scenario import LoadedScenario, Occurrence, Streams, local_epoch, occurrences, plan_sessions

__all__ = ["NOT_SEEN", "check_scenario", "run_model"]

NOT_SEEN: tuple[str, ...] = ()
"""Names of spans that the model can't have."""

_POSSIBLE = (("reboot", "hub"), ("kill", "hub"), ("outage", "hub"))


def check_scenario(loaded: LoadedScenario) -> None:
    """Raises `BadFile` for what the model can't do."""
    for position, disturbance in enumerate(loaded.scenario.disturbances):
        if (disturbance.kind, disturbance.target) not in _POSSIBLE:
            what = f"the model can't have the disturbance {disturbance.kind} {disturbance.target}"
            possible = ", ".join(" ".join(pair) for pair in _POSSIBLE)
            raise loaded.document.bad(("disturbances", position), what, f"use one of: {possible}")


def run_model(loaded: LoadedScenario, replication: int) -> Recording:
    """Simulates one replication up to the horizon; raises `BadFile`."""
    check_scenario(loaded)
    scenario, site = loaded.scenario, loaded.site
    begin = local_epoch(scenario.starts, site.time_zone)
    env = simpy.Environment(initial_time=begin)
    ledger = Ledger(loaded.run_name, replication)
    costs, streams = costs_of(site.hub.config), Streams(scenario.seed, replication)
    cluster = Cluster(env, site.cell.build(), costs, ledger)
    load = Load(env, cluster, loaded, streams)
    hub = Hub(env, site, cluster, ledger.recorder)
    users = []
    for session in plan_sessions(loaded, replication):
        draw = streams.named(f"costs.{session.session}")
        users.append(User(env, session, hub, ledger.recorder, costs.drawn(draw), draw))
        env.process(users[-1].run())
    for occurrence in occurrences(scenario.disturbances, scenario.starts, scenario.horizon, site.time_zone):
        env.process(_disturb(env, hub, occurrence, costs, ledger))
    env.run(until=begin + scenario.horizon)
    _count(ledger, hub, users, load, env.now)
    return ledger.closed()


def _disturb(
    env: simpy.Environment, hub: Hub, occurrence: Occurrence, costs: Costs, ledger: Ledger
) -> Generator[simpy.Event, Any, None]:
    """One absence of the hub; an outage lasts until it answers again."""
    yield env.timeout(occurrence.at_s)
    yield from hub.back()
    begun = env.now
    what = f"{occurrence.kind} {occurrence.target}"
    ledger.happened(begun, "disturbance_begins", disturbance=what)
    yield from hub.go_away(occurrence.for_s, costs.hub_start)
    ledger.happened(env.now, "disturbance_ends", disturbance=what)
    ledger.recorder.span("outage", begun, env.now, session="", user="", reason=what)


def _count(ledger: Ledger, hub: Hub, users: list[User], load: Load, at: float) -> None:
    """The totals at the end."""
    record, spawns = ledger.recorder, sum(span.name == "spawn" for span in ledger.recording.spans)
    qstat = hub.polling.count()
    record.count("qstat", qstat, at=at, target="hub")
    if spawns:
        record.count("qstat_per_spawn", qstat / spawns, at=at, target="hub")
    if load.submitted or load.refused:
        record.count("batch_jobs", load.submitted, at=at)
        record.count("batch_refused", load.refused, at=at)
    record.count("still_there", sum(user.still_there for user in users), at=at)
