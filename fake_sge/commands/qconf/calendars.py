"""Calendars: ``-scal -scall``."""

from __future__ import annotations

from fake_sge.commands.qconf import printing
from fake_sge.commands.qconf.call import Refused, Verb
from fake_sge.commands.qconf.objects import each, listing
from fake_sge.core import Cell

__all__ = ["VERBS"]


def _show(cell: Cell, name: str) -> str:
    found = cell.config.calendars.get(name)
    if found is None:
        raise Refused(f"{name} is not a calendar")
    return printing.calendar(found)


VERBS = (
    Verb("-scal", each(_show), "calendar_name"),
    Verb("-scall", listing(lambda cell: cell.config.calendars, "calendar")),
)
