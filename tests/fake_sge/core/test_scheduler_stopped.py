"""qconf -ks and -at scheduler: the cell without its scheduler."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Player = Callable[..., Any]


def test_without_a_scheduler_nothing_is_placed(play: Player) -> None:
    """What runs goes on and ends; what waits, waits."""
    p = play({"node001": "NONE"})
    running = p.submit()
    p.run()
    p.do("set_scheduler", runs=False)
    waiting = p.submit()
    p.wait(100)
    p.exit(running)
    p.wait(100)
    assert p.where(waiting) is None
    p.do("set_scheduler", runs=True)
    p.run()
    assert p.where(waiting) == "all.q@node001"
