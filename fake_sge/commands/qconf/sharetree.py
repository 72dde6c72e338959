"""The share tree: ``-sstree``."""

from __future__ import annotations

from fake_sge.commands.qconf import printing
from fake_sge.commands.qconf.call import Call, Refused, Verb

__all__ = ["VERBS"]


def _show(call: Call) -> None:
    if not call.cell.config.share_tree:
        raise Refused("no sharetree element")
    call.show(printing.share_tree(call.cell.config.share_tree))


VERBS = (Verb("-sstree", _show),)
