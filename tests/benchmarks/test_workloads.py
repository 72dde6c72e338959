"""How fast whole workloads pass through the scheduler in virtual time, and in how much memory.

A trace of the Parallel Workloads Archive is played where one is named (``make bench ARGS="--swf FILE"``), else one
of HPC2N's shape. ``--whole`` plays all of it, and a million jobs on the ``sharc`` cell: that takes minutes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

REPLAY = Path(__file__).with_name("replay.py")
FEW = 10_000


def replay(**options: Any) -> dict[str, float]:
    """What a replay in a process of its own took."""
    command = [sys.executable, str(REPLAY), json.dumps(options)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=3600)
    return dict(json.loads(answer.stdout))


def note(figures: list[Any], figure: Any, what: str, took: dict[str, float], pool: dict[str, float], aim: str) -> None:
    """One line of the table, against the simplest thing that could be called a scheduler."""
    each, least = took["seconds"] / took["jobs"], pool["seconds"] / pool["jobs"]
    what = f"{what}, {took['jobs']:.0f} jobs ({1 / each:.0f}/s, {took['peak_mb']:.0f} MB): one"
    figures.append(figure(what, [each], "one pool", [least], aim))


@pytest.mark.parametrize(
    ("reserve", "aim"), [(False, "50 us"), (True, "100 us")], ids=["default scheduler", "reservations"]
)
def test_a_cluster_s_trace(request, figures, figure, reserve: bool, aim: str) -> None:
    """HPC2N on 120 hosts with 2 slots: default configuration; -R y on every job and max_reservation 1."""
    options = {
        "swf": request.config.getoption("--swf"),
        "jobs": 202_871 if request.config.getoption("--whole") else FEW,
    }
    took, pool = replay(**options, reserve=reserve), replay(**options, pool=True)
    what = "trace" if options["swf"] else "workload like HPC2N's"
    note(figures, figure, f"{what}{', reserving' if reserve else ''}", took, pool, aim)
    assert took["events"] >= 4 * took["jobs"] - took["jobs"] // 100
    assert took["peak_mb"] < 400


def test_a_large_cell_at_ninety_per_cent(request, figures, figure) -> None:
    """Serial jobs on the sharc cell; what has ended takes no memory."""
    jobs = 1_000_000 if request.config.getoption("--whole") else 2 * FEW
    some, all_ = replay(cell="sharc", jobs=jobs // 2), replay(cell="sharc", jobs=jobs)
    note(figures, figure, "sharc at 90 % load", all_, replay(cell="sharc", jobs=jobs, pool=True), "60 us")
    assert all_["peak_mb"] < 1.1 * some["peak_mb"]
