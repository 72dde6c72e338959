"""One attribute of objects of any kind: ``-aattr -mattr -dattr -rattr``, from files ``-Aattr ...``, and ``-purge``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fake_sge.commands.qconf import (
    access_lists,
    calendars,
    checkpoints,
    environments,
    groups,
    hosts,
    projects,
    queues,
    users,
)
from fake_sge.commands.qconf.call import Call, Refused, Steps, Verb
from fake_sge.commands.qconf.layered import DEFAULT, join, split
from fake_sge.commands.qconf.objects import ObjectKind
from fake_sge.commands.qconf.resolve import resolve
from fake_sge.commands.qconf.values import BadValue, ValueKind, changed_list, elements
from fake_sge.core.config import Attributes
from fake_sge.core.resources import matches_pattern

__all__ = ["VERBS"]

_SUBJECTS = (queues, hosts, groups, environments, calendars, checkpoints, projects, users, access_lists)
_KINDS: dict[str, ObjectKind] = {
    kind.word: kind for subject in _SUBJECTS if (kind := getattr(subject, "KIND", None)) is not None
}
_TEMPORARY = "/tmp/pid-1-qconf0"  # noqa: S108 -- only a name in a message: 8.1.9 reads the value back from such a file


def _kind(call: Call) -> ObjectKind:
    word = call.word()
    if word not in _KINDS:
        raise Refused(f'Modification of object "{word}" not supported')
    return _KINDS[word]


def _from_words(action: str) -> Callable[[Call], None]:
    """``-mattr obj_nm attr_nm val obj_id_list``."""

    def act(call: Call) -> None:
        kind = _kind(call)
        attribute, value = call.word(), call.any_word()
        _change(call, kind, {attribute: _read(kind, attribute, value)}, action)

    return act


def _read(kind: ObjectKind, attribute: str, value: str) -> str:
    if attribute not in kind.fields or not value:
        invalid = f'The attribute name ("{attribute}") and/or value ("{value}") is invalid'
        raise Refused(f'{invalid}\nerror reading file: "{_TEMPORARY}"')
    try:
        return kind.read_value(kind.kind_of(attribute), value)
    except BadValue as bad:
        lines = [str(line) for line in bad.args]
        if lines[0].startswith("unknown attribute"):
            lines[0] = f'The attribute name ("{attribute}") and/or value ("{value}") is invalid'
        raise Refused("\n".join([*lines, f'error reading file: "{_TEMPORARY}"'])) from None


def _from_file(action: str) -> Callable[[Call], Steps]:
    """``-Mattr obj_nm fname obj_id_list``."""

    def act(call: Call) -> Steps:
        kind = _kind(call)
        path = call.word()
        if not call.has_word:
            raise Refused("qconf: missing filename as option argument")
        try:
            text = yield from call.read(path)
            given = kind.parse(text, path, complete=False)
            if not given:
                raise Refused(f'error: error reading file: "{path}"')
        except Refused as refused:
            lines = [line for line in refused.text.split("\n") if line.startswith("error: ")]
            again = [f'error: invalid option argument "{path}"', "Usage: qconf -help"]
            raise Refused("\n".join([*lines, *again])) from None
        _change(call, kind, given, action)

    return act


def _change(call: Call, kind: ObjectKind, given: Attributes, action: str) -> None:
    if kind.key in given:
        raise Refused(f"qconf: cannot change {kind.key}")
    targets = []
    while call.has_word:
        targets.append(call.word())
    if not targets:
        raise Refused("qconf: missing object list")
    if action == "m" and any(kind.kind_of(name).is_list and _is_none(text) for name, text in given.items()):
        raise Refused('"NONE" is not a valid list attribute value for -mattr.  Try using -rattr instead.')
    wrong = []
    for target in targets:
        try:
            _change_one(call, kind, target, given, action)
        except Refused as refused:
            wrong.append(refused.text)
    if wrong:
        raise Refused("\n".join(wrong))


def _is_none(text: str) -> bool:
    return text.upper() == "NONE"


def _change_one(call: Call, kind: ObjectKind, target: str, given: Attributes, action: str) -> None:
    target, where = _aim(kind, target)
    if where is not None and any(set(split(text)) != {DEFAULT} for text in given.values()):
        raise Refused("Queue domain/instance values are only allowed for cluster queues.")
    call.must_be_manager()
    name = kind.full_name(call.cell, target)
    before = kind.get(call, name)
    after, said = dict(before), []
    for attribute, text in given.items():
        value_kind = kind.kind_of(attribute)
        if kind is queues.KIND and attribute != "hostlist":
            layers = {where or host: value for host, value in split(text).items()}
            after[attribute], more = _layered(call, value_kind, before[attribute], layers, (action, attribute, name))
        else:
            after[attribute], more = _plain(call, kind, before[attribute], text, (action, attribute, name))
        said += more
    call.configure(kind.field, name, kind.store(kind.check(call, after, before)))
    for line in said:
        call.say(line)
    call.say(f'{call.who} modified "{name}" in {kind.whole}')


def _aim(kind: ObjectKind, target: str) -> tuple[str, str | None]:
    """An object's name; for ``queue@host`` and ``queue@@group`` the host or group, too."""
    if kind is not queues.KIND:
        return target, None
    queue, at, where = target.partition("@")
    return queue, where if at else None


