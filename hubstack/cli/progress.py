"""The steps of a start, each with its time: a spinner at a terminal, a line each elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status

__all__ = ["StepDisplay"]


class StepDisplay:
    """Shows steps on stderr, so that stdout has the answer alone. Use it as a context and call it as a `Progress`."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = Console(stderr=True, quiet=quiet, highlight=False)
        self._running: Status | None = None
        self._title = ""

    def __enter__(self) -> Self:
        return self

    def __call__(self, title: str, seconds: float | None) -> None:
        """Show that a step begins (*seconds* None) or that it is done."""
        self._end_spinner()
        self._title = "" if seconds is not None else title
        if seconds is not None:
            self._console.print(f"[green]✓[/] {title:<46} {seconds:6.2f} s")
        elif self._console.is_terminal:
            self._running = self._console.status(title)
            self._running.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_spinner()
        if error is not None and self._title:
            self._console.print(f"[red]✗[/] {self._title}")

    def _end_spinner(self) -> None:
        if self._running:
            self._running.stop()
            self._running = None
