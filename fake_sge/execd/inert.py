"""An execd that starts nothing: tasks run until they are killed. For tests, and for measuring the daemon."""

from __future__ import annotations

import time
from collections.abc import Callable

from fake_sge.core import Exit
from fake_sge.execd.order import Ended, Order, Report, Started

__all__ = ["InertExecd"]

_KILLED = 128 + 9
_FAILED_BY_SIGNAL = 100


class InertExecd:
    """Reports at once what a real one would report later."""

    def __init__(self, report: Callable[[Report], None]) -> None:
        self._report = report
        self._started_at: dict[tuple[int, int], float] = {}

    def start(self, order: Order) -> None:
        """Say that the task runs."""
        started_at = self._started_at[order.job, order.task] = time.time()
        self._report(Started(order.job, order.task, started_at))

    adopt = start

    def kill(self, job: int, task: int) -> None:
        """Say that the task died by SIGKILL."""
        started_at = self._started_at.pop((job, task), None)
        if started_at is not None:
            ended = Exit(_FAILED_BY_SIGNAL, _KILLED, started_at=started_at, ended_at=time.time())
            self._report(Ended(job, task, ended))

    def signal(self, job: int, task: int, name: str) -> None:
        """There is nobody to send it to."""

    def leap(self, seconds: float) -> None:
        """Nobody looks at a clock."""

    def forget(self, job: int, task: int) -> None:
        """There are no files."""
        self._started_at.pop((job, task), None)

    def close(self) -> None:
        """There is nothing to stop."""
