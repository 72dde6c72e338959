"""A stack comes up once, is repaired, and goes down without a trace, whatever was killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fake_sge.cellfile import BadFile
from hubstack.testbed import (
    COMPONENTS,
    ComponentFailed,
    Refused,
    Request,
    Stack,
    bring_up,
    disturb,
    is_running,
    run_on_submit_host,
    running_stack,
    status_of,
    tear_down,
)
from hubstack.testbed.components import process_of
from hubstack.testbed.processes import strays

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]

LAPTOP = Request(site="laptop", port=0)
SECONDS = str(100_000 + os.getpid())
"""How long this test run's jobs sleep: tells their processes from another run's."""

SCRIPT = f"sleep {SECONDS} & setsid sleep {SECONDS} & setsid env -i /bin/sleep {SECONDS} & wait"


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def submit_a_job_with_many_processes(stack: Stack) -> None:
    """One in the job's session, one in another, one that has cleared its environment, too."""
    assert run_on_submit_host(stack, ["qsub", "-b", "y", "-N", "many", "/bin/sh", "-c", f"'{SCRIPT}'"], "user001") == 0
    wait_until(lambda: len(sleepers()) >= 3)


def sleepers() -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                if (entry / "cmdline").read_bytes().endswith(f"sleep\0{SECONDS}\0".encode()):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def test_nothing_is_left_after_down(state_home: Path) -> None:
    """No process, no file, though a job was running."""
    with running_stack(LAPTOP, name="clean") as info:
        assert is_running("clean")
        assert info.directory == str(state_home / "hubstack/stacks/clean")
        submit_a_job_with_many_processes(Stack("clean"))
    assert sleepers() == []
    assert strays(Path(info.directory)) == []
    assert list(state_home.iterdir()) == []


@pytest.mark.parametrize("victim", COMPONENTS)
def test_nothing_is_left_after_a_component_was_killed(state_home: Path, victim: str) -> None:
    """`down` finds what a kill -9 has orphaned."""
    stack = Stack("killed")
    bring_up(LAPTOP, name="killed")
    try:
        submit_a_job_with_many_processes(stack)
        process = process_of(stack, victim)
        assert process
        process.signal(signal.SIGKILL)
        assert process.wait(5)
        assert not is_running("killed")
    finally:
        assert tear_down("killed")
    assert sleepers() == []
    assert strays(stack.directory) == []
    assert list(state_home.iterdir()) == []


def test_a_second_start_changes_nothing(state_home: Path) -> None:
    """It says what the first said; and a stack that lost a component gets that one back."""
    with running_stack(LAPTOP, name="twice") as first:
        before = {name: process_of(Stack("twice"), name) for name in COMPONENTS}
        assert bring_up(Request(site="teaching", port=0), name="twice") == first
        assert {name: process_of(Stack("twice"), name) for name in COMPONENTS} == before

        proxy = before["proxy"]
        assert proxy
        proxy.signal(signal.SIGKILL)
        proxy.wait(5)
        assert bring_up(LAPTOP, name="twice") == first
        after = {name: process_of(Stack("twice"), name) for name in COMPONENTS}
        assert {name for name in COMPONENTS if before[name] != after[name]} == {"proxy"}


