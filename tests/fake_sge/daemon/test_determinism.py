"""The same inputs tell the same story: twice, under any hash seed, in either shell, byte for byte."""

from __future__ import annotations

import asyncio
import math
import os
import subprocess
import sys
from heapq import heappop, heappush
from pathlib import Path
from random import Random
from typing import Any

import simpy

from fake_sge.cellfile import load_cell
from fake_sge.core import Cell, Dispatched, Event, Exit, JobRequest, TaskRange, Usage
from fake_sge.daemon import Clock, Qmaster, recover
from fake_sge.journal import Journal
from fake_sge.virtual import VirtualShell

START = 1_790_000_000.0
JOBS = 80


def submissions() -> list[tuple[float, JobRequest]]:
    """Jobs of all kinds, on a stream of chance of their own; never two at one instant."""
    rng, at, made = Random(19), START, []
    for number in range(JOBS):
        at += rng.expovariate(0.4)
        request = JobRequest(f"user{rng.randrange(5)}", uid=3001, gid=2000, name=f"job{number}")
        request.hard = rng.choice(([], [("h_rt", "600")], [("rmem", "4G")], [("gpu", "1")]))
        if rng.random() < 0.3:
            request.pe, request.pe_slots = "smp", [TaskRange(2, rng.choice((2, 8)))]
        if rng.random() < 0.2:
            request.tasks, request.max_running_tasks = TaskRange(1, 9, 2), 2
        made.append((at, request))
    return made


def end_of(event: Dispatched) -> tuple[float, Exit]:
    """When a task that starts now will end, and how: by the event alone."""
    rng = Random(f"{event.job}.{event.task} {event.at}")
    run_s = rng.expovariate(1 / 60)
    return event.at + run_s, Exit(rng.choice((0, 0, 0, 25)), 0, Usage(wallclock_s=run_s))


def virtual_story() -> list[Event]:
    """In simpy's time."""
    env, told = simpy.Environment(), list[Event]()

    def later(at: float, name: str, **arguments: Any) -> None:
        act = lambda _: shell.input(name, **arguments)
        env.timeout(at - START - env.now).callbacks.append(act)

    def hear(event: Event) -> None:
        told.append(event)
        if isinstance(event, Dispatched):
            at, exit_ = end_of(event)
            later(at, "exited", job_id=event.job, task_id=event.task, exit=exit_)

    shell = VirtualShell(env, Cell(load_cell("recorded"), START), hear, origin=START)
    for at, request in submissions():
        later(at, "submit", request=request)
    env.run()
    return told


class Stepped(Clock):
    """A wall clock that jumps to whatever is waited for, if that comes before the next input."""

    def __init__(self) -> None:
        super().__init__(origin_at=START)
        object.__setattr__(self, "state", {"at": START, "until": START})

    def now(self) -> float:
        return self.state["at"]

    def wall_s(self, cell_s: float) -> float:
        if self.state["at"] + cell_s >= self.state["until"]:
            return 3600.0
        self.state["at"] += cell_s
        return 0.0


async def daemon_story(directory: Path) -> list[Event]:
    """In the daemon's loop, with its journal under it."""
    journal, clock, told = Journal(directory), Stepped(), list[Event]()
    Qmaster.begin(journal, load_cell("recorded"), clock, 0)
    recovered = recover(journal)
    assert recovered is not None
    qmaster = Qmaster(recovered, journal, clock, directory / "accounting")
    inputs: list[tuple[float, int, str, dict[str, Any]]] = []
    for number, (at, request) in enumerate(submissions()):
        heappush(inputs, (at, number, "submit", {"request": request}))

    def act(events: list[Event]) -> None:
        for event in events:
            told.append(event)
            if isinstance(event, Dispatched):
                at, exit_ = end_of(event)
                arguments = {"job_id": event.job, "task_id": event.task, "exit": exit_}
                heappush(inputs, (at, JOBS + len(told), "exited", arguments))

    tasks = [asyncio.ensure_future(qmaster.keep_time()), asyncio.ensure_future(qmaster.hand_out(act, lambda: 0))]
    while inputs or not qmaster.quiet or qmaster.cell.next_deadline() is not None:
        at = inputs[0][0] if inputs else math.inf
        clock.state["until"] = at
        qmaster._wake.set()
        await asyncio.sleep(0)
        due = qmaster.cell.next_deadline()
        if at == math.inf or not qmaster.quiet or (due is not None and due < at) or inputs[0][0] != at:
            continue
        _, _, name, arguments = heappop(inputs)
        clock.state["at"] = at
        qmaster.input(name, **arguments)
    for task in tasks:
        task.cancel()
    journal.close()
    return told


def test_both_shells_tell_the_same(tmp_path: Path) -> None:
    """The simpy shell and the daemon's loop, given the same inputs at the same instants."""
    expected = virtual_story()
    told = asyncio.run(daemon_story(tmp_path))
    assert len(expected) > 3 * JOBS
    assert repr(told) == repr(expected)


def test_two_runs_tell_the_same() -> None:
    """Nothing is left over from the run before."""
    assert repr(virtual_story()) == repr(virtual_story())


def test_hash_seeds_make_no_difference() -> None:
    """Sets and dicts of texts are met in another order in each process; nobody sees it."""
    code = f"import runpy; print(repr(runpy.run_path({__file__!r})['virtual_story']()))"

    def told(seed: str) -> bytes:
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        return subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, check=True, timeout=120
        ).stdout

    first = told("0")
    assert len(first) > 10_000
    assert told("1") == first
    assert told("random") == first
