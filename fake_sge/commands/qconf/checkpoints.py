"""Checkpointing interfaces: ``-sckpt -sckptl``."""

from __future__ import annotations

from fake_sge.commands.qconf import printing
from fake_sge.commands.qconf.call import Refused, Verb
from fake_sge.commands.qconf.objects import each, listing
from fake_sge.core import Cell

__all__ = ["VERBS"]


def _show(cell: Cell, name: str) -> str:
    found = cell.config.checkpoints.get(name)
    if found is None:
        raise Refused(f"{name} is not a checkpointing interface definition")
    return printing.padded(found, 19)


VERBS = (
    Verb("-sckpt", each(_show), "ckpt_name"),
    Verb("-sckptl", listing(lambda cell: cell.config.checkpoints, "ckpt interface definition")),
)
