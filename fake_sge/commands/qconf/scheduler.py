"""The scheduler's configuration: ``-ssconf``."""

from __future__ import annotations

from fake_sge.commands.qconf import printing
from fake_sge.commands.qconf.call import Call, Verb

__all__ = ["VERBS"]


def _show(call: Call) -> None:
    call.show(printing.padded(call.cell.config.scheduler, 34))


VERBS = (Verb("-ssconf", _show),)
