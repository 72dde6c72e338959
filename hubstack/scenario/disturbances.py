"""The one schema of disturbances: what breaks, when, for how long. Each stage implements the kinds that it can have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import Field, model_validator

from fake_sge.cellfile import Duration, Strict
from hubstack.scenario.instants import Instant, Rule, RuleText, instant_s, local_epoch

__all__ = ["TARGETS", "Disturbance", "Occurrence", "occurrences"]

Kind = Literal["reboot", "kill", "outage", "drain", "lost", "broken_gpu", "slow_files"]

TARGETS: dict[str, tuple[str, ...]] = {
    "reboot": ("hub", "host"),
    "kill": ("hub", "proxy", "qmaster"),
    "outage": ("hub", "proxy", "database", "qmaster"),
    "drain": ("host",),
    "lost": ("host",),
    "broken_gpu": ("host",),
    "slow_files": ("hub", "host"),
}
"""What each kind can be done to; ``host`` is followed by a host's or a host group's name: ``host gpu001``."""


class Disturbance(Strict):
    """One entry under ``disturbances``.

    - ``reboot hub``: hub, proxy and database go away and come back, as their machine does; or ``host NAME``.
    - ``kill``: the component is ended with no chance to tidy up, and started again.
    - ``outage``: the component can't be reached.
    - ``drain host``: no new jobs start there. ``lost host``: it is gone, with its jobs. ``broken_gpu host``: GPUs fail.
    - ``slow_files``: home directories answer slowly, so what starts takes longer.
    """

    kind: Kind
    target: str
    at: Instant | None = None
    rule: RuleText | None = None
    for_s: Duration = Field(default=0.0, alias="for")

    @model_validator(mode="after")
    def _is_whole(self) -> Disturbance:
        what, _, name = self.target.partition(" ")
        if what not in TARGETS[self.kind] or bool(name.strip()) != (what == "host"):
            allowed = ", ".join("host NAME" if target == "host" else target for target in TARGETS[self.kind])
            raise ValueError(f"{self.target!r} can't have the disturbance {self.kind}; its targets are {allowed}")
        if (self.at is None) == (self.rule is None):
            raise ValueError("a disturbance has either `at` or `rule`; write one of them")
        return self


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A disturbance at one of its instants: *at_s* is seconds from the scenario's start."""

    at_s: float
    kind: str
    target: str
    for_s: float


def occurrences(disturbances: Iterable[Disturbance], start: datetime, horizon_s: float, zone: str) -> list[Occurrence]:
    """Every disturbance at every instant inside the horizon, in order of time."""
    begin = local_epoch(start, zone)
    found = []
    for disturbance in disturbances:
        if disturbance.rule is not None:
            epochs = Rule.parse(disturbance.rule).epochs(begin, begin + horizon_s, zone)
            instants = [epoch - begin for epoch in epochs]
        else:
            assert disturbance.at is not None, "the schema has seen to it"
            instants = [at for at in [instant_s(disturbance.at, start, zone)] if 0 <= at < horizon_s]
        found += [Occurrence(at, disturbance.kind, disturbance.target, disturbance.for_s) for at in instants]
    return sorted(found, key=lambda one: one.at_s)
