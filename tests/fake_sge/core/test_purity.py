"""The core knows no clock, chance or outside world."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import fake_sge.core

FORBIDDEN = {"asyncio", "logging", "os", "random", "simpy", "socket", "subprocess", "threading", "time"}
FILES = sorted(Path(fake_sge.core.__file__).parent.glob("*.py"))

SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
from conftest import make_config
from fake_sge.core import Cell, JobRequest, Dispatched, Exit, TaskRange
config = make_config({{"node%03d" % i: "rmem=8G" for i in range(1, 7)}}, {{"a.q": {{}}, "b.q": {{"seq_no": "3"}}}},
    pes={{"mpi": "$round_robin"}}, quotas=("limit users {{{{*}}}} to slots=9",), access_lists={{"x": {{"entries":
    "u1,u2"}}}})
cell = Cell(config, 0.0)
log = []
for i in range(60):
    request = JobRequest(owner="u%d" % (i % 4), name="j", hard=[("rmem", "%dG" % (1 + i % 3))])
    if i % 5 == 0:
        request.pe, request.pe_slots = "mpi", [TaskRange(2, 5)]
    log += cell.submit(i * 0.5, request)
    log += cell.advance(i * 0.5)
    for event in log[-3:]:
        if isinstance(event, Dispatched) and event.job % 3 == 0:
            log += cell.exited(cell.now, event.job, event.task, Exit())
log += cell.advance(1000.0)
print("\\n".join(map(repr, log)))
"""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_core_imports_nothing_that_could_surprise(path: Path) -> None:
    """No clock, random numbers, files, threads or logs."""
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported.add(node.module.partition(".")[0])
    assert not imported & FORBIDDEN


def test_the_same_inputs_give_the_same_events_under_any_hash_seed() -> None:
    """Law 3: nothing depends on the order of a set."""
    script = SCRIPT.format(tests=str(Path(__file__).parent))
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("0", "1", "12345")
    }
    assert len(outputs) == 1
    assert "Dispatched" in outputs.pop()
