"""Complexes: ``-mc -Mc -sc``."""

from __future__ import annotations

from fake_sge.commands.qconf import printing
from fake_sge.commands.qconf.call import Call, Refused, Steps, Verb
from fake_sge.commands.qconf.complex_values import complaints, parse_table, reference
from fake_sge.commands.qconf.files import BadFile

__all__ = ["VERBS"]


def _show(call: Call) -> None:
    call.show(printing.complexes(call.cell.config.complexes.values()))


def _modify_file(call: Call) -> Steps:
    if not call.has_word:
        raise Refused("no file argument given")
    path = call.word()
    unreadable = f'Complex attribute file "{path}" is not correct'
    try:
        text = yield from call.read(path)
    except Refused as refused:
        raise Refused(f"{refused.text}\n{unreadable}") from None
    _replace(call, text, unreadable)


def _modify_edited(call: Call) -> Steps:
    call.must_be_manager()
    edited = yield from call.edit(printing.complexes(call.cell.config.complexes.values()))
    _replace(call, edited.text, "error reading in file")


def _replace(call: Call, text: str, unreadable: str) -> None:
    """Make the table of the cell that of *text*; entries that can't be removed stay."""
    before = call.cell.config.complexes
    try:
        wanted = parse_table(text)
    except BadFile as bad:
        raise Refused(f"error: {bad}\n{unreadable}" if bad.form else str(bad)) from None
    if not wanted:
        raise Refused(unreadable)
    if wanted == before:
        call.tell("Complex attribute configuration has not been changed")
        return
    call.must_be_manager()
    changed = {name: entry for name, entry in wanted.items() if before.get(name) != entry}
    if wrong := [text for entry in changed.values() for text in complaints(entry)]:
        raise Refused("\n".join(wrong))
    kept = before | changed
    said = [f'{call.who} modified "{name}" in complex entry list' for name in changed if name in before]
    said += [f'{call.who} added "{name}" to complex entry list' for name in changed if name not in before]
    denied = []
    for name in sorted(before.keys() - wanted.keys()):
        if why := reference(call.cell, name):
            denied.append(why)
        else:
            del kept[name]
            said.append(f'{call.who} removed "{name}" from complex list')
    if kept != before:
        call.configure("complexes", "", kept)
    for line in said:
        call.tell(line)
    if denied:
        raise Refused("\n".join(denied))


VERBS = (
    Verb("-Mc", _modify_file, "fname"),
    Verb("-mc", _modify_edited),
    Verb("-sc", _show),
)
