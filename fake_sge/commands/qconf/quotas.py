"""Resource quota sets: ``-srqs -srqsl``."""

from __future__ import annotations

from fake_sge.commands.qconf import printing
from fake_sge.commands.qconf.call import Call, Refused, Verb
from fake_sge.commands.qconf.objects import listing

__all__ = ["VERBS"]


def _show(call: Call) -> None:
    sets = call.cell.config.resource_quotas
    wanted = call.names() if call.has_word else list(sets)
    for name in wanted:
        if name not in sets:
            raise Refused(f'resource quota set "{name}" does not exist')
    if not wanted:
        raise Refused("No resource quota set found")
    call.show(printing.resource_quotas(sets[name] for name in wanted))


VERBS = (
    Verb("-srqs", _show, "[rqs_list]"),
    Verb("-srqsl", listing(lambda cell: cell.config.resource_quotas, "resource quota set list")),
)
