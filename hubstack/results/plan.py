"""The plan file: what users of a run intend, kept beside what came of it. The load driver carries it out."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

__all__ = ["LoadPlan", "Visit", "read_plan", "write_plan"]


@dataclass(frozen=True, slots=True)
class Visit:
    """One user's visit. *intended_s* counts from the plan's start; *form* are the fields to fill in, by their names.

    *forgets* says that the server is left running after the work.
    """

    session: str
    user: str
    intended_s: float
    form: dict[str, str]
    work_s: float
    forgets: bool
    give_up_s: float
    retries: int


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
    visits: list[Visit]


def read_plan(path: Path) -> LoadPlan:
    """Reads a plan file; raises OSError, ValueError or TypeError for what isn't one."""
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    visits = [Visit(**visit) for visit in data.pop("visits")]
    return LoadPlan(**data, visits=visits)


def write_plan(path: Path, plan: LoadPlan) -> None:
    """Writes the plan file."""
    path.write_text(json.dumps(asdict(plan), indent=1) + "\n", encoding="utf-8")
