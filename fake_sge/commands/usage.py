"""What ``-help`` prints."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

__all__ = ["usage"]


@cache
def usage(command: str) -> str:
    """The recorded help text of *command*."""
    return (files("fake_sge.commands") / "help" / f"{command}.txt").read_text("utf-8")
