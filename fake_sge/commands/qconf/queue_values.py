"""What the attributes of queue_conf(5) may be, by themselves and in view of the rest of the cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from fake_sge.commands.qconf.layered import DEFAULT, join, split
from fake_sge.commands.qconf.resolve import resolve
from fake_sge.commands.qconf.values import (
    BOOL,
    MEMORY,
    NAMES,
    NUMBER,
    PAIRS,
    TEXT,
    TIME,
    BadValue,
    ValueKind,
    elements,
)
from fake_sge.core import Cell
from fake_sge.core.config import Attributes
from fake_sge.core.resources import STRING_TYPES, NotAValue, parse_value

__all__ = ["FIELDS", "KINDS", "checked", "complaint_about_values", "read_layers", "resolved"]

_TYPES = ("BATCH", "INTERACTIVE")
_MOST_SLOTS = 9999999


def _types(text: str) -> str:
    found = [name.upper() for name in text.replace(",", " ").split()]
    if found == ["NONE"]:
        return "NONE"
    if not found or any(name not in _TYPES for name in found):
        raise BadValue(f'unknown attribute name "{text}"', f'error parsing queue type from string "{text}"')
    return " ".join(name for name in _TYPES if name in found)


def _subordinates(text: str) -> str:
    return "NONE" if text.upper() == "NONE" else ",".join(text.replace(",", " ").split())


_TYPE = ValueKind(_types)
_SUBORDINATES = ValueKind(_subordinates, ",")
_LIMITS = ("fsize", "data", "stack", "core", "rss", "vmem")

KINDS: Mapping[str, ValueKind] = {
    "hostlist": NAMES,
    "seq_no": NUMBER,
    "load_thresholds": PAIRS,
    "suspend_thresholds": PAIRS,
    "nsuspend": NUMBER,
    "suspend_interval": TIME,
    "priority": TEXT,
    "min_cpu_interval": TIME,
    "processors": TEXT,
    "qtype": _TYPE,
    "ckpt_list": NAMES,
    "pe_list": NAMES,
    "rerun": BOOL,
    "slots": NUMBER,
    **dict.fromkeys(("tmpdir", "shell", "prolog", "epilog", "shell_start_mode", "starter_method"), TEXT),
    **dict.fromkeys(("suspend_method", "resume_method", "terminate_method"), TEXT),
    "notify": TIME,
    **dict.fromkeys(("owner_list", "user_lists", "xuser_lists"), NAMES),
    "subordinate_list": _SUBORDINATES,
    "complex_values": PAIRS,
    **dict.fromkeys(("projects", "xprojects"), NAMES),
    **dict.fromkeys(("calendar", "initial_state"), TEXT),
    **dict.fromkeys(("s_rt", "h_rt", "s_cpu", "h_cpu"), TIME),
    **{f"{kind}_{what}": MEMORY for what in _LIMITS for kind in "sh"},
}
"""The attributes after ``qname``, in the order in which they are printed."""

FIELDS = ("qname", *KINDS)


def read_layers(kind: ValueKind, text: str) -> str:
    """A value with those for hosts and host groups. Raises `BadValue`."""
    layers = split(text)
    try:
        return join({where: kind.read(value) for where, value in layers.items()})
    except BadValue as bad:
        value = next(v for v in layers.values() if _is_bad(kind, v))
        raise BadValue(*bad.args, f'Error during parsing of attribute value "{value}"') from None


def _is_bad(kind: ValueKind, value: str) -> bool:
    try:
        kind.read(value)
    except BadValue:
        return True
    return False


def resolved(cell: Cell, text: str) -> str:
    """The same with the full names of hosts, as far as they are known."""
    layers = split(text)
    return join({w if w.startswith("@") else resolve(cell, w) or w: value for w, value in layers.items()})


def checked(cell: Cell, queue: str, attributes: Attributes) -> str | None:
    """What the qmaster has against a queue's attributes; None if nothing."""
    for name in (n for n in _ORDER if n in attributes):
        layers = split(attributes[name])
        if DEFAULT not in layers:
            return f'"{name}" has no default value'
        for where in layers:
            if where.startswith("@") and where != DEFAULT and where not in cell.config.host_groups:
                return f'Did not modify "{name}" for host group "{where}" which does not exist.'
        if name in _CHECKS:
            wrong = [text for value in layers.values() if (text := _CHECKS[name](cell, queue, value))]
            if wrong:
                return "\n".join(wrong)
    return None


