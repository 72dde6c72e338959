"""A daemon of one's own, for tests: started, used through its commands, killed, started again, stopped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from fake_sge.daemon.leap import advance
from fake_sge.daemon.stop import stop
from fake_sge.execd import Layout

__all__ = ["RunningCell"]

_PATIENCE_S = 30.0


class RunningCell:
    """A cell served from *directory* by a process of its own.

    *cell* is a name, a path, or a mapping of what a cell file would say. *options* are further words for
    ``python -m fake_sge serve``.
    """

    def __init__(
        self, directory: Path, cell: str | Path | Mapping[str, Any] = "laptop", options: Sequence[str] = ()
    ) -> None:
        self.root = directory / "sge"
        self.homes = directory / "home"
        self._layout = Layout(self.root, homes=self.homes)
        directory.mkdir(parents=True, exist_ok=True)
        if isinstance(cell, Mapping):
            text = yaml.safe_dump(dict(cell), sort_keys=False)
            cell = directory / "cell.yaml"
            cell.write_text(text)
        self._cell = str(cell)
        self._argv = [sys.executable, "-m", "fake_sge", "serve", "--root", str(self.root)]
        self._argv += ["--homes", str(self.homes), "-o", "json", *options]
        self._process: subprocess.Popen[str] | None = None
        self.environment: dict[str, str] = {}
        self.start()

    @property
    def common(self) -> Path:
        """``$SGE_ROOT/$SGE_CELL/common``."""
        return self.root / "default" / "common"

    @property
    def pid(self) -> int:
        """The daemon's process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start the daemon and wait until it is ready. Raises `RuntimeError` with its words when it refuses."""
        new = [] if (self.common / "act_qmaster").exists() else ["--cell", self._cell]
        self._process = subprocess.Popen([*self._argv, *new], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            _, words = self._process.communicate(timeout=_PATIENCE_S)
            raise RuntimeError(words.strip() or f"the daemon ended with {self._process.returncode}")
        self.environment = json.loads(line)["environment"]

    def run(
        self,
        argv: Sequence[str],
        *,
        user: str | None = "user001",
        input: str | None = None,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
        host: str | None = None,
        timeout_s: float = _PATIENCE_S,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as *user* of the cell (None: as this account), in the user's home or *cwd*.

        It is typed on the submit host, or on *host*: ``qconf`` wants an administrative one, like ``master``.
        """
        typed_on = {} if host is None else {"FAKE_SGE_HOST": host}
        words = list(argv) if user is None else ["sudo", "-n", "-u", user, "--", *argv]
        home = self._layout.home(user or "")
        path = self.environment["PATH"]
        return subprocess.run(
            ["/usr/bin/env", *words],
            input=input if input is not None else "",
            capture_output=True,
            text=True,
            timeout=timeout_s,
            cwd=cwd or home,
            env={**os.environ, **self.environment, **(environment or {}), **typed_on, "PATH": path},
            check=False,
        )

    def submit(self, *argv: str, user: str = "user001", script: str | None = None, cwd: Path | None = None) -> int:
        """``qsub -terse``; the job's number. Raises `RuntimeError` with qsub's words when it is refused."""
        answer = self.run(["qsub", "-terse", *argv], user=user, input=script, cwd=cwd)
        if answer.returncode:
            raise RuntimeError(answer.stderr or answer.stdout)
        return int(answer.stdout.partition(".")[0])

    def state(self, job: int) -> str:
        """The letters that qstat shows for a job, of its first line; empty when it is gone."""
        for line in self.run(["qstat", "-u", "*"]).stdout.splitlines()[2:]:
            fields = line.split()
            if fields[0] == str(job):
                return fields[4]
        return ""

    def wait_for(self, job: int, state: str, timeout_s: float = _PATIENCE_S) -> None:
        """Wait until a job has *state* (``gone``: until it has left). Raises `TimeoutError`."""
        wanted = "" if state == "gone" else state
        self.wait_until(lambda: self.state(job) == wanted, f"job {job} to be {state}", timeout_s)

    def wait_until(self, condition: Callable[[], object], what: str, timeout_s: float = _PATIENCE_S) -> None:
        """Wait until *condition* holds. Raises `TimeoutError`."""
        until = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > until:
                raise TimeoutError(f"waited {timeout_s:g} s for {what}")
            time.sleep(0.02)

    def advance(self, seconds: float) -> None:
        """Let *seconds* of the cell's time pass at once: what is due by then happens, each thing at its own instant.

        Jobs start and are killed at their limits on the way; a job that runs has run so much longer. Raises
        `CannotAdvance`.
        """
        advance(self._layout, seconds)

    def accounting(self, job: int) -> list[dict[str, str]]:
        """What ``qacct -j`` says of a job, one mapping a record; empty while it says nothing."""
        answer = self.run(["qacct", "-j", str(job)])
        records = answer.stdout.split("=" * 62 + "\n")[1:]
        return [
            {name: value.strip() for name, _, value in (line.partition(" ") for line in r.splitlines())}
            for r in records
        ]

    def kill(self) -> None:
        """kill -9 of the daemon; its jobs go on."""
        assert self._process is not None
        self._process.kill()
        self._process.communicate()

    def stop(self) -> None:
        """End all jobs and the daemon."""
        stop(self._layout, kill_jobs=True)
        if self._process is not None:
            self._process.communicate(timeout=_PATIENCE_S)
