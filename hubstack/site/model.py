"""A site: one cluster and its hub, described."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from fake_sge.cellfile import CellDescription, Name, Problem, Strict, TimeZone, one_of
from hubstack.site.access import Access
from hubstack.site.settings import HubSettings, Users

__all__ = ["ANY_QUEUE", "NO_PE", "NO_PROJECT", "Site", "problems"]

NO_PROJECT = "default"
ANY_QUEUE = "any"
NO_PE = "none"
"""What forms and requests call the choices that ask the scheduler for nothing."""


class Site(Strict):
    """The cell, the hub and the users. In a file, ``cell`` may be the name or the path of a cell file."""

    version: Literal[1]
    name: Name
    time_zone: TimeZone = "UTC"
    cell: CellDescription
    hub: HubSettings = Field(default_factory=HubSettings)
    users: Users

    @model_validator(mode="after")
    def _cell_keeps_the_site_s_time(self) -> Self:
        if "time_zone" not in self.cell.model_fields_set:
            self.cell = self.cell.model_copy(update={"time_zone": self.time_zone})
        return self

    def user_names(self) -> list[str]:
        """The names of the hub's users, in order."""
        return self.users.all()

    def access(self, user: str) -> Access:
        """What *user* may use, and where sessions of that user could run."""
        return Access(self.cell, self.hub.form, user)

    def projects_of(self, user: str) -> list[str]:
        """The projects that *user* may name."""
        return self.access(user).projects

    def queues_of(self, user: str) -> list[str]:
        """The queues in which sessions of *user* could run."""
        return self.access(user).queues


def problems(site: Site) -> Iterator[Problem]:
    """What doesn't fit between the parts of *site*."""
    form, path = site.hub.form, ("hub", "form")
    queues = [queue.name for queue in site.cell.queues]
    for name, known, what, nothing in (
        ("project", list(site.cell.projects), "project", NO_PROJECT),
        ("queue", queues, "queue", ANY_QUEUE),
    ):
        if getattr(form, name) not in (nothing, *known):
            yield Problem(
                (*path, name),
                f"there is no {what} {getattr(form, name)!r}",
                one_of([nothing, *known], getattr(form, name)),
            )
        if nothing in known:
            yield Problem(
                ("cell", f"{name}s"),
                f"a {what} can't be called {nothing}",
                f"rename it: on the form it means no {what}",
            )
    if NO_PE in site.cell.parallel_environments:
        yield Problem(
            ("cell", "parallel_environments"), f"one can't be called {NO_PE}", "rename it: on the form it means none"
        )
    users = site.user_names()
    if not any(site.access(user).everywhere for user in users[:1] + users[-1:]):
        yield Problem(
            (*path, "runtime"), "no queue takes a session of this runtime", "shorten it, or raise a queue's h_rt"
        )