def _plain(call: Call, kind: ObjectKind, before: str, text: str, what: tuple[str, str, str]) -> tuple[str, list[str]]:
    action, attribute, name = what
    value_kind = kind.kind_of(attribute)
    if not value_kind.is_list:
        return text, []
    given = elements(text, value_kind.joint)
    if attribute == "hostlist":
        given = queues.host_list(call.cell, given) if action != "d" else [resolve(call.cell, e) or e for e in given]
    after, said = changed_list(elements(before, value_kind.joint), given, action, attribute, kind.label or name)
    return value_kind.joint.join(after) or "NONE", said


def _layered(
    call: Call, kind: ValueKind, before: str, given: dict[str, str], what: tuple[str, str, str]
) -> tuple[str, list[str]]:
    """The same for each host and host group that is given."""
    action, attribute, name = what
    layers, said = split(before), []
    for host, value in given.items():
        where = host if host.startswith("@") else resolve(call.cell, host) or host
        if action == "d" and where not in layers:
            continue
        if not kind.is_list:
            layers[where] = value
            continue
        there = elements(layers[where], kind.joint) if where in layers else []
        if where not in layers and action == "m":
            layers[where] = value
            said.append(f'"{attribute}" of "{name}" is empty - Adding new element(s).')
            continue
        after, more = changed_list(there, elements(value, kind.joint), action, attribute, name)
        layers[where] = kind.joint.join(after) or "NONE"
        said += more
    return join(layers), said


def _purge(call: Call) -> None:
    """``-purge queue attr_nm queue@host``: take away what holds for one host or host group only."""
    word = call.word()
    if word != "queue":
        raise Refused(f'Modification of object "{word}" not supported')
    attribute, target = call.word(), call.word()
    queue, at, where = target.partition("@")
    if not queue or not at or not where:
        raise Refused(f'Given object_instance "{queue}" is incomplete')
    if where == DEFAULT:
        raise Refused(f'Modification of object "{where}" not supported')
    if queue not in call.cell.config.queues:
        raise Refused(f'Cluster queue entry "{queue}" does not exist')
    before = queues.KIND.get(call, queue)
    after = _purged(before, attribute.split(","), where)
    if after == before:
        call.tell(f'Attribute name ("{attribute}") and/or value ("{where}") not found')
        return
    call.must_be_manager()
    call.configure("queues", queue, queues.KIND.check(call, after, before))
    call.say(f'{call.who} modified "{queue}" in cluster queue list')


def _purged(before: Attributes, patterns: Sequence[str], where: str) -> Attributes:
    after = dict(before)
    for name, text in before.items():
        if name == queues.KIND.key or not any(matches_pattern(pattern, name) for pattern in patterns):
            continue
        if name == "hostlist":
            after[name] = " ".join(entry for entry in elements(text, " ") if entry != where) or "NONE"
        else:
            after[name] = join({host: value for host, value in split(text).items() if host != where})
    return after


VERBS = (
    *(Verb(f"-{action}attr", _from_words(action), "obj_nm attr_nm val obj_id_list") for action in "amdr"),
    *(Verb(f"-{action.upper()}attr", _from_file(action), "obj_nm fname obj_id_list") for action in "amdr"),
    Verb("-purge", _purge, "obj_nm3 attr_nm objectname"),
)
