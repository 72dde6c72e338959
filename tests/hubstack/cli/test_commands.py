"""The command line: its words, its errors in one line, its exit codes."""

from __future__ import annotations

import importlib.metadata
import json
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hubstack.cli import main

SITE = """\
version: 1
name: bad
cell: laptop
users: {count: 2, names: "user{n:03d}"}
"""


@dataclass
class Outcome:
    code: int
    out: str
    err: str

    @property
    def last_error(self) -> str:
        return self.err.splitlines()[-1]


Run = Callable[..., Outcome]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line with a state directory of its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "120")

    def run(*words: str) -> Outcome:
        with pytest.raises(SystemExit) as exit_:
            main(words)
        captured = capsys.readouterr()
        return Outcome(int(exit_.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def site_file(tmp_path: Path) -> Callable[[str], Path]:
    """A site file with something added at the end."""

    def write(addition: str) -> Path:
        path = tmp_path / "site.yaml"
        path.write_text(SITE + addition)
        return path

    return write


@pytest.mark.parametrize("command", ["up", "down", "status", "logs", "exec", "open", "disturb", "schema", "doctor"])
def test_every_command_has_examples(run: Run, command: str) -> None:
    """``--help`` ends with command lines to copy."""
    shown = run(command, "--help")
    assert shown.code == 0
    assert "Examples:" in shown.out
    assert f"hubstack {command}" in shown.out.partition("Examples:")[2]


def test_without_words_the_commands_are_listed(run: Run) -> None:
    """As with ``--help``."""
    assert run() == run("--help")


def test_help_loads_no_hub() -> None:
    """It must be quick, and work where only the base is installed."""
    program = "import sys, hubstack.cli; print([m for m in ('jupyterhub', 'numpy', 'pydantic') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize(
    "words, message",
    [
        (["bogus"], "No such command 'bogus'"),
        (["up", "--port", "x"], "Invalid value for '--port'"),
        (["up", "--set", "nonsense"], "'nonsense' has no '='"),
        (["up", "--name", "../x", "--port", "0"], "'../x' can't be the name of a stack"),
        (["disturb", "kill", "hub", "--for", "soon"], "--for"),
        (["up", "--site", "nosuch", "--port", "0"], "no site 'nosuch'"),
    ],
)
def test_what_the_user_wrote_wrong_is_code_2_in_one_line(run: Run, words: list[str], message: str) -> None:
    """With the cure behind it."""
    outcome = run(*words)
    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.last_error.startswith("hubstack: ")
    assert message in outcome.last_error
    assert "; " in outcome.last_error


def test_an_unknown_key_of_a_site_is_shown_with_its_line(run: Run, site_file: Callable[[str], Path]) -> None:
    """``file:line``, what is wrong, and what would be right."""
    path = site_file("hbu: {config: reference}\n")
    outcome = run("up", "--site", str(path), "--port", "0")
    assert outcome.code == 2
    assert outcome.last_error.startswith(f"hubstack: {path}:5: ")
    assert "hbu" in outcome.last_error


def test_a_queue_that_names_a_missing_host_group_is_shown_with_its_line(run: Run, tmp_path: Path) -> None:
    """Also inside the cell."""
    path = tmp_path / "site.yaml"
    path.write_text(
        "version: 1\n"
        "name: bad\n"
        "cell:\n"
        "  hosts: {cpu: {count: 1, slots: 2, memory: 4G}}\n"
        "  queues:\n"
        "    - {name: all.q, hosts: [cpu]}\n"
        "    - {name: gpu.q, hosts: [gpus]}\n"
        'users: {count: 2, names: "user{n:03d}"}\n'
    )
    outcome = run("up", "--site", str(path), "--port", "0")
    assert outcome.code == 2
    assert outcome.last_error.startswith(f"hubstack: {path}:7: ")
    assert "gpus" in outcome.last_error


def test_an_unreadable_config_is_code_2(run: Run, tmp_path: Path) -> None:
    """Known before anything is started."""
    outcome = run("up", "--config", str(tmp_path / "absent.py"), "--port", "0")
    assert outcome.code == 2
    assert outcome.last_error.startswith(f"hubstack: {tmp_path / 'absent.py'}: can't read the config")


def test_a_port_that_is_taken_is_code_3_with_the_cure(run: Run, tmp_path: Path) -> None:
    """And nothing is made."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        outcome = run("up", "--port", str(port))
    assert outcome.code == 3
    assert outcome.last_error == (
        f"hubstack: port {port} is taken; use --port 0 for a free one, or end what listens there"
    )
    assert not (tmp_path / "state/hubstack/stacks/default").exists()


def test_stage_real_is_refused_in_one_line(run: Run) -> None:
    """It isn't in this version."""
    outcome = run("up", "--stage", "real", "--port", "0")
    assert outcome.code == 3
    assert outcome.last_error == "hubstack: this version of hubstack has no stage 'real'; use --stage fake"


def test_without_the_hubs_packages_the_extra_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The base alone runs fake_sge; a stack needs more."""
    found = importlib.metadata.version

    def version(name: str) -> str:
        if name == "jupyterhub":
            raise importlib.metadata.PackageNotFoundError(name)
        return found(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    outcome = run("up", "--port", "0")
    assert outcome.code == 3
    assert outcome.last_error == "hubstack: jupyterhub is missing; pip install 'hubstack[hub]'"


def test_a_wrong_version_of_a_package_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was tested together is pinned together."""
    found = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "1.2.0" if name == "batchspawner" else found(name))
    outcome = run("up", "--port", "0")
    assert outcome.code == 3
    assert outcome.last_error == (
        "hubstack: batchspawner 1.2.0 is installed, ==1.3.0 is needed; pip install 'hubstack[hub]'"
    )


