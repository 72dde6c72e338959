"""User lists: ``-su -sul -au -du -Au -Mu -dul``, access_list(5)."""

from __future__ import annotations

from collections.abc import Iterator

from fake_sge.commands.qconf import printing
from fake_sge.commands.qconf.call import Call, Refused, Steps, Verb
from fake_sge.commands.qconf.kept import TICKETS, KeptKind
from fake_sge.commands.qconf.naming import holders, name_problem
from fake_sge.commands.qconf.objects import listing
from fake_sge.commands.qconf.values import BadValue, ValueKind
from fake_sge.commands.usage import usage
from fake_sge.core import Cell
from fake_sge.core.config import Attributes

__all__ = ["KIND", "VERBS"]


_NEW: Attributes = {"name": "", "type": "ACL", "fshare": "0", "oticket": "0"}


def _type(text: str) -> str:
    kinds = text.replace(",", " ").split()
    for kind in kinds:
        if kind not in ("ACL", "DEPT"):
            raise BadValue(f'reading conf file: unknown specifier "{kind}" for userset type')
    return " ".join(kind for kind in ("ACL", "DEPT") if kind in kinds)


def _used(cell: Cell, name: str) -> Iterator[str]:
    config = cell.config
    kinds = (
        ("queue", config.queues, "user_lists", "xuser_lists"),
        ("parallel environment", config.parallel_environments, "user_lists", "xuser_lists"),
        ("project", config.projects, "acl", "xacl"),
        ("exechost", config.hosts, "user_lists", "xuser_lists"),
        ("configuration", config.configuration, "user_lists", "xuser_lists"),
    )
    for what, objects, allowed, refused in kinds:
        for attribute, called in ((allowed, "user list"), (refused, "xuser list")):
            for holder in holders(objects, attribute, name):
                yield f'denied: userset "{name}" is still referenced in {called} of {what} "{holder}"'


KIND = KeptKind(
    field="access_lists",
    what="userset",
    whole="userset list",
    word="userset",
    key="name",
    fields=("name", "type", "fshare", "oticket", "entries"),
    kinds={"type": ValueKind(_type), "fshare": TICKETS["fshare"], "oticket": TICKETS["oticket"]},
    check=lambda _call, given, _before: given,
    used=_used,
    absent="{} is not known as a project",
    by_operators=True,
)


def _modify_edited(call: Call) -> Steps:
    """``-mu``: a list that isn't there is made; one that stays as it is is no mistake."""
    for name in call.names():
        call.must_be_manager()
        texts = call.cell.config.access_lists.get(name, _NEW | {"name": name, "entries": "NONE"})
        edited = yield from call.edit(KIND.printed(texts))
        if not edited.changed:
            call.say("file unchanged")
            continue
        given = KIND.parse(edited.text, edited.path)
        if given["name"] in call.cell.config.access_lists:
            KIND.modify(call, given)
        else:
            KIND.add(call, given)


def _show(call: Call) -> None:
    shown: list[str] = []
    for name in call.names():
        found = call.cell.config.access_lists.get(name)
        if found is None:
            call.show("\n".join(shown))
            raise Refused(f'denied: access list "{name}" does not exist')
        shown.append(printing.padded(found, 8))
    call.show("\n".join(shown))


def _users_and_lists(call: Call) -> Iterator[tuple[str, str]]:
    """Each user with each list; a list is gone through before the next."""
    typed = call.word()
    users = typed.replace(",", " ").split()
    if not call.has_word:
        raise Refused(f'error: no list_name provided to "{call.option} {typed}"\n' + usage("qconf")[:-1])
    for name in call.names():
        for user in users:
            yield user, name


def _add_users(call: Call) -> None:
    """``-au``: a list that isn't there is made."""
    for user, name in _users_and_lists(call):
        if not _may(call):
            continue
        found = call.cell.config.access_lists.get(name)
        problem = None if found is not None else name_problem(name)
        entries = [] if found is None else _entries(found)
        if problem is not None:
            call.fail(problem)
        elif user in entries:
            call.fail(f'"{user}" is already in access list "{name}"')
        else:
            new = found or _NEW | {"name": name}
            call.configure("access_lists", name, new | {"entries": ",".join([*entries, user])})
            call.tell(f'added "{user}" to access list "{name}"')


def _remove_users(call: Call) -> None:
    for user, name in _users_and_lists(call):
        if not _may(call):
            continue
        found = call.cell.config.access_lists.get(name)
        if found is None:
            call.fail(f'access list "{name}" doesn\'t exist')
        elif user not in _entries(found):
            call.fail(f'user "{user}" is not in access list "{name}"')
        else:
            rest = [one for one in _entries(found) if one != user]
            call.configure("access_lists", name, found | {"entries": ",".join(rest) or "NONE"})
            call.tell(f'deleted user "{user}" from access list "{name}"')


def _may(call: Call) -> bool:
    """Each user of each list is asked for by itself, and refused by itself."""
    if call.cell.is_operator(call.user):
        return True
    call.fail(f'denied: "{call.user}" must be operator for this operation')
    return False


def _entries(found: Attributes) -> list[str]:
    return [] if found["entries"].upper() == "NONE" else found["entries"].split(",")


VERBS = (
    Verb("-Au", KIND.add_file, "fname"),
    Verb("-Mu", KIND.modify_file, "fname"),
    Verb("-au", _add_users, "user_list listname_list"),
    Verb("-du", _remove_users, "user_list listname_list"),
    Verb("-dul", KIND.delete, "listname_list"),
    Verb("-mu", _modify_edited, "listname_list"),
    Verb("-su", _show, "listname_list"),
    Verb("-sul", listing(lambda cell: cell.config.access_lists, "userset list")),
)
