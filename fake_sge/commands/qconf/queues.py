"""Cluster queues: ``-aq -Aq -mq -Mq -dq -sq -sql``."""

from __future__ import annotations

from collections.abc import Sequence

from fake_sge.commands.qconf import printing
from fake_sge.commands.qconf.call import Call, Refused, Steps, Verb
from fake_sge.commands.qconf.files import parse_object
from fake_sge.commands.qconf.hosts import TEMPLATE as HOST_TEMPLATE
from fake_sge.commands.qconf.layered import split
from fake_sge.commands.qconf.objects import ObjectKind, listing
from fake_sge.commands.qconf.queue_values import FIELDS, KINDS, checked, read_layers, resolved
from fake_sge.commands.qconf.resolve import resolve
from fake_sge.commands.qconf.values import ValueKind, elements
from fake_sge.commands.queues import select_queues
from fake_sge.commands.usage import usage
from fake_sge.core import Cell
from fake_sge.core.config import Attributes

__all__ = ["KIND", "VERBS", "host_list", "template"]


def _check(call: Call, given: Attributes, before: Attributes | None) -> Attributes:
    """The texts to be kept, once the qmaster has nothing against them. Hosts become execution hosts."""
    cell, name = call.cell, given["qname"]
    hosts = host_list(cell, elements(given["hostlist"], " "))
    kept = {key: resolved(cell, text) if key in KINDS and key != "hostlist" else text for key, text in given.items()}
    kept["hostlist"] = " ".join(hosts) or "NONE"
    changed = {key: text for key, text in kept.items() if before is None or text != before.get(key)}
    if wrong := checked(cell, name, {key: text for key, text in changed.items() if key in KINDS and key != "hostlist"}):
        raise Refused(wrong)
    for host in hosts:
        if not host.startswith("@") and host not in cell.config.hosts:
            call.configure("hosts", host, {**HOST_TEMPLATE, "hostname": host})
    return kept


def host_list(cell: Cell, entries: Sequence[str]) -> list[str]:
    """Full names of hosts and names of host groups. Raises `Refused` for what isn't there."""
    found: list[str] = []
    for entry in entries:
        if entry.startswith("@"):
            if entry not in cell.config.host_groups:
                raise Refused(f'denied: host group "{entry}" does not exist')
            found.append(entry)
        else:
            full = resolve(cell, entry)
            if full is None:
                raise Refused(f'unable to resolve host "{entry}"')
            found.append(full)
    return list(dict.fromkeys(found))


def _read_value(kind: ValueKind, text: str) -> str:
    return kind.read(text) if kind is KINDS["hostlist"] and "[" not in text else read_layers(kind, text)


KIND = ObjectKind(
    field="queues",
    what="cluster queue",
    whole="cluster queue list",
    word="queue",
    key="qname",
    fields=FIELDS,
    check=_check,
    kinds=KINDS,
    unreadable='Cluster queue file "{}" is not correct',
    unopened="",
    read_value=_read_value,
)


def _add_file(call: Call) -> Steps:
    if not call.has_word:
        raise Refused("no file argument given")
    yield from KIND.add_file(call)


def _modify_file(call: Call) -> Steps:
    if not call.has_word:
        raise Refused("no file argument given")
    yield from KIND.modify_file(call)


def template() -> Attributes:
    """What a new queue begins with."""
    return parse_object(usage("queue_template"), FIELDS)


def _add(call: Call) -> Steps:
    call.must_be_manager()
    name = call.word() if call.has_word else "template"
    given = yield from KIND.edited(call, template() | {"qname": name})
    if given["qname"] == "template":
        raise Refused('cluster queue name "template" is not valid')
    KIND.add(call, given)


def _modify(call: Call) -> Steps:
    call.must_be_manager()
    name = call.word()
    if name not in call.cell.config.queues:
        raise Refused(f'Cluster queue entry "{name}" does not exist')
    given = yield from KIND.edited(call, KIND.get(call, name))
    KIND.modify(call, given)


def _delete(call: Call) -> None:
    call.must_be_manager()
    for name in call.names():
        user = next(
            (
                other
                for other, texts in call.cell.config.queues.items()
                if other != name
                and any(name in value for value in split(texts.get("subordinate_list", "NONE")).values())
            ),
            None,
        )
        if name in call.cell.config.queues and user is not None:
            call.fail(
                f'Cluster queue "{name}" is referenced in cluster queue "{user}" as a subordinate. Deletion denied'
            )
        else:
            KIND.remove(call, name)


def _show(call: Call) -> None:
    """A cluster queue, a queue instance, or without a name the template."""
    if not call.has_word:
        call.show(usage("queue_template"))
        return
    cell = call.cell
    shown: list[str] = []
    for name in call.names():
        if "@" in name:
            found = [printing.queue_instance(cell, place.queue, place.host) for place in select_queues(cell, [name])]
        else:
            queues = dict.fromkeys(place.queue for place in select_queues(cell, [name]))
            if name in cell.config.queues:
                queues[name] = None
            found = [printing.cluster_queue(cell.config.queues[queue]) for queue in sorted(queues)]
        if not found:
            raise Refused(f'No cluster queue or queue instance matches the phrase "{name}"')
        shown += found
    call.show("\n".join(shown))


VERBS = (
    Verb("-aq", _add, "[queue_name]"),
    Verb("-mq", _modify, "queue"),
    Verb("-Aq", _add_file, "fname"),
    Verb("-Mq", _modify_file, "fname"),
    Verb("-dq", _delete, "wc_queue_list"),
    Verb("-sq", _show, "[wc_queue_list]"),
    Verb("-sql", listing(lambda cell: cell.config.queues, "cqueue list")),
)