def test_too_little_memory_is_told_before_anything_starts(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line with what is there and what is needed."""
    monkeypatch.setattr("hubstack.testbed.machine._available_memory", lambda: 100 * 1024**2)
    outcome = run("up", "--port", "0")
    assert outcome.code == 3
    assert outcome.last_error == ("hubstack: 100 MB of memory are available, a stack needs 512 MB; end something else")


@pytest.mark.parametrize(
    "words, expected",
    [
        (["status", "-o", "json"], {"error": "there is no stack 'default' (running: none)", "where": "", "code": 3}),
        (["up", "--port", "x", "-o", "json"], {"where": "", "fix": "see hubstack up --help", "code": 2}),
    ],
)
def test_errors_are_json_for_scripts(run: Run, words: list[str], expected: dict[str, Any]) -> None:
    """With the keys error, where, fix, code; and nothing else is on stderr."""
    outcome = run(*words)
    error = json.loads(outcome.err)
    assert list(error) == ["error", "where", "fix", "code"]
    assert {key: error[key] for key in expected} == expected
    assert outcome.code == error["code"]


@pytest.mark.parametrize("words", [["status"], ["logs"], ["exec", "--", "qstat"], ["open"], ["disturb", "kill", "hub"]])
def test_what_needs_a_stack_says_how_to_get_one(run: Run, words: list[str]) -> None:
    """Code 3: it isn't there."""
    outcome = run(*words)
    assert outcome.code == 3
    assert outcome.err == "hubstack: there is no stack 'default' (running: none); hubstack up --name default\n"


def test_down_without_a_stack_is_well(run: Run) -> None:
    """What should be gone is gone."""
    assert run("down") == Outcome(0, "There is no stack 'default'.\n", "")
    assert run("down", "--all", "-o", "json").out == '{\n "ended": []\n}\n'


@pytest.mark.parametrize("kind, key", [("site", "cell"), ("scenario", "disturbances")])
def test_schemas_are_printed(run: Run, kind: str, key: str) -> None:
    """For an editor."""
    schema = json.loads(run("schema", kind).out)
    assert key in schema["properties"]
    assert schema["additionalProperties"] is False


def test_the_doctor_says_what_is_missing_for_which_feature(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """With how to get it; only what a stack needs makes it fail."""
    monkeypatch.setenv("PATH", "/nowhere")
    findings = {finding["what"]: finding for finding in json.loads(run("doctor", "-o", "json").out)}
    assert findings["Linux"]["there"] is True
    assert findings["chromium"] == {
        "feature": "browser tests",
        "what": "chromium",
        "there": False,
        "detail": "",
        "fix": "apt-get install chromium",
    }
    assert run("doctor").code == 0
