"""Processes that outlive their starter: known for good, ended whole, found again."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hubstack.testbed.processes import ProcessId, descendants, end, launch, strays

SLEEP = "import time; time.sleep(60)"
SPAWNER = f"""
import subprocess, sys
children = [subprocess.Popen([sys.executable, "-c", {SLEEP!r}], start_new_session=True) for _ in range(2)]
print("started", flush=True)
{SLEEP}
"""

Starter = Callable[..., ProcessId]


def wait_until(condition: Callable[[], object]) -> None:
    """Wait for a condition, at most ten seconds."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Starter]:
    """Start a Python program that belongs to ``tmp_path / "stack"``; whatever is left of it is killed in the end."""
    directory = tmp_path / "stack"
    directory.mkdir()

    def start(program: str, output: Path | None = None) -> ProcessId:
        log = directory / "log"
        environment = {"PATH": os.environ["PATH"], "HUBSTACK_STACK": str(directory)}
        argv = [sys.executable, "-c", program]
        return launch(argv, environment=environment, directory=directory, stdout=output or log, stderr=log)

    yield start
    for process in strays(directory):
        process.signal(signal.SIGKILL)
        process.wait(5)


def test_a_launched_process_leads_a_session_of_its_own(start: Starter) -> None:
    """A Ctrl-C at the terminal goes to the terminal's session: not to a component."""
    process = start(SLEEP)
    assert process.alive()
    assert os.getsid(process.pid) == process.pid != os.getsid(0)


def test_a_process_that_ended_is_dead_though_nobody_reaped_it(start: Starter) -> None:
    """A zombie still has its entry in /proc."""
    process = start("")
    wait_until(lambda: not process.alive())
    assert ProcessId.of(process.pid) is None


@pytest.mark.parametrize("change", [{"started": 1}, {"boot": "another"}])
def test_another_process_with_the_same_id_is_never_signalled(start: Starter, change: dict[str, object]) -> None:
    """Ids come round again: a record from before must not hit whoever has the id now."""
    process = start(SLEEP)
    recorded = replace(process, **change)
    assert not recorded.alive()
    end([recorded], grace_s=0.0)
    recorded.signal(signal.SIGKILL)
    assert process.alive()


def test_end_kills_what_ignores_a_polite_request(start: Starter, tmp_path: Path) -> None:
    """SIGTERM first, and after the grace SIGKILL."""
    output = tmp_path / "output"
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True);" + SLEEP
    process = start(stubborn, output)
    wait_until(lambda: output.read_text() == "ready\n")
    end([process], grace_s=0.05)
    assert not process.alive()


def test_end_lets_a_process_finish_its_work(start: Starter, tmp_path: Path) -> None:
    """Who ends within the grace has had the chance to."""
    output = tmp_path / "output"
    polite = (
        "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: (print('bye', flush=True), sys.exit()));"
        "print('ready', flush=True);" + SLEEP
    )
    process = start(polite, output)
    wait_until(lambda: output.read_text() == "ready\n")
    end([process])
    assert not process.alive()
    assert output.read_text() == "ready\nbye\n"


def test_strays_are_found_after_their_parent_was_killed(start: Starter, tmp_path: Path) -> None:
    """Children in sessions of their own survive a kill -9 of the parent; their environment tells whose they are."""
    output = tmp_path / "output"
    process = start(SPAWNER, output)
    wait_until(lambda: output.read_text() == "started\n")
    assert len(descendants(process)) == 2
    process.signal(signal.SIGKILL)
    assert process.wait(5)
    assert len(strays(tmp_path / "stack")) == 2
    assert descendants(process) == []


def test_strays_of_a_stack_whose_name_begins_alike_are_left_alone(start: Starter, tmp_path: Path) -> None:
    """``stacks/a`` isn't ``stacks/ab``."""
    start(SLEEP)
    assert len(strays(tmp_path / "stack")) == 1
    assert strays(tmp_path / "stac") == []


def test_this_process_is_no_stray(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: Starter) -> None:
    """A command that is run inside a stack may end the stack."""
    output = tmp_path / "output"
    program = (
        "import pathlib; from hubstack.testbed.processes import strays;"
        f"print(len(strays(pathlib.Path({str(tmp_path / 'stack')!r}))), flush=True)"
    )
    start(program, output)
    wait_until(lambda: output.exists() and output.read_text())
    assert output.read_text() == "0\n"
