"""Scenarios: a site's users, what disturbs them, the bounds that must hold; read strictly, drawn from named streams."""

from __future__ import annotations

from hubstack.scenario.disturbances import TARGETS, Disturbance, Occurrence, occurrences
from hubstack.scenario.instants import Rule, instant_s, local_epoch
from hubstack.scenario.laws import Lognormal, Work
from hubstack.scenario.load import LoadedScenario, load_scenario, shipped_scenarios
from hubstack.scenario.plan import PlannedSession, plan_sessions
from hubstack.scenario.schema import Arrive, Ask, Patience, Scenario, UserClass, scenario_schema
from hubstack.scenario.streams import Streams
from hubstack.scenario.workload import LoadGenerator, LoadJob, LoadSource, Swf, jobs_of, read_ledger

__all__ = [
    "TARGETS",
    "Arrive",
    "Ask",
    "Disturbance",
    "LoadGenerator",
    "LoadJob",
    "LoadSource",
    "LoadedScenario",
    "Lognormal",
    "Occurrence",
    "Patience",
    "PlannedSession",
    "Rule",
    "Scenario",
    "Streams",
    "Swf",
    "UserClass",
    "Work",
    "instant_s",
    "jobs_of",
    "load_scenario",
    "local_epoch",
    "occurrences",
    "plan_sessions",
    "read_ledger",
    "scenario_schema",
    "shipped_scenarios",
]
