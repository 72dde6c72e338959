"""The scheduler's configuration: ``-msconf -Msconf -ssconf``."""

from __future__ import annotations

from collections.abc import Mapping

from fake_sge.commands.qconf import printing
from fake_sge.commands.qconf.call import Call, Refused, Steps, Verb
from fake_sge.commands.qconf.files import BadFile, parse_object
from fake_sge.commands.qconf.scheduler_values import KINDS, complaint, formula_complaint
from fake_sge.core.config import Attributes

__all__ = ["VERBS"]

_WIDTH = 34


def _whole(call: Call) -> Attributes:
    """What the cell has, in the order of sched_conf(5)."""
    texts: Mapping[str, str] = call.cell.config.scheduler
    return {name: texts[name] for name in KINDS if name in texts}


def _show(call: Call) -> None:
    call.show(printing.padded(call.cell.config.scheduler, _WIDTH))


def _modify_file(call: Call) -> Steps:
    call.must_be_manager()
    path = call.word()
    try:
        text = yield from call.read(path)
    except Refused as refused:
        raise Refused(f"{refused.text}\nerror reading in file") from None
    _replace(call, text, path, "error reading in file")


def _modify_edited(call: Call) -> Steps:
    call.must_be_manager()
    edited = yield from call.edit(printing.padded(_whole(call), _WIDTH))
    if not edited.changed:
        raise Refused("file unchanged")
    _replace(call, edited.text, edited.path, "can't read configuration: can't parse config")


def _replace(call: Call, text: str, path: str, unreadable: str) -> None:
    try:
        given = parse_object(text, tuple(KINDS), KINDS)
    except BadFile as bad:
        lines = [f"error: {line}" for line in bad.lines]
        if "is missing" not in str(bad):
            lines.append(f'error: error reading file: "{path}"')
        raise Refused("\n".join([*lines, unreadable])) from None
    wrong = complaint(given)
    if wrong is not None:
        raise Refused("\n".join([*(f"error: {line}" for line in wrong), unreadable]))
    if wrong_formula := formula_complaint(call.cell, given["load_formula"]):
        call.fail(wrong_formula)
        return
    call.configure("scheduler", "", given)
    call.tell("changed scheduler configuration")


VERBS = (
    Verb("-Msconf", _modify_file, "fname"),
    Verb("-msconf", _modify_edited),
    Verb("-ssconf", _show),
)