def test_two_starts_of_one_name_make_one_stack(state_home: Path) -> None:
    """The second waits for the first, and then has nothing to do."""
    up = [sys.executable, "-m", "hubstack", "up", "--name", "both", "--port", "0", "-o", "json"]
    commands = [subprocess.Popen(up, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        first, second = (json.loads(command.communicate(timeout=120)[0]) for command in commands)
        assert first == second
        assert is_running("both")
    finally:
        tear_down("both")
    assert list(state_home.iterdir()) == []


def test_stacks_stand_side_by_side(state_home: Path) -> None:
    """By name, with nothing in common; each has its own cluster."""
    with running_stack(LAPTOP, name="one") as one, running_stack(Request(site="teaching", port=0), name="two") as two:
        assert one.url != two.url
        assert one.password != two.password
        hosts = {name: {host.name for host in status_of(name).hosts} for name in ("one", "two")}
        assert hosts["one"] == {"node001", "node002", "gpu001"}
        assert hosts["two"] == {"cpu001", "cpu002", "cpu003", "cpu004", "gpu001", "gpu002"}
        assert is_running("one")
    assert list(state_home.iterdir()) == []


def test_the_state_of_a_stack_can_be_asked(state_home: Path) -> None:
    """Components, hosts, jobs and sessions; and what is gone is shown as gone."""
    with running_stack(LAPTOP, name="asked"):
        stack = Stack("asked")
        run_on_submit_host(stack, ["qsub", "-b", "y", "-N", "napping", "sleep", "1000"], "user002")
        status = status_of("asked")
        assert [(part.name, part.state) for part in status.components] == [(name, "running") for name in COMPONENTS]
        assert {host.state for host in status.hosts} == {"up"}
        assert [(job.name, job.user, job.slots) for job in status.jobs] == [("napping", "user002", 1)]
        assert status.sessions == []
        assert status.troubles == []

        hub = process_of(stack, "hub")
        assert hub
        hub.signal(signal.SIGKILL)
        hub.wait(5)
        status = status_of("asked")
        assert {part.name: part.state for part in status.components}["hub"] == "gone"
        assert "the hub doesn't answer" in status.troubles[0]


def test_a_port_that_is_taken_is_refused(state_home: Path) -> None:
    """With the cure, and before anything is made."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(Refused, match=f"port {port} is taken") as refused:
            bring_up(Request(port=port), name="taken")
    assert "--port 0" in refused.value.fix
    assert list(state_home.iterdir()) == []


def test_a_stage_that_is_not_there_is_refused(state_home: Path) -> None:
    """It has its place, and says that it is empty."""
    with pytest.raises(Refused, match="no stage 'real'"):
        bring_up(Request(stage="real", port=0), name="real")


def test_a_config_that_cannot_be_read_is_the_users_mistake(state_home: Path, tmp_path: Path) -> None:
    """Missing, or not Python: found out before anything is started, with file and line."""
    with pytest.raises(BadFile, match="can't read the config"):
        bring_up(Request(config=str(tmp_path / "absent.py"), port=0), name="config")
    broken = tmp_path / "broken.py"
    broken.write_text("c = get_config()\nc.JupyterHub.\n")
    with pytest.raises(BadFile, match=r"broken\.py:2: the config is not Python"):
        bring_up(Request(config=str(broken), port=0), name="config")
    assert list(state_home.iterdir()) == []


def test_a_hub_that_does_not_start_is_shown_by_its_log(state_home: Path, tmp_path: Path) -> None:
    """The last lines tell why; nothing is left, unless the user wants to look."""
    config = tmp_path / "failing.py"
    config.write_text("raise RuntimeError('this config can not work')\n")
    request = Request(config=str(config), port=0)
    with pytest.raises(ComponentFailed) as failed:
        bring_up(request, name="failing")
    assert failed.value.component == "hub"
    assert any("this config can not work" in line for line in failed.value.log_tail)
    assert list(state_home.iterdir()) == []

    with pytest.raises(ComponentFailed):
        bring_up(request, name="failing", retain=True)
    assert "this config can not work" in Stack("failing").log("hub").read_text()
    assert tear_down("failing")
    assert list(state_home.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_start_that_is_interrupted_leaves_nothing(state_home: Path, number: int) -> None:
    """Ctrl-C and a service manager's polite end."""
    command = subprocess.Popen(
        [sys.executable, "-m", "hubstack", "up", "--name", "cut", "--port", "0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: process_of(Stack("cut"), "proxy"))
    command.send_signal(number)
    _, messages = command.communicate(timeout=60)
    assert command.returncode == 130
    assert messages.splitlines()[-1] == "hubstack: interrupted"
    assert list(state_home.iterdir()) == []
    assert strays(state_home) == []


def test_a_start_that_was_killed_is_cleared_away(state_home: Path) -> None:
    """By `down`, or by the next start of that name."""
    command = subprocess.Popen(
        [sys.executable, "-m", "hubstack", "up", "--name", "cut", "--port", "0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: process_of(Stack("cut"), "fake_sge"))
    command.kill()
    command.wait()
    assert tear_down("cut")
    assert list(state_home.iterdir()) == []
    assert strays(state_home) == []


def test_a_disturbance_ends_with_its_command(state_home: Path) -> None:
    """Interrupted, what has gone comes back at once; and there are kinds that only the model can have."""
    with running_stack(LAPTOP, name="calm"):
        command = subprocess.Popen(
            [sys.executable, "-m", "hubstack", "disturb", "reboot", "hub", "--for", "1h", "--name", "calm"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_until(lambda: not is_running("calm"))
        command.send_signal(signal.SIGTERM)
        _, messages = command.communicate(timeout=60)
        assert (command.returncode, messages) == (130, "hubstack: interrupted\n")
        assert is_running("calm")

        with pytest.raises(BadFile, match="can't have the disturbance drain host node001"):
            disturb("calm", "drain", "host node001")
        assert is_running("calm")
