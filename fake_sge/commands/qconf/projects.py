"""Projects: ``-sprj -sprjl -Aprj -Mprj -dprj``, project(5)."""

from __future__ import annotations

from collections.abc import Iterator

from fake_sge.commands.qconf import printing
from fake_sge.commands.qconf.call import Call, Refused, Verb
from fake_sge.commands.qconf.kept import LISTS, TICKETS, KeptKind, single
from fake_sge.commands.qconf.naming import check_lists, holders
from fake_sge.commands.qconf.objects import listing
from fake_sge.core import Cell
from fake_sge.core.config import Attributes

__all__ = ["KIND", "VERBS"]


def _check(call: Call, given: Attributes, before: Attributes | None) -> Attributes:
    name = given["name"]
    if name == "default":
        raise Refused('denied: not allowed add a project with name "default"')
    if name in call.cell.config.users:
        raise Refused(
            f'denied: shared namespace between project and user: there is already a user which is named "{name}"'
        )
    check_lists(call.cell, given, "acl", "xacl", "project", name)
    return given


def _used(cell: Cell, name: str) -> Iterator[str]:
    yield from list(_uses(cell, name))[:1]


def _uses(cell: Cell, name: str) -> Iterator[str]:
    config = cell.config
    if any(row["name"] == name for row in config.share_tree):
        yield f'denied: may not remove project "{name}" still referenced in share tree'
    kinds = (("queue", config.queues), ("exechost", config.hosts), ("configuration", config.configuration))
    for what, objects in kinds:
        for attribute in ("projects", "xprojects"):
            for holder in holders(objects, attribute, name):
                yield f'denied: project "{name}" is still referenced in {attribute} of {what} "{holder}"'
    for user in holders(config.users, "default_project", name):
        yield f'project "{name}" is still referenced by user "{user}"'


KIND = KeptKind(
    field="projects",
    what="project",
    whole="project list",
    word="project",
    key="name",
    fields=("name", "oticket", "fshare", "acl", "xacl"),
    kinds={"oticket": TICKETS["oticket"], "fshare": TICKETS["fshare"], "acl": LISTS, "xacl": LISTS},
    template={"name": "template", "oticket": "0", "fshare": "0", "acl": "NONE", "xacl": "NONE"},
    check=_check,
    used=_used,
    unnamed=True,
    absent="{} is not known as a project",
    unknown='{0} is not known as a project\nerror: invalid option argument "{0}"\nUsage: qconf -help',
)


def _show(cell: Cell, name: str) -> str:
    found = cell.config.projects.get(name)
    if found is None:
        raise Refused(f"{name} is not known as a project")
    return printing.spaced(found)


VERBS = (
    Verb("-aprj", KIND.add_edited),
    Verb("-mprj", KIND.modify_edited, "project"),
    Verb("-Aprj", KIND.add_file, "fname"),
    Verb("-Mprj", KIND.modify_file, "fname"),
    Verb("-dprj", KIND.delete, "project_list"),
    Verb("-sprj", single(_show), "project"),
    Verb("-sprjl", listing(lambda cell: cell.config.projects, "project list")),
)
