"""A stack comes up, and goes down without a trace."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator

from hubstack.testbed.backends import FakeBackend, backend_for
from hubstack.testbed.components import is_alive, process_of
from hubstack.testbed.hub import hub_answers
from hubstack.testbed.processes import ProcessId, end, strays
from hubstack.testbed.stack import COMPONENTS, Stack, StackInfo
from hubstack.testbed.steps import REPAIRS, STEPS, BringUp, Request, Step

__all__ = ["Progress", "bring_up", "is_running", "repair", "running_stack", "tear_down"]

DEFAULT_TIMEOUT_S = 120.0
_STRAYS_GRACE_S = 3.0
_STRAYS_TIMEOUT_S = 10.0

Progress = Callable[[str, float | None], None]
"""Told of each step twice: its title when it begins, and with its seconds when it is done."""


def bring_up(
    request: Request,
    *,
    name: str = "default",
    timeout_s: float = DEFAULT_TIMEOUT_S,
    retain: bool = False,
    progress: Progress | None = None,
) -> StackInfo:
    """Bring a stack up and return when the hub answers through the proxy.

    A stack of that name that runs already is left as it is; one of which a component has gone gets it back, with the
    jobs and sessions that live on; what a start that was cut off has left is cleared away first.

    Args:
        request: what is wanted.
        name: of the stack.
        timeout_s: for the whole start.
        retain: keep what there is of a stack whose start fails, for a look.
        progress: is told of each step.

    Raises:
        BadFile: what the user wrote is wrong.
        Refused: this machine lacks or refuses something; ComponentFailed among them.
    """
    stack = Stack(name)
    up = BringUp(stack, request, until=time.monotonic() + timeout_s)
    with stack.locked():
        if is_running(name):
            pass
        elif stack.exists() and stack.read():
            _execute(up, REPAIRS, progress)
        else:
            _clear(stack)
            _make(up, retain, progress)
        return stack.info()


def repair(stack: Stack, timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
    """Start the components that have gone and wait until the hub answers; the stack is locked by the caller."""
    up = BringUp(stack, Request(), until=time.monotonic() + timeout_s)
    _execute(up, REPAIRS, None)


def is_running(name: str) -> bool:
    """Whether all of the stack's components run and the hub answers through the proxy."""
    stack = Stack(name)
    if not stack.exists() or not stack.read():
        return False
    return all(is_alive(stack, component) for component in COMPONENTS) and hub_answers(stack.info().hub_url)


def tear_down(name: str) -> bool:
    """End everything of the stack, also what a kill -9 has left, and remove its directory.

    Returns False if there was nothing.
    """
    stack = Stack(name)
    with stack.locked():
        existed = stack.exists()
        _clear(stack)
    return existed


@contextlib.contextmanager
def running_stack(request: Request, *, name: str, timeout_s: float = DEFAULT_TIMEOUT_S) -> Iterator[StackInfo]:
    """A stack for as long as the block lasts."""
    try:
        yield bring_up(request, name=name, timeout_s=timeout_s)
    finally:
        tear_down(name)


def _make(up: BringUp, retain: bool, progress: Progress | None) -> None:
    try:
        _execute(up, STEPS, progress)
    except BaseException:
        if not retain:
            _clear(up.stack)
        raise


def _clear(stack: Stack) -> None:
    if stack.exists():
        _end_all(stack)
    stack.remove()


def _end_all(stack: Stack) -> None:
    record = stack.read()
    backend = backend_for(record.stage) if record else FakeBackend()
    end([process for component in ("hub", "proxy") if (process := process_of(stack, component))])
    backend.stop(stack)
    _kill_strays(stack)


def _kill_strays(stack: Stack) -> None:
    """Ask first: a job's shepherd ends its job. Then again and again, as what is being killed may start others."""
    _signal_all(strays(stack.directory), signal.SIGTERM, _STRAYS_GRACE_S)
    deadline = time.monotonic() + _STRAYS_TIMEOUT_S
    while (survivors := strays(stack.directory)) and time.monotonic() < deadline:
        _signal_all(survivors, signal.SIGKILL, 1.0)


def _signal_all(processes: list[ProcessId], number: int, patience_s: float) -> None:
    for process in processes:
        process.signal(number)
    deadline = time.monotonic() + patience_s
    for process in processes:
        process.wait(deadline - time.monotonic())


def _execute(up: BringUp, steps: list[Step], progress: Progress | None) -> None:
    tell = progress or (lambda *_: None)
    for step in steps:
        tell(step.title, None)
        began = time.monotonic()
        step.execute(up)
        tell(step.title, time.monotonic() - began)
