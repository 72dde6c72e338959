"""The cell is what its journal says: replayed, or gone on with from a snapshot, it does what the live one does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fake_sge.cellfile import load_cell
from fake_sge.core import Denied, Event, Exit, JobRequest, TaskRange
from fake_sge.daemon import Clock, Qmaster, Recovered, recover
from fake_sge.journal import Journal

USERS = ("ann", "bob")
Step = tuple[str, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["submit", "array", "bad", "delete", "hold", "release", "end", "fail", "time"]),
        st.integers(0, 9),
    ),
    max_size=40,
)


class Wall(Clock):
    """A clock that tests move."""

    at = 1_000_000.0

    def now(self) -> float:
        return Wall.at


def do(qmaster: Qmaster, step: Step) -> list[Event]:
    """One thing that users or hosts do. What isn't possible now is refused or nothing."""
    kind, number = step
    cell, user = qmaster.cell, USERS[number % 2]
    running = cell.running()
    request = JobRequest(user, uid=2000, gid=2000, name=f"job{number}", hard=[("h_rt", str(60 * number + 60))])
    inputs: dict[str, Callable[[], tuple[str, dict[str, Any]] | None]] = {
        "submit": lambda: ("submit", {"request": request}),
        "array": lambda: ("submit", {"request": _array(request, number)}),
        "bad": lambda: ("submit", {"request": _bad(request)}),
        "delete": lambda: ("delete", {"job_id": number, "tasks": None, "user": user}),
        "hold": lambda: ("hold", {"job_id": number, "tasks": None, "kinds": "u", "user": user}),
        "release": lambda: ("release", {"job_id": number, "tasks": None, "kinds": "u", "user": user}),
        "end": lambda: _exited(running, number, Exit(exit_status=number, started_at=1.0, ended_at=2.0)),
        "fail": lambda: _exited(running, number, Exit(25 if number % 2 else 26, reason="so")),
        "time": lambda: ("advance", {}),
    }
    Wall.at += 0.7 * number
    wanted = inputs[kind]()
    if wanted is None:
        return []
    try:
        return qmaster.input(wanted[0], **wanted[1])
    except Denied:
        return []


def _array(request: JobRequest, number: int) -> JobRequest:
    request.tasks = TaskRange(1, number + 1)
    return request


def _bad(request: JobRequest) -> JobRequest:
    request.project = "nosuch"
    return request


def _exited(running: list[Any], number: int, exit_: Exit) -> tuple[str, dict[str, Any]] | None:
    if not running:
        return None
    task = running[number % len(running)]
    return "exited", {"job_id": task.job.id, "task_id": task.id, "exit": exit_}


def begun(directory: Path) -> Qmaster:
    journal = Journal(directory)
    Wall.at = 1_000_000.0
    recovered = recover(journal)
    if recovered is None:
        Qmaster.begin(journal, load_cell("laptop"), Wall(1.0, Wall.at), 0)
        recovered = recover(journal)
    assert recovered is not None
    return at_work(recovered, journal, directory)


def at_work(recovered: Recovered, journal: Journal, directory: Path) -> Qmaster:
    return Qmaster(recovered, journal, Wall(1.0, Wall.at), directory / "accounting")


def again(qmaster: Qmaster, directory: Path) -> Qmaster:
    """The qmaster of the next daemon."""
    qmaster._journal.close()
    journal = Journal(directory)
    recovered = recover(journal)
    assert recovered is not None
    return at_work(recovered, journal, directory)


@given(before=STEPS, after=STEPS)
def test_restarted_cell_goes_on_as_the_live_one(tmp_path_factory: Any, before: list[Step], after: list[Step]) -> None:
    """The same things happen after a restart, and after a restart from a snapshot, as without one."""

    async def outcome(restart: str) -> list[Event]:
        directory = tmp_path_factory.mktemp("qmaster")
        qmaster = begun(directory)
        for step in before:
            do(qmaster, step)
        if restart == "snapshot":
            qmaster.compact(0)
        if restart:
            qmaster = again(qmaster, directory)
        events = [event for step in after for event in do(qmaster, step)]
        qmaster._journal.close()
        return events

    undisturbed = asyncio.run(outcome(""))
    assert asyncio.run(outcome("replay")) == undisturbed
    assert asyncio.run(outcome("snapshot")) == undisturbed
