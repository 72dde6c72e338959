"""Small scheduling cases on the recorded cluster, one rule each: same order of starts, same places."""

from __future__ import annotations

import copy
import json
import re
import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from fake_sge.cellfile import load_cell
from fake_sge.check.play import Play, Verdict
from fake_sge.check.recording import Step
from fake_sge.check.setup import set_up
from fake_sge.check.shell import OutOfReach
from fake_sge.core import CellConfig, Denied, Dispatched, Finished

__all__ = ["find_micro_traces", "play_micro_trace"]

_BY_MACHINE_LOAD = ("01_", "27_")
"""Cases in which the load of the recording's own machine decided."""
_STAYS_DISABLED = "interactive.q"
_AFTERWARDS_S = 120.0
_NEVER_RUNS = re.compile(r"^ *(\d+) \S+ rdummy .* qw +(\S+ \S+)", re.MULTILINE)
"""The job that the recording needed to make the scheduler write its record: it takes part in the ranking."""

_MOST_ORDERS = 8
_JUST_BEFORE_S = 1.5

_Start = tuple[str, int, tuple[str, ...]]
_Task = tuple[int, int]
_End = tuple[_Task, str]


def find_micro_traces(directory: Path) -> list[Path]:
    """Every case below *directory*."""
    return sorted(path for folder in directory.rglob("micro_traces") for path in folder.glob("*.json"))


def play_micro_trace(path: Path) -> Verdict:
    """Play one case. Raises `OSError`, `KeyError` and `ValueError` for what can't be read."""
    case = json.loads(path.read_text("utf-8"))
    name = f"micro_traces/{path.stem}"
    if path.name.startswith(_BY_MACHINE_LOAD):
        return Verdict(name, reason="the load of the recording's machine decided")
    config = load_cell("recorded")
    config.queues["all.q"]["slots"] = str(case["default_slots_per_all.q_instance"])
    try:
        config = set_up(config, case["setup"])
    except OutOfReach as reason:
        return Verdict(name, f"the cell can't be set up: {reason}")
    if case["recording_aid"]:
        config.scheduler["max_reservation"] = "1"
    try:
        difference = _differs(case, config)
    except Denied as denied:
        difference = f"the cell is refused: {denied.text}"
    return Verdict(name, difference)


def _differs(case: dict[str, Any], config: CellConfig) -> str:
    """The first start that differs. The recording doesn't tell of which of several ends within a second the qmaster
    heard first; so where a start differs, those on one host or the other are tried the other way round.
    """
    late: frozenset[_Task] = frozenset()
    best, difference, ends = _compare(case, config, late)
    tried = {late}
    for _ in range(_MOST_ORDERS):
        together = [frozenset(task for task, where in ends if where == host) for host in dict(ends).values()]
        for tasks in (*dict.fromkeys(together), *(frozenset([task]) for task, _ in ends)):
            found = late ^ tasks
            if found not in tried and difference:
                tried.add(found)
                reached, other, others_ends = _compare(case, config, found)
                if reached > best or not other:
                    best, difference, ends, late = reached, other, others_ends, found
                    break
        else:
            break
    return difference


def _compare(case: dict[str, Any], config: CellConfig, late: frozenset[_Task]) -> tuple[int, str, list[_End]]:
    """How many starts come as expected, what differs then, and which tasks ended just before it, where."""
    with tempfile.TemporaryDirectory() as folder:
        play = _played(case, copy.deepcopy(config), Path(folder) / "accounting", late)
    expected = _expected(case)
    labels = {int(one["job_id"]): one["label"] for one in case["submissions"] if one["job_id"]}
    dispatched = [event for event in play.history if isinstance(event, Dispatched) and event.job in labels]
    got = [(labels[one.job], one.task, tuple(sorted({grant.queue_instance for grant in one.grants})))
           for one in dispatched]  # fmt: skip
    if not case["dispatch_order"]:
        # the accounting's seconds don't tell the order within a second
        expected, got = sorted(expected), sorted(got)
    for position in range(max(len(expected), len(got))):
        wanted = expected[position] if position < len(expected) else None
        found = got[position] if position < len(got) else None
        if wanted != found:
            at = dispatched[min(position, len(dispatched) - 1)].at if dispatched else 0.0
            return position, f"start {position + 1}: expected {_told(wanted)}, got {_told(found)}", _ends(play, at)
    return len(expected), "", []


