"""What ``-help`` prints."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from fake_sge.commands.options import OptionTable, Standing

__all__ = ["VERSION", "usage", "usage_of"]

VERSION = "SGE 8.1.9"


@cache
def usage(command: str) -> str:
    """The recorded help text of *command*."""
    return (files("fake_sge.commands") / "help" / f"{command}.txt").read_text("utf-8")


def usage_of(command: str, table: OptionTable, operands: str = "") -> str:
    """A help text made from the options' table, for commands whose own hasn't been recorded."""
    lines = [VERSION, f"usage: {command} [options] {operands}".rstrip()]
    lines += [
        f"   [{f'{option.name} {option.arguments}'.rstrip()}]"
        for option in table
        if option.standing is not Standing.REFUSED
    ]
    return "\n".join(lines) + "\n"
