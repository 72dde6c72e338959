"""The components of a stack as processes: started, recorded, looked after, ended."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from hubstack.testbed.errors import ComponentFailed
from hubstack.testbed.processes import ProcessId, launch
from hubstack.testbed.stack import Stack, read_json, write_json

__all__ = ["Component", "is_alive", "log_tail", "process_of", "start", "wait_for"]

_KEPT_VARIABLES = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR")
_TAIL_LINES = 15
_LOOK_EVERY_S = 0.05


@dataclass(frozen=True)
class Component:
    """How to start one component. *environment* is added to the little that is kept of the starter's own."""

    name: str
    argv: tuple[str, ...]
    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    stdout: Path | None = None


def start(stack: Stack, component: Component) -> None:
    """Start a component and record which process it is."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    log = stack.log(component.name)
    process = launch(
        component.argv,
        environment={**kept, **component.environment, "HUBSTACK_STACK": str(stack.directory)},
        directory=component.directory,
        stdout=component.stdout or log,
        stderr=log,
    )
    write_json(_record(stack, component.name), asdict(process))


def process_of(stack: Stack, component: str) -> ProcessId | None:
    """The process that the component was started as, which may have ended; None before its first start."""
    data = read_json(_record(stack, component))
    return ProcessId(**data) if data else None


def is_alive(stack: Stack, component: str) -> bool:
    """Whether the component runs."""
    process = process_of(stack, component)
    return process is not None and process.alive()


def wait_for(
    condition: Callable[[], bool], stack: Stack, components: Iterable[str], *, what: str, until: float
) -> None:
    """Wait for a condition that needs the components.

    Args:
        condition: asked again and again.
        stack: whose components they are.
        components: those that must not end meanwhile.
        what: what is waited for, as a clause: "the hub answers".
        until: the deadline on the monotonic clock.

    Raises:
        ComponentFailed: one of them ended, or the last of them took too long.
    """
    names = list(components)
    while not condition():
        for name in names:
            if not is_alive(stack, name):
                raise _failed(stack, name, f"{name} ended before {what}")
        if time.monotonic() > until:
            raise _failed(stack, names[-1], f"waited in vain: {what}")
        time.sleep(_LOOK_EVERY_S)


def log_tail(stack: Stack, component: str, lines: int = _TAIL_LINES) -> list[str]:
    """The last lines that a component has written."""
    try:
        text = stack.log(component).read_text(errors="replace")
    except FileNotFoundError:
        return []
    return text.splitlines()[-lines:]


def _failed(stack: Stack, component: str, what: str) -> ComponentFailed:
    return ComponentFailed(
        component,
        what,
        f"see the end of its log, or keep the stack with --retain and read {stack.log(component)}",
        log_tail(stack, component),
    )


def _record(stack: Stack, component: str) -> Path:
    return stack.run / f"{component}.json"
