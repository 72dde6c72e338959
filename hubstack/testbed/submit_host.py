"""Commands on a stack's submit host, as one of its users."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

from hubstack.hub.deployment import SubmitHost
from hubstack.testbed.backends import backend_for
from hubstack.testbed.errors import Refused
from hubstack.testbed.stack import Stack

__all__ = ["ask", "run_on_submit_host", "submit_host"]

_ASK_TIMEOUT_S = 10.0


def submit_host(stack: Stack) -> SubmitHost:
    """What a process needs to use the stack's q-commands.

    Raises:
        Refused: the stack isn't up.
    """
    record = stack.read()
    backend = backend_for(record.stage) if record else None
    if backend is None or not backend.ready(stack):
        raise Refused(f"the Grid Engine of stack {stack.name!r} isn't up", f"hubstack up --name {stack.name}")
    return backend.submit_host(stack)


def run_on_submit_host(stack: Stack, words: Sequence[str], user: str | None = None) -> int:
    """Run a command with this terminal's streams and return its exit code; as the stack's *user*, if given."""
    argv = ["sudo", "-n", "-u", user, "--", *words] if user else list(words)
    environment = _environment(stack)
    try:
        return subprocess.run(argv, env=environment, executable=_found(argv[0], environment), check=False).returncode
    except OSError as error:
        raise Refused(f"can't run {words[0]}: {error.strerror}", "see hubstack exec --help") from None


def ask(stack: Stack, *words: str) -> str:
    """The standard output of a q-command.

    Raises:
        Refused: the command fails or hangs.
    """
    environment = _environment(stack)
    program = _found(words[0], environment)
    try:
        answer = subprocess.run(
            words,
            executable=program,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_ASK_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refused(f"{words[0]} doesn't answer: {error}", f"hubstack up --name {stack.name}") from None
    if answer.returncode:
        raise Refused(f"{words[0]} says: {answer.stderr.strip()}", f"hubstack logs --name {stack.name} fake_sge")
    return answer.stdout


def _environment(stack: Stack) -> dict[str, str]:
    return {**os.environ, **submit_host(stack).environment}


def _found(program: str, environment: dict[str, str]) -> str:
    """Look a program up on the submit host's PATH; ``subprocess`` would take the caller's."""
    return shutil.which(program, path=environment["PATH"]) or program
