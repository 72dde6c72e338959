"""The global configuration and those of hosts: ``-sconf -sconfl``."""

from __future__ import annotations

from fake_sge.commands.qconf import printing
from fake_sge.commands.qconf.call import Call, Refused, Verb
from fake_sge.commands.qconf.objects import listing

__all__ = ["VERBS"]


def _show(call: Call) -> None:
    cell = call.cell
    shown = []
    for name in call.names() if call.has_word else ["global"]:
        if name not in cell.config.configuration:
            raise Refused(f"configuration {name} not defined")
        shown.append(printing.configuration(name, cell.config.configuration[name]))
    call.show("\n".join([*shown, ""]))


VERBS = (
    Verb("-sconf", _show, "[host_list|global]"),
    Verb(
        "-sconfl",
        listing(lambda cell: [name for name in cell.config.configuration if name != "global"], "config"),
    ),
)
