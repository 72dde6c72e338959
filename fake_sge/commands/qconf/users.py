"""Users: ``-suser -suserl -Auser -Muser -duser``, user(5)."""

from __future__ import annotations

from collections.abc import Iterator

from fake_sge.commands.qconf import printing
from fake_sge.commands.qconf.call import Call, Refused, Steps, Verb
from fake_sge.commands.qconf.kept import TICKETS, KeptKind
from fake_sge.commands.qconf.objects import listing
from fake_sge.core import Cell
from fake_sge.core.config import Attributes

__all__ = ["KIND", "VERBS"]


def _check(call: Call, given: Attributes, before: Attributes | None) -> Attributes:
    name, project = given["name"], given["default_project"]
    if name == "default":
        raise Refused('denied: not allowed add a user with name "default"')
    if name in call.cell.config.projects:
        raise Refused(
            f'denied: shared namespace between project and user: there is already a project which is named "{name}"'
        )
    if project.upper() != "NONE" and project not in call.cell.config.projects:
        raise Refused(f'denied: project "{project}" does not exist')
    return given


def _used(cell: Cell, name: str) -> Iterator[str]:
    if any(row["name"] == name for row in cell.config.share_tree):
        yield f'denied: may not remove user "{name}" still referenced in share tree'


KIND = KeptKind(
    field="users",
    what="user",
    whole="user list",
    word="user",
    key="name",
    fields=("name", "oticket", "fshare", "delete_time", "default_project"),
    kinds=TICKETS,
    template={"name": "template", "oticket": "0", "fshare": "0", "delete_time": "0", "default_project": "NONE"},
    check=_check,
    used=_used,
    unnamed=True,
    absent="{} is not known as a user",
    aloud=True,
)


def _modify_edited(call: Call) -> Steps:
    """A user who isn't known is told of, no more."""
    if call.has_word and call.words[0] not in call.cell.config.users and call.cell.is_manager(call.user):
        call.tell(f"{call.word()} is not known as a user")
        return
    yield from KIND.modify_edited(call)


def _show(call: Call) -> None:
    """An empty line stands for each that isn't known."""
    shown = []
    for name in call.names():
        found = call.cell.config.users.get(name)
        if found is None:
            call.tell(f"{name} is not known as a user")
        shown.append("" if found is None else printing.spaced(found))
    call.show("\n".join(shown))


VERBS = (
    Verb("-auser", KIND.add_edited),
    Verb("-muser", _modify_edited, "user"),
    Verb("-Auser", KIND.add_file, "fname"),
    Verb("-Muser", KIND.modify_file, "fname"),
    Verb("-duser", KIND.delete, "user_list"),
    Verb("-suser", _show, "user_list"),
    Verb("-suserl", listing(lambda cell: cell.config.users, "user list")),
)
