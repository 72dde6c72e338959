"""Cluster queues: ``-sq -sql``."""

from __future__ import annotations

from fake_sge.commands.qconf import printing
from fake_sge.commands.qconf.call import Call, Refused, Verb
from fake_sge.commands.qconf.objects import listing
from fake_sge.commands.queues import select_queues
from fake_sge.commands.usage import usage

__all__ = ["VERBS"]


def _show(call: Call) -> None:
    """A cluster queue, a queue instance, or without a name the template."""
    if not call.has_word:
        call.show(usage("queue_template"))
        return
    cell = call.cell
    shown: list[str] = []
    for name in call.names():
        if "@" in name:
            found = [printing.queue_instance(cell, place.queue, place.host) for place in select_queues(cell, [name])]
        else:
            queues = dict.fromkeys(place.queue for place in select_queues(cell, [name]))
            if name in cell.config.queues:
                queues[name] = None
            found = [printing.cluster_queue(cell.config.queues[queue]) for queue in sorted(queues)]
        if not found:
            raise Refused(f'No cluster queue or queue instance matches the phrase "{name}"')
        shown += found
    call.show("\n".join(shown))


VERBS = (
    Verb("-sq", _show, "[wc_queue_list]"),
    Verb("-sql", listing(lambda cell: cell.config.queues, "cqueue list")),
)
