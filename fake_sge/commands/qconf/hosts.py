"""Execution hosts: ``-ae -Ae -me -Me -de -se -sel``."""

from __future__ import annotations

from fake_sge.commands.qconf import printing
from fake_sge.commands.qconf.call import Call, Refused, Steps, Verb
from fake_sge.commands.qconf.objects import ObjectKind, listing
from fake_sge.commands.qconf.queue_values import complaint_about_values
from fake_sge.commands.qconf.resolve import resolve
from fake_sge.commands.qconf.values import FACTORS, LOOSE_PAIRS, NAMES, elements
from fake_sge.core import Cell
from fake_sge.core.config import Attributes
from fake_sge.core.texts import expand_hosts

__all__ = ["KIND", "TEMPLATE", "VERBS", "full_name"]

TEMPLATE: Attributes = dict.fromkeys(
    (
        "hostname",
        "load_scaling",
        "complex_values",
        "user_lists",
        "xuser_lists",
        "projects",
        "xprojects",
        "usage_scaling",
        "report_variables",
    ),
    "NONE",
)
"""A host of which nothing is said."""


def _check(call: Call, given: Attributes, _before: Attributes | None) -> Attributes:
    if wrong := _complaint(call.cell, given):
        raise Refused(wrong)
    return given


def _complaint(cell: Cell, given: Attributes) -> str | None:
    """What the qmaster has against a host's attributes, in its order."""
    host, config = given["hostname"], cell.config
    for entry in elements(given["load_scaling"], ","):
        name = entry.partition("=")[0]
        if cell.layout.complex(name) is None:
            return f'denied: scaling attribute "{name}" is not configured for host "{host}"'
    for entry in elements(given["complex_values"], ","):
        name = entry.partition("=")[0]
        if cell.layout.complex(name) is None:
            return f'denied: attribute "{name}" is not a complex attribute'
    if wrong := complaint_about_values(cell, given["complex_values"]):
        return wrong
    for what in ("user_lists", "xuser_lists"):
        for name in elements(given[what], " "):
            if name not in config.access_lists:
                return f'Userset "{name}" does not exist'
    for what in ("projects", "xprojects"):
        for name in elements(given[what], " "):
            if name not in config.projects:
                return f'denied: project "{name}" referenced in {what} of exechost "{host}" does not exist'
    for name in elements(given["report_variables"], " "):
        if cell.layout.complex(name) is None:
            return f'unknown resource "{name}"'
    return None


def full_name(cell: Cell, name: str) -> str:
    """The full name of a host, or one of the pseudo hosts. Raises `Refused`."""
    if name in ("global", "template"):
        return name
    found = resolve(cell, name)
    if found is None:
        raise Refused(f'can\'t resolve hostname "{name}"')
    return found


KIND = ObjectKind(
    field="hosts",
    what="exechost",
    whole="exechost list",
    word="exechost",
    key="hostname",
    fields=tuple(TEMPLATE),
    check=_check,
    kinds={
        "load_scaling": FACTORS,
        "complex_values": LOOSE_PAIRS,
        "user_lists": NAMES,
        "xuser_lists": NAMES,
        "projects": NAMES,
        "xprojects": NAMES,
        "usage_scaling": FACTORS,
        "report_variables": NAMES,
    },
    unreadable="invalid format",
    unopened="invalid format",
    label="exechost",
    load=lambda _cell, name, found: (
        {key: found.get(key, value) for key, value in TEMPLATE.items()} | {"hostname": name}
    ),
    full_name=full_name,
    always=("global",),
)


def _add(call: Call) -> Steps:
    """``-ae [template]``: what is edited begins as another host."""
    call.must_be_manager()
    like = full_name(call.cell, call.word()) if call.has_word else "template"
    if like != "template" and like not in KIND.objects(call):
        raise Refused(f"{like} is not an execution host")
    texts = KIND.get(call, like) if like != "template" else TEMPLATE | {"hostname": like}
    given = yield from KIND.edited(call, texts, "file unchanged")
    KIND.add(call, given)


def _modify(call: Call) -> Steps:
    call.must_be_manager()
    given = call.word()
    name = full_name(call.cell, given)
    if name not in KIND.objects(call):
        raise Refused(f"{given} is not an execution host")
    KIND.modify(call, (yield from KIND.edited(call, KIND.get(call, name), "file unchanged")))


def _delete(call: Call) -> None:
    """Those that no queue or host group lists, by their full names."""
    call.must_be_manager()
    for given in call.names():
        name = full_name(call.cell, given)
        if name == "global":
            call.fail('denied: pseudo host "global" may not be deleted')
        elif name not in call.cell.config.hosts:
            call.fail(f'denied: execution host "{given}" does not exist')
        elif wrong := _reference(call.cell, name):
            call.fail(wrong)
        else:
            call.configure("hosts", name, None)
            call.tell(f'{call.who} removed "{name}" from execution host list')


def _reference(cell: Cell, host: str) -> str | None:
    for queue, texts in cell.config.queues.items():
        if host in expand_hosts(cell.config.host_groups, elements(texts.get("hostlist", "NONE"), " ")):
            return f'Host object "{host}" is still referenced in cluster queue "{queue}".'
    for group, members in cell.config.host_groups.items():
        if host in members:
            return f'Host object "{host}" is still referenced in host group "{group}".'
    return None


def _show(call: Call) -> None:
    given = call.word()
    cell, name = call.cell, full_name(call.cell, given)
    host = cell.layout.everywhere if name in ("global", "template") else cell.hosts.get(name)
    if host is None:
        raise Refused(f"{given} is not an execution host")
    call.show(printing.execution_host(host, TEMPLATE | cell.config.hosts.get(name, {}) | {"hostname": name}))


VERBS = (
    Verb("-ae", _add, "[exec_server_template]"),
    Verb("-me", _modify, "server"),
    Verb("-Ae", KIND.add_file, "fname"),
    Verb("-Me", KIND.modify_file, "fname"),
    Verb("-de", _delete, "host_list"),
    Verb("-se", _show, "server"),
    Verb("-sel", listing(lambda cell: cell.hosts, "execution host")),
)
