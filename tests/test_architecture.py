"""The house keeps its directions: who may import whom, and what the core may never ask for."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

CLOCKS = {"now", "today", "utcnow"}


def test_import_contracts_hold(checkout: Path) -> None:
    """Every contract in ``pyproject.toml`` is kept."""
    linter = Path(sys.executable).with_name("lint-imports")
    command = [linter, "--no-logo", "--no-cache"]
    linted = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout + linted.stderr


def core_sources() -> list[Path]:
    return sorted((Path(__file__).parents[1] / "fake_sge/core").glob("*.py"))


@pytest.mark.parametrize("source", core_sources(), ids=lambda path: path.stem)
def test_the_core_never_asks_for_the_present(source: Path) -> None:
    """Date arithmetic is fine; time comes in as an argument."""
    calls = [node.func for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Call)]
    assert [call.attr for call in calls if isinstance(call, ast.Attribute) and call.attr in CLOCKS] == []


def test_every_test_states_its_rule() -> None:
    """A test's docstring says what must hold, so that a failure reads as a sentence."""
    silent = [
        f"{source.name}::{node.name}"
        for source in Path(__file__).parent.rglob("test_*.py")
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


@pytest.mark.parametrize("name", ["fake_sge", "hubstack", "hubstack.cli"])
def test_the_front_doors_are_light(name: str) -> None:
    """Importing them loads no hub, no array library and no load generator: ``hubstack --help`` must answer at once."""
    heavy = ("jupyterhub", "batchspawner", "numpy", "scipy", "pyarrow", "locust", "gevent")
    probe = f"import sys, {name}; print(*sorted(set({heavy!r}) & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []
