"""The fake stage: `fake_sge` as the Grid Engine, jobs as local processes."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from hubstack.hub.deployment import SubmitHost
from hubstack.site import Site
from hubstack.testbed.components import Component, process_of, start
from hubstack.testbed.processes import end
from hubstack.testbed.stack import Stack

__all__ = ["FakeBackend"]

_STOP_TIMEOUT_S = 15.0


class FakeBackend:
    """One fake_sge daemon for each stack."""

    component = "fake_sge"

    def prepare(self, stack: Stack, site: Site) -> None:
        """Write the cell file, with an address of the stack's own for each execution host."""
        hosts = stack.addresses.hosts(site.cell.build().machines)
        cell = site.cell.model_copy(update={"addresses": hosts})
        data = cell.model_dump(mode="json", exclude_unset=True, by_alias=True)
        _cell_file(stack).write_text(yaml.safe_dump(data, sort_keys=False))

    def start(self, stack: Stack) -> None:
        """Start the daemon; one that was killed before finds its jobs again in its journal."""
        ready_file = _ready_file(stack)
        ready_file.unlink(missing_ok=True)
        options = {"--cell": _cell_file(stack), "--root": _root(stack), "--homes": stack.homes, "-o": "json"}
        words = [str(word) for option in options.items() for word in option]
        argv = (sys.executable, "-m", "fake_sge", "serve", *words)
        start(stack, Component(self.component, argv, stack.directory, stdout=ready_file))

    def ready(self, stack: Stack) -> bool:
        """Whether the daemon has said its one line."""
        return _ready_line(stack) is not None

    def submit_host(self, stack: Stack) -> SubmitHost:
        """The environment that the daemon has announced, and its hosts' addresses."""
        line = _ready_line(stack)
        assert line is not None, "the submit host is asked for once the daemon is ready"
        addresses = yaml.safe_load(_cell_file(stack).read_text())["addresses"]
        return SubmitHost(environment=line["environment"], addresses=addresses)

    def stop(self, stack: Stack) -> None:
        """Have the daemon end its jobs and itself, or the jobs of one that was killed, and see to it that it has."""
        if _root(stack).is_dir():
            argv = [sys.executable, "-m", "fake_sge", "stop", "--root", str(_root(stack)), "--kill-jobs"]
            with contextlib.suppress(subprocess.TimeoutExpired):
                subprocess.run(argv, capture_output=True, timeout=_STOP_TIMEOUT_S, check=False)
        if process := process_of(stack, self.component):
            end([process])


def _ready_line(stack: Stack) -> dict[str, Any] | None:
    try:
        line = _ready_file(stack).read_text()
    except FileNotFoundError:
        return None
    if not line.endswith("\n"):
        return None
    ready: dict[str, Any] = json.loads(line)
    return ready


def _ready_file(stack: Stack) -> Path:
    return stack.run / "fake_sge.ready"


def _cell_file(stack: Stack) -> Path:
    return stack.directory / "cell.yaml"


def _root(stack: Stack) -> Path:
    return stack.directory / "sge"
