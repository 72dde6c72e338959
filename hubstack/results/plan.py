"""The plan file: what a run's users intend, kept beside what came of it; and how long they wait to try again.

The load driver carries the file out; the modelled users follow the same pauses.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import chain, repeat
from pathlib import Path
from typing import Any

from hubstack.scenario import PlannedSession

__all__ = ["PAUSE_BETWEEN_TRIES_S", "LoadPlan", "read_plan", "reload_pauses", "write_plan"]

PAUSE_BETWEEN_TRIES_S = 1.0
"""Between a spawn that failed and the next click."""


def reload_pauses() -> Iterator[float]:
    """Seconds between the reloads of somebody whose hub doesn't answer."""
    return chain((0.25, 0.5, 1.0, 2.0), repeat(4.0))


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """Everything that the driver needs to know.

    *url* is the hub's public address (``http://127.0.0.1:8000/``), *password_file* holds the one password of its dummy
    authenticator. *start_at* is the epoch second from which intended starts count. Nothing goes on longer than
    *until_s* after it.
    """

    run: str
    replication: int
    stage: str
    url: str
    password_file: str
    start_at: float
    until_s: float
    sessions: list[PlannedSession]


def read_plan(path: Path) -> LoadPlan:
    """Reads a plan file; raises OSError, ValueError, TypeError or LookupError for what isn't one."""
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    sessions = [PlannedSession(**session) for session in data.pop("sessions")]
    return LoadPlan(**data, sessions=sessions)


def write_plan(path: Path, plan: LoadPlan) -> None:
    """Writes the plan file."""
    path.write_text(json.dumps(asdict(plan), indent=1) + "\n", encoding="utf-8")
