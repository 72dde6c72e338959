"""Host groups: ``-ahgrp -Ahgrp -mhgrp -Mhgrp -dhgrp -shgrp -shgrp_tree -shgrp_resolved -shgrpl``."""

from __future__ import annotations

from collections.abc import Callable

from fake_sge.commands.qconf import printing
from fake_sge.commands.qconf.call import Act, Call, Refused, Steps, Verb
from fake_sge.commands.qconf.layered import split
from fake_sge.commands.qconf.objects import ObjectKind, listing
from fake_sge.commands.qconf.queues import host_list
from fake_sge.commands.qconf.values import NAMES, BadValue, elements
from fake_sge.core import Cell
from fake_sge.core.config import Attributes
from fake_sge.core.texts import expand_hosts

__all__ = ["KIND", "VERBS"]


def _check(call: Call, given: Attributes, before: Attributes | None) -> Attributes:
    cell, name = call.cell, given["group_name"]
    _valid(name)
    entries = elements(given["hostlist"], " ")
    members = host_list(cell, entries)
    for member in members:
        if before is not None and member.startswith("@") and name in _below(cell, member):
            raise Refused(f'Hostgroup "{member}" in specification of "{name}" would create a cycle')
    return {"group_name": name, "hostlist": " ".join(members) or "NONE"}


def _valid(name: str) -> None:
    if not name.startswith("@") or len(name) < 2:
        raise Refused(f'host group name "{name}" is not valid')


def _below(cell: Cell, group: str) -> list[str]:
    """The group itself and all groups in it."""
    found: list[str] = []
    waiting = [group]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.append(name)
            waiting += [member for member in cell.config.host_groups.get(name, ()) if member.startswith("@")]
    return found


KIND = ObjectKind(
    field="host_groups",
    what="host group",
    whole="host group list",
    word="hostgroup",
    key="group_name",
    fields=("group_name", "hostlist"),
    check=_check,
    kinds={"hostlist": NAMES},
    unreadable='Host group file "{}" is not correct',
    unopened='Host group file "{}" is not correct',
    label="hostgroup",
    load=lambda _cell, name, found: {"group_name": name, "hostlist": " ".join(found) or "NONE"},
    store=lambda given: elements(given["hostlist"], " "),
)


def _add_file(call: Call) -> Steps:
    """A file that can't be read leaves the exit code at 0, as in 8.1.9."""
    call.must_be_manager()
    path = _file(call)
    try:
        given = yield from KIND.read(call, path)
    except Refused as refused:
        call.tell("\n".join(refused.text.split("\n")[:-1]))
        return
    _valid(given["group_name"])
    KIND.add(call, given)


def _modify_file(call: Call) -> Steps:
    call.must_be_manager()
    given = yield from KIND.read(call, _file(call))
    _valid(given["group_name"])
    KIND.modify(call, given)


def _add(call: Call) -> Steps:
    call.must_be_manager()
    name = call.word()
    _valid(name)
    KIND.add(call, (yield from KIND.edited(call, {"group_name": name, "hostlist": "NONE"})))


def _modify(call: Call) -> Steps:
    call.must_be_manager()
    name = call.word()
    if name not in call.cell.config.host_groups:
        raise Refused(f'Host group "{name}" does not exist')
    KIND.modify(call, (yield from KIND.edited(call, KIND.get(call, name), "Object has not been changed")))


def _file(call: Call) -> str:
    if not call.has_word:
        raise Refused("no file argument given")
    return call.word()


def _delete(call: Call) -> None:
    call.must_be_manager()
    name = call.word()
    _valid(name)
    if name not in call.cell.config.host_groups:
        call.fail(f'denied: host group "{name}" does not exist')
    elif wrong := _reference(call.cell, name):
        call.fail(wrong)
    else:
        call.configure("host_groups", name, None)
        call.tell(f'{call.who} removed "{name}" from host group entry list')


def _reference(cell: Cell, group: str) -> str | None:
    """Who still needs a group; of all that is found only the last is said, as in 8.1.9."""
    queues = [queue for queue, texts in cell.config.queues.items() if _mentions(texts, group)]
    if queues:
        return f'denied: these cluster queues still reference "{group}": {" ".join(reversed(queues))}'
    inside = [other for other, members in cell.config.host_groups.items() if group in members]
    return f'denied: these hostgroups still reference "{group}": {" ".join(inside)}' if inside else None


def _mentions(texts: Attributes, group: str) -> bool:
    if group in elements(texts.get("hostlist", "NONE"), " "):
        return True
    for text in texts.values():
        try:
            if group in split(text):
                return True
        except BadValue:
            continue
    return False


def _group(show: Callable[[Cell, str], str]) -> Act:
    def act(call: Call) -> None:
        name = call.word()
        if name not in call.cell.config.host_groups:
            raise Refused(f'Host group "{name}" does not exist')
        call.show(show(call.cell, name))

    return act


VERBS = (
    Verb("-ahgrp", _add, "group"),
    Verb("-mhgrp", _modify, "group"),
    Verb("-Ahgrp", _add_file, "file"),
    Verb("-Mhgrp", _modify_file, "file"),
    Verb("-dhgrp", _delete, "group"),
    Verb("-shgrp", _group(lambda cell, name: printing.host_group(name, cell.config.host_groups[name])), "group"),
    Verb("-shgrp_tree", _group(lambda cell, name: printing.host_group_tree(cell.config.host_groups, name)), "group"),
    Verb(
        "-shgrp_resolved",
        _group(lambda cell, name: " ".join(expand_hosts(cell.config.host_groups, [name])) + "\n"),
        "group",
    ),
    Verb("-shgrpl", listing(lambda cell: cell.config.host_groups, "host group list")),
)
