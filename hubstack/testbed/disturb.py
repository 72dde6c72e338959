"""Disturbances of a running stack: those of the scenario's kinds (`hubstack.scenario.Disturbance`) that it can have.

| kind | target | what happens |
|---|---|---|
| reboot | hub | the hub's machine: hub, proxy and database go away hard and come back |
| kill | hub, proxy, qmaster | one component is killed (SIGKILL) and started again, as its service unit would be |
"""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass

from fake_sge.cellfile import BadFile
from hubstack.testbed.backends import backend_for
from hubstack.testbed.components import process_of
from hubstack.testbed.errors import Refused
from hubstack.testbed.lifecycle import repair
from hubstack.testbed.processes import ProcessId, descendants
from hubstack.testbed.stack import Stack

__all__ = ["POSSIBLE", "Outage", "disturb"]

POSSIBLE: dict[tuple[str, str], tuple[str, ...]] = {
    ("reboot", "hub"): ("hub", "proxy"),
    ("kill", "hub"): ("hub",),
    ("kill", "proxy"): ("proxy",),
    ("kill", "qmaster"): ("qmaster",),
}


@dataclass(frozen=True)
class Outage:
    """When a disturbance took hold and when the hub answered through the proxy again (epoch seconds)."""

    start_at: float
    end_at: float


def disturb(name: str, kind: str, target: str, for_s: float = 0.0) -> Outage:
    """Carry out a disturbance now: what goes away stays away for *for_s* seconds. Interrupted, it comes back at once.

    Raises:
        BadFile: stacks on this stage have no such kind or target.
        Refused: there is no such stack, what is to be disturbed doesn't run, or it doesn't come back.
    """
    stack = Stack.existing(name)
    victims = _victims(stack, kind, target)
    start_at = time.time()
    with stack.locked():
        for victim in victims:
            victim.signal(signal.SIGKILL)
    try:
        time.sleep(max(0.0, start_at + for_s - time.time()))
    finally:
        with stack.locked():
            if not stack.exists():
                raise Refused(f"the stack {name!r} was taken down meanwhile", f"hubstack up --name {name}")
            repair(stack)
    return Outage(start_at, time.time())


def _victims(stack: Stack, kind: str, target: str) -> list[ProcessId]:
    """The processes to kill: a component with all that it has started, but of the qmaster itself alone.

    Jobs aren't on the qmaster's machine.
    """
    record = stack.read()
    components = POSSIBLE.get((kind, target))
    if record is None or components is None:
        possible = ", ".join(" ".join(pair) for pair in POSSIBLE)
        what = f"a stack can't have the disturbance {kind} {target}"
        raise BadFile(what, "disturbance", f"one of: {possible}")
    victims = []
    for component in components:
        name = backend_for(record.stage).component if component == "qmaster" else component
        process = process_of(stack, name)
        if process is None or not process.alive():
            raise Refused(f"the {component} of stack {stack.name!r} doesn't run", f"hubstack up --name {stack.name}")
        victims += [process] if component == "qmaster" else [process, *descendants(process)]
    return victims
