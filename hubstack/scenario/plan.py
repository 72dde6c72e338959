"""The list of sessions that users intend: drawn once, and carried out by the model and by the load driver alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hubstack.scenario.instants import instant_s
from hubstack.scenario.laws import drawn
from hubstack.scenario.load import LoadedScenario
from hubstack.scenario.schema import Arrive, Ask, UserClass
from hubstack.scenario.streams import Streams

__all__ = ["PlannedSession", "plan_sessions"]


@dataclass(frozen=True, slots=True)
class PlannedSession:
    """One visit of one user.

    *session* is ``CLASS/NUMBER``, numbered by arrival over all classes. *intended_s* is when the user wants to log in,
    in seconds from the scenario's start. *form* are the fields of the hub's form that are filled in. *forgets* says
    that the server is left running after the work.
    """

    session: str
    user: str
    intended_s: float
    form: dict[str, str]
    work_s: float
    forgets: bool
    give_up_s: float
    retries: int


def plan_sessions(loaded: LoadedScenario, replication: int) -> list[PlannedSession]:
    """Everybody's visits in order of arrival; raises `BadFile` if the site can't serve whom the scenario wants."""
    names = iter(loaded.site.user_names())
    found: list[tuple[float, UserClass, str, Ask, float, bool]] = []
    for position, users in enumerate(loaded.scenario.users):
        found += _class_of(loaded, position, users, names, Streams(loaded.scenario.seed, replication))
    found.sort(key=lambda row: row[0])
    return [
        PlannedSession(
            session=f"{users.name}/{number:04d}",
            user=user,
            intended_s=at,
            form=ask.form(),
            work_s=work_s,
            forgets=forgets,
            give_up_s=users.patience.give_up,
            retries=users.patience.retries,
        )
        for number, (at, users, user, ask, work_s, forgets) in enumerate(found, start=1)
    ]


def _class_of(
    loaded: LoadedScenario, position: int, users: UserClass, names: Iterator[str], streams: Streams
) -> Iterator[tuple[float, UserClass, str, Ask, float, bool]]:
    arrivals = _arrivals(loaded, users.arrive, users.count, streams.named(f"{users.name}.arrivals"))
    asks, works = streams.named(f"{users.name}.ask"), streams.named(f"{users.name}.work")
    for at in arrivals:
        user = next(names, None)
        if user is None:
            what = f"the site {loaded.site.name} has fewer users than the scenario"
            raise loaded.document.bad(("users", position, "count"), what, "lower a count, or raise `users` of the site")
        ask = _choice(loaded, position, users, user, asks)
        forgets = bool(works.random() < users.idle_after)
        yield at, users, user, ask, drawn(users.work, works), forgets


def _arrivals(loaded: LoadedScenario, arrive: Arrive, count: int, draw: np.random.Generator) -> list[float]:
    """One instant for each user, seconds from the start, never before it."""

    def seconds(text: str) -> float:
        return instant_s(text, loaded.scenario.starts, loaded.site.time_zone)

    if arrive.at is not None:
        instants = [seconds(text) for text in arrive.at]
    elif arrive.uniform is not None:
        instants = draw.uniform(seconds(arrive.uniform[0]), seconds(arrive.uniform[1]), size=count).tolist()
    else:
        assert arrive.lecture is not None, "the schema has seen to it"
        instants = draw.normal(seconds(arrive.lecture), arrive.spread, size=count).tolist()
    return [max(0.0, at) for at in instants]


def _choice(loaded: LoadedScenario, position: int, users: UserClass, user: str, draw: np.random.Generator) -> Ask:
    """One of the options that this user's form offers, by weight."""
    projects = loaded.site.projects_of(user)
    offered = [ask for ask in users.ask if ask.project in (None, *projects)]
    if not offered:
        what = f"{user} may not use the project {users.ask[0].project!r} that every option of {users.name} asks for"
        raise loaded.document.bad(
            ("users", position, "ask"), what, f"add {user} to the project's access list in the site"
        )
    weights = np.array([ask.weight for ask in offered])
    return offered[int(draw.choice(len(offered), p=weights / weights.sum()))]
