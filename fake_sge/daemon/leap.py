"""Putting a cell's clock forward: an hour passes for the cell, not for whoever waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from fake_sge.core import Task
from fake_sge.daemon.frames import FrameReader, frame
from fake_sge.daemon.qmaster import Qmaster
from fake_sge.execd import Execd, Layout

__all__ = ["ADVANCE", "CannotAdvance", "Leap", "advance", "leap"]

ADVANCE = b"advance"
"""The word, in the place of a q-program's name, with which the daemon's own account puts the clock forward."""

Leap = Callable[[float], Awaitable[None]]

_PATIENCE_S = 10.0
_LOOK_S = 0.01


class CannotAdvance(Exception):
    """The daemon refuses, or there is none; the message says which."""


async def leap(qmaster: Qmaster, execd: Execd, cell_s: float) -> None:
    """Let *cell_s* pass, from one instant at which something is due to the next.

    In between, jobs are really started and killed: what follows from that is due at its own instant, too.
    """
    goal = qmaster.now + cell_s
    late: set[tuple[int, int]] = set()
    while True:
        late |= await _settle(qmaster, late)
        step = min(_next_instant(qmaster, goal), goal) - qmaster.now
        if step <= 0 and qmaster.now >= goal:
            await qmaster.safe()
            return
        qmaster.put_clock_forward(max(step, 0.0))
        execd.leap(qmaster.clock.wall_s(max(step, 0.0)))


def _next_instant(qmaster: Qmaster, goal: float) -> float:
    due = qmaster.cell.next_deadline()
    limits = [at for task in qmaster.cell.running() if (at := _limit(task)) is not None and at > qmaster.now]
    return min([goal if due is None else due, *limits])


def _limit(task: Task) -> float | None:
    """When a running task will have had its time."""
    h_rt = task.limits[0]
    return None if h_rt is None or task.started_at is None else task.started_at + h_rt


async def _settle(qmaster: Qmaster, late: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Wait until what the execds were told is done; the tasks that didn't get there in time, as on a lost host."""
    until = time.monotonic() + _PATIENCE_S
    while not qmaster.quiet or (awaited := _awaited(qmaster) - late):
        if time.monotonic() > until:
            return _awaited(qmaster)
        await asyncio.sleep(_LOOK_S)
    return awaited


def _awaited(qmaster: Qmaster) -> set[tuple[int, int]]:
    """Tasks of which the execd will tell something shortly: that they run, or that they are over."""
    now = qmaster.now
    return {
        (task.job.id, task.id)
        for task in qmaster.cell.running()
        if task.started_at is None
        or task.deletion_at is not None
        or ((limit := _limit(task)) is not None and limit <= now)
    }


@contextlib.contextmanager
def _opened(directory: Path) -> Iterator[int]:
    """A descriptor of *directory*: a socket's path may be longer than its address can be."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def advance(layout: Layout, cell_s: float) -> None:
    """Put the clock of the cell that *layout*'s daemon serves forward. Returns when all that follows is done.

    Raises `CannotAdvance`.
    """
    reader, said = FrameReader(), b""
    try:
        with socket.socket(socket.AF_UNIX) as connection, _opened(layout.common) as directory:
            connection.connect(f"/proc/self/fd/{directory}/{layout.socket.name}")
            connection.sendall(frame(b"c", ADVANCE) + frame(b"a", repr(cell_s).encode()) + frame(b".", b""))
            while received := connection.recv(65536):
                for what, content in reader.feed(received):
                    if what == b"x":
                        return
                    said += content
    except OSError as error:
        raise CannotAdvance(f"no daemon serves {layout.root}: {error.strerror}") from None
    raise CannotAdvance(said.decode().strip() or f"the daemon of {layout.root} went away")
