"""The scenario file: a site, its users, what disturbs them, and the bounds that must hold."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from fake_sge.cellfile import Duration, Fraction, Strict
from hubstack.scenario.disturbances import Disturbance
from hubstack.scenario.instants import Instant, LocalStart
from hubstack.scenario.laws import Work
from hubstack.scenario.workload import LoadSource
from hubstack.site.settings import GIB, Gigabytes

__all__ = ["Arrive", "Ask", "Patience", "Scenario", "UserClass", "scenario_schema"]

Tag = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]


class Arrive(Strict):
    """When the users of a class want to log in: one of *lecture*, *uniform*, *at*.

    - ``lecture: "09:00", spread: 5m``: normally distributed around that time, *spread* being the standard deviation.
    - ``uniform: ["09:00", "11:00"]``: evenly between the two.
    - ``at: [0s, 2s, "09:00"]``: one instant for each user.
    """

    lecture: Instant | None = None
    spread: Duration = 0.0
    uniform: Annotated[list[Instant], Field(min_length=2, max_length=2)] | None = None
    at: list[Instant] | None = None

    @model_validator(mode="after")
    def _is_one_pattern(self) -> Arrive:
        given = [name for name in ("lecture", "uniform", "at") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("users arrive by exactly one pattern; write one of lecture, uniform, at")
        return self


class Ask(Strict):
    """What is chosen on the hub's form, drawn with *weight*; a field left out keeps its default."""

    weight: Annotated[float, Field(gt=0)] = 1.0
    project: str | None = None
    queue: str | None = None
    pe: str | None = None
    cores: Annotated[int, Field(ge=1)] | None = None
    memory_per_core: Gigabytes | None = None
    gpus_per_core: Annotated[int, Field(ge=0)] | None = None

    def form(self) -> dict[str, str]:
        """The same as texts by the names of the hub's form fields."""
        chosen = {
            "project": self.project,
            "queue": self.queue,
            "pe": self.pe,
            "cores": self.cores,
            "memory": None if self.memory_per_core is None else int(self.memory_per_core / GIB),
            "gpus": self.gpus_per_core,
        }
        return {name: str(value) for name, value in chosen.items() if value is not None}


class Patience(Strict):
    """When a user gives up: after that time since the click, or when that many retries have failed too."""

    give_up: Duration = 600.0
    retries: Annotated[int, Field(ge=0)] = 3


class UserClass(Strict):
    """Users of one kind. *idle_after* is the share who leave the server running, idle, when their work is done."""

    name: Tag = Field(alias="class")
    count: Annotated[int, Field(ge=1)]
    arrive: Arrive
    ask: list[Ask] = Field(default_factory=lambda: [Ask()], min_length=1)
    work: Work
    idle_after: Fraction = 0.0
    patience: Patience = Field(default_factory=Patience)

    @model_validator(mode="after")
    def _has_an_instant_for_each(self) -> UserClass:
        if self.arrive.at is not None and len(self.arrive.at) != self.count:
            raise ValueError(f"{self.count} users arrive at {len(self.arrive.at)} instants; write one for each user")
        return self


class Scenario(Strict):
    """A whole scenario file."""

    version: Literal[1]
    name: Tag
    site: str
    start: LocalStart
    horizon: Annotated[Duration, Field(gt=0)]
    warm_up: Duration = 0.0
    seed: Annotated[int, Field(ge=0)]
    replications: Annotated[int, Field(ge=1)] = 1
    users: Annotated[list[UserClass], Field(min_length=1)]
    load: list[LoadSource] = Field(default_factory=list)
    disturbances: list[Disturbance] = Field(default_factory=list)
    gates: list[str] = Field(default_factory=list)

    @property
    def starts(self) -> datetime:
        """The start as the site's clock shows it."""
        return datetime.fromisoformat(self.start)

    @model_validator(mode="after")
    def _holds_together(self) -> Scenario:
        names = [users.name for users in self.users]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"two classes of users are named {twice!r}; give each its own name")
        if self.warm_up >= self.horizon:
            raise ValueError("the warm-up leaves nothing of the horizon; make it shorter")
        return self


def scenario_schema() -> dict[str, Any]:
    """The JSON schema of a scenario file, for editors."""
    return Scenario.model_json_schema(by_alias=True)
