"""The end of a file, and what is added to it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

__all__ = ["follow_lines", "last_lines"]

_LOOK_EVERY_S = 0.2


def last_lines(path: Path, count: int) -> list[str]:
    """The last lines of a file."""
    with path.open(errors="replace") as file:
        return [line.rstrip("\n") for line in deque(file, maxlen=count)]


def follow_lines(path: Path, show: Callable[[str], None]) -> None:
    """Show each line that is added to a file, until the file goes away."""
    with path.open(errors="replace") as file:
        file.seek(0, 2)
        partial = ""
        while path.exists():
            partial += file.readline()
            if partial.endswith("\n"):
                show(partial.rstrip("\n"))
                partial = ""
            else:
                time.sleep(_LOOK_EVERY_S)
