"""Calendars: ``-scal -scall -Acal -Mcal -dcal``, calendar_conf(5)."""

from __future__ import annotations

from collections.abc import Iterator

from fake_sge.commands.qconf import printing
from fake_sge.commands.qconf.calendar_words import BadCalendar, check_week, check_year
from fake_sge.commands.qconf.call import Call, Refused, Verb
from fake_sge.commands.qconf.kept import KeptKind, single
from fake_sge.commands.qconf.naming import queue_with
from fake_sge.commands.qconf.objects import listing
from fake_sge.core import Cell
from fake_sge.core.config import Attributes

__all__ = ["KIND", "VERBS"]


def _check(call: Call, given: Attributes, before: Attributes | None) -> Attributes:
    """The two attributes are complained of in two ways."""
    name = given["calendar_name"]
    try:
        check_year(given["year"])
    except BadCalendar as bad:
        raise Refused(f'error in disabled_year of calendar "{bad}": {name}') from None
    try:
        check_week(given["week"])
    except BadCalendar as bad:
        raise Refused(f'error in disabled_week of calendar "{name}": {bad}') from None
    return given


def _used(cell: Cell, name: str) -> Iterator[str]:
    queue = queue_with(cell, "calendar", name)
    if queue is not None:
        yield f'denied: Calendar "{name}" is still referenced in queue "{queue}"'


KIND = KeptKind(
    field="calendars",
    what="calendar",
    whole="calendar list",
    word="calendar",
    key="calendar_name",
    fields=("calendar_name", "year", "week"),
    template={"calendar_name": "template", "year": "NONE", "week": "NONE"},
    check=_check,
    used=_used,
    unknown="{} is not a calendar",
    one=True,
)


def _show(cell: Cell, name: str) -> str:
    found = cell.config.calendars.get(name)
    if found is None:
        raise Refused(f"{name} is not a calendar")
    return printing.calendar(found)


VERBS = (
    Verb("-acal", KIND.add_edited, "calendar_name"),
    Verb("-mcal", KIND.modify_edited, "calendar_name"),
    Verb("-Acal", KIND.add_file, "fname"),
    Verb("-Mcal", KIND.modify_file, "fname"),
    Verb("-dcal", KIND.delete, "calendar_name"),
    Verb("-scal", single(_show), "calendar_name"),
    Verb("-scall", listing(lambda cell: cell.config.calendars, "calendar")),
)