def _ends(play: Play, at: float) -> list[_End]:
    """The tasks that ended just before *at*, with their hosts."""
    ended = {(e.job, e.task): e.at for e in play.history if isinstance(e, Finished)}
    hosts = {(e.job, e.task): e.grants[0].queue_instance.partition("@")[2]
             for e in play.history if isinstance(e, Dispatched)}  # fmt: skip
    return [(task, hosts[task]) for task, when in ended.items() if task in hosts and at - _JUST_BEFORE_S <= when <= at]


def _told(start: _Start | None) -> str:
    return "none" if start is None else f"{start[0]}.{start[1]} on {' and '.join(start[2])}"


def _expected(case: dict[str, Any]) -> list[_Start]:
    """The scheduler's own record; where there is none, the accounting."""
    if case["dispatch_order"]:
        starts: dict[tuple[str, int], list[str]] = {}
        for one in case["dispatch_order"]:
            starts.setdefault((one["label"], int(one["task"])), []).append(one["queue"])
        return [(label, task, tuple(sorted(queues))) for (label, task), queues in starts.items()]
    ran = sorted(case["accounting"], key=lambda one: (one["start_epoch"], int(one["job_id"])))
    return [(one["label"], int(one["task"]) or 1, (f"all.q@{one['host']}",)) for one in ran]


def _played(case: dict[str, Any], config: CellConfig, accounting_path: Path, late: frozenset[_Task]) -> Play:
    """Submit, enable the queues, and see what starts where, in order."""
    released_at = _released_at(case)
    play = Play.of(config, released_at - 60.0, accounting_path)
    play.late = late
    play.on_the_second = False
    play.files["/home/user1/t/sleep.sh"] = "#!/bin/sh\nsleep ${1:-300}\n"
    for user in ("user2", "user3", "user4"):
        play.files[f"/home/{user}/t/sleep.sh"] = play.files["/home/user1/t/sleep.sh"]
    for place in list(play.cell.queue_instances):
        play.input("change_queue", queue_instance=place.name, action="disable", user="root")
    released = False
    for one, at in _submissions(case, released_at):
        if at >= released_at and not released:
            _release(play, released_at)
            released = True
        play.advance(max(at, play.now))
        if one["job_id"]:
            play.cell.next_job_id = int(one["job_id"])
        command = f"qsub -terse -N {one['label']} {one['opts']} t/sleep.sh {one['dur']}"
        reply = play.shell(Step("run", command, one.get("user", "user1"), "hub"))
        if reply.code and one["job_id"]:
            raise ValueError(f"{case['name']}: {command}: {reply.stderr}")
    if not released:
        _release(play, released_at)
    play.advance(play.now + _AFTERWARDS_S)
    return play


def _release(play: Play, at: float) -> None:
    play.advance(max(at, play.now))
    for place in list(play.cell.queue_instances):
        if place.queue != _STAYS_DISABLED:
            play.input("change_queue", queue_instance=place.name, action="enable", user="root")


def _released_at(case: dict[str, Any]) -> float:
    """The epoch of the instant 0 of the case's own clock, as far as whole seconds tell."""
    submitted: dict[str, float] = {one["label"]: one["submit_epoch"] for one in case["submissions"]}
    origins: list[float] = [
        one["qsub_epoch"] + 0.5 - submitted[one["label"]] for one in case["accounting"] if one["label"] in submitted
    ]
    return sorted(origins)[len(origins) // 2]


def _submissions(case: dict[str, Any], released_at: float) -> Iterable[tuple[dict[str, Any], float]]:
    """In order; at the qmaster's own second where the accounting tells it, for ages count in those."""
    seconds = {one["label"]: float(one["qsub_epoch"]) for one in case["accounting"]}
    last = 0.0
    if found := _NEVER_RUNS.search(case["priorities_before"]):
        last = datetime.strptime(f"{found[2]} +0000", "%m/%d/%Y %H:%M:%S %z").timestamp()
        options = f"-R y -q {_STAYS_DISABLED}"
        yield {"label": "rdummy", "job_id": found[1], "user": "user4", "opts": options, "dur": 1}, last
    for one in case["submissions"]:
        at = released_at + one["submit_epoch"]
        if one["label"] in seconds:
            second = seconds[one["label"]]
            at = min(max(at, second), second + 0.99)
        last = max(last + 0.01, at)
        yield one, last