def _slots(_cell: Cell, _queue: str, value: str) -> str | None:
    if int(value) <= _MOST_SLOTS:
        return None
    return f'{value} is an invalid value for the "slots" attribute - it must be a value between 0 and {_MOST_SLOTS}'


def _shell(_cell: Cell, _queue: str, value: str) -> str | None:
    return None if value.startswith("/") else f'Invalid value "{value}" for shell '


def _calendar(cell: Cell, _queue: str, value: str) -> str | None:
    known = value.upper() == "NONE" or value in cell.config.calendars
    return None if known else f'Calendar "{value}" does not exist'


def _priority(_cell: Cell, _queue: str, value: str) -> str | None:
    number = re.match(r"[+-]?\d+", value)
    if number is None:
        return "Invalid character"
    return None if -20 <= int(number[0]) <= 20 else "Priority not in range -20 to +20"


def _processors(_cell: Cell, _queue: str, value: str) -> str | None:
    if value.upper() in ("UNDEFINED", "NONE") or re.fullmatch(r"\d+(-\d+)?(,\d+(-\d+)?)*", value):
        return None
    return f'Numerical value invalid!\nThe initial portion of string "{value}" contains no decimal number'


def _one_of(*allowed: str, text: str) -> Callable[[Cell, str, str], str | None]:
    return lambda _cell, _queue, value: None if value.lower() in allowed else text.format(value)


def _all_known(of: Callable[[Cell], Mapping[str, object]], what: str) -> Callable[[Cell, str, str], str | None]:
    def check(cell: Cell, _queue: str, value: str) -> str | None:
        missing = [name for name in elements(value, " ") if name not in of(cell)]
        return f'{what} "{missing[0]}" does not exist' if missing else None

    return check


def _complex_values(cell: Cell, _queue: str, value: str) -> str | None:
    for entry in elements(value, ","):
        name = entry.partition("=")[0]
        if cell.layout.complex(name) is None:
            return f'Complex attribute "{name}" does not exist'
    return complaint_about_values(cell, value)


def complaint_about_values(cell: Cell, text: str) -> str | None:
    """What is wrong with the values of complexes that all exist."""
    for entry in elements(text, ","):
        name, _, value = entry.partition("=")
        attribute = cell.layout.complex(name)
        if attribute is None or attribute.type in STRING_TYPES:
            continue
        try:
            parse_value(attribute.type, value)
        except NotAValue as error:
            return f'attribute "{attribute.name}" is not a {error.kind} value'
    return None


def _subordinate_list(cell: Cell, queue: str, value: str) -> str | None:
    slotwise = re.fullmatch(r"slots=\d+\((.*)\)", value)
    for entry in elements(slotwise[1] if slotwise else value, ","):
        name = re.split(r"[=:]", entry)[0]
        if name == queue:
            return f'Cluster queue "{queue}" can\'t get subordinated by itself'
        if name not in cell.config.queues:
            return f'Subordinated cluster queue "{name}" referenced in "{queue}" does not exist'
    return None


def _checkpoints(cell: Cell) -> Mapping[str, object]:
    found: Mapping[str, object] = getattr(cell.config, "checkpoints", {})
    return found


_CHECKS: dict[str, Callable[[Cell, str, str], str | None]] = {
    "slots": _slots,
    "shell": _shell,
    "calendar": _calendar,
    "priority": _priority,
    "processors": _processors,
    "shell_start_mode": _one_of(
        "unix_behavior", "posix_compliant", "script_from_stdin", text='Invalid value "{}" as shell start mode'
    ),
    "initial_state": _one_of("default", "enabled", "disabled", text='Invalid value "{}" as initial state'),
    "ckpt_list": _all_known(_checkpoints, "Ckpt"),
    "pe_list": _all_known(lambda cell: cell.config.parallel_environments, "Parallel environment"),
    "user_lists": _all_known(lambda cell: cell.config.access_lists, "Userset"),
    "xuser_lists": _all_known(lambda cell: cell.config.access_lists, "Userset"),
    "projects": _all_known(lambda cell: cell.config.projects, "Project"),
    "xprojects": _all_known(lambda cell: cell.config.projects, "Project"),
    "complex_values": _complex_values,
    "subordinate_list": _subordinate_list,
}
_ORDER = tuple(dict.fromkeys(["seq_no", "nsuspend", *_CHECKS, *(name for name in KINDS if name != "hostlist")]))
"""The qmaster checks in this order, and stops at the first attribute with something wrong."""
