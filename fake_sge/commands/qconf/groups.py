"""Host groups: ``-shgrp -shgrp_tree -shgrp_resolved -shgrpl``."""

from __future__ import annotations

from collections.abc import Callable

from fake_sge.commands.qconf import printing
from fake_sge.commands.qconf.call import Act, Refused, Verb
from fake_sge.commands.qconf.objects import each, listing
from fake_sge.core import Cell
from fake_sge.core.layout import expand_hosts

__all__ = ["VERBS"]


def _group(show: Callable[[Cell, str], str]) -> Act:
    def act(cell: Cell, name: str) -> str:
        if name not in cell.config.host_groups:
            raise Refused(f'Host group "{name}" does not exist')
        return show(cell, name)

    return each(act)


VERBS = (
    Verb("-shgrp", _group(lambda cell, name: printing.host_group(name, cell.config.host_groups[name])), "group"),
    Verb("-shgrp_tree", _group(lambda cell, name: printing.host_group_tree(cell.config.host_groups, name)), "group"),
    Verb(
        "-shgrp_resolved",
        _group(lambda cell, name: " ".join(expand_hosts(cell.config.host_groups, [name])) + "\n"),
        "group",
    ),
    Verb("-shgrpl", listing(lambda cell: cell.config.host_groups, "host group list")),
)
