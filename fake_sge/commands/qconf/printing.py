"""The objects of a cell in the forms of ``qconf -s...``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fake_sge.core import Cell, Complex, ResourceQuotaSet
from fake_sge.core.instances import Host
from fake_sge.core.texts import attribute_for

__all__ = [
    "calendar",
    "cluster_queue",
    "complexes",
    "configuration",
    "execution_host",
    "host_group",
    "host_group_tree",
    "padded",
    "queue_instance",
    "resource_quotas",
    "share_tree",
    "spaced",
]

_WIDTH = 80


def _wrapped(value: str, indent: int) -> str:
    """Long lists go on in further lines, each but the last ended by a backslash."""
    pieces, piece = [], ""
    for letter in value:
        piece += letter
        if letter in ", ":
            pieces.append(piece)
            piece = ""
    pieces.append(piece)
    lines, line = [], ""
    for position, word in enumerate(pieces):
        rest = 0 if position == len(pieces) - 1 else 2
        if line and indent + len(line) + len(word.rstrip()) + rest > _WIDTH:
            lines.append(line.rstrip())
            line = ""
        line += word
    lines.append(line)
    return f" \\\n{' ' * indent}".join(lines)


def padded(attributes: Mapping[str, str], width: int, *, wrap: bool = True) -> str:
    """Names in a column of *width* characters."""
    return "".join(
        f"{name:<{width}}{_wrapped(value, width) if wrap else value}\n" for name, value in attributes.items()
    )


def spaced(attributes: Mapping[str, str]) -> str:
    """Name, one blank, value."""
    return "".join(f"{name} {value}\n" for name, value in attributes.items())


def cluster_queue(attributes: Mapping[str, str]) -> str:
    """``qconf -sq queue``."""
    return padded(attributes, 22)


def queue_instance(cell: Cell, queue: str, host: str) -> str:
    """``qconf -sq queue@host``: what holds on that host."""
    shown: dict[str, str] = {}
    for name, text in cell.config.queues[queue].items():
        if name == "hostlist":
            shown["hostname"] = host
            continue
        value = attribute_for(text, host, cell.config.host_groups)
        shown[name] = f"{value} " if name == "qtype" else value
    return padded(shown, 22)


def execution_host(host: Host, attributes: Mapping[str, str]) -> str:
    """``qconf -se host``: with what its execd reported."""
    shown: dict[str, str] = {}
    for name, value in attributes.items():
        if name in ("load_values", "processors"):
            continue
        shown[name] = value
        if name == "complex_values":
            load = host.load if host.up else {}
            shown["load_values"] = ",".join(f"{key}={text}" for key, text in load.items()) or "NONE"
            shown["processors"] = load.get("num_proc", "0")
    return padded(shown, 22)


def configuration(name: str, attributes: Mapping[str, str]) -> str:
    """``qconf -sconf``."""
    return f"#{name}:\n{padded(attributes, 29)}"


def complexes(entries: Iterable[Complex]) -> str:
    """``qconf -sc``: a table by name."""
    rows = [
        (c.name, c.shortcut, c.type, c.relop, c.requestable, c.consumable, c.default, c.urgency)
        for c in sorted(entries, key=lambda entry: entry.name)
    ]
    titles = ("#name", "shortcut", "type", "relop", "requestable", "consumable", "default", "urgency")
    least = (5, 8, 4, 5, 11, 10, 7, 8)
    widths = [
        max([width, *(len(row[position]) + 3 for row in rows)]) if position < len(least) - 1 else width
        for position, width in enumerate(least)
    ]
    table = ["".join(f"{cell:<{width}} " for cell, width in zip(line, widths, strict=True)) for line in (titles, *rows)]
    head, *body = [line[:-1] for line in table]
    rule = "#" + "-" * (len(head) - 1)
    end = "# >#< starts a comment but comments are not saved across edits --------"
    return "\n".join([head, rule, *(line.rstrip() for line in body), end]) + "\n"


def calendar(attributes: Mapping[str, str]) -> str:
    """``qconf -scal``."""
    return padded(attributes, 17, wrap=False)


def host_group(name: str, members: Iterable[str]) -> str:
    """``qconf -shgrp``."""
    return f"group_name {name}\nhostlist {_wrapped(' '.join(members) or 'NONE', 9)}\n"


def host_group_tree(groups: Mapping[str, Iterable[str]], name: str, depth: int = 0) -> str:
    """``qconf -shgrp_tree``: members below their group."""
    lines = [f"{'   ' * depth}{name}\n"]
    for member in groups.get(name, ()):
        if member.startswith("@"):
            lines.append(host_group_tree(groups, member, depth + 1))
        else:
            lines.append(f"{'   ' * (depth + 1)}{member}\n")
    return "".join(lines)


def resource_quotas(sets: Iterable[ResourceQuotaSet]) -> str:
    """``qconf -srqs``."""
    parts = []
    for one in sets:
        limits = "".join(f"   limit        {_limit(limit)}\n" for limit in one.limits)
        enabled = "TRUE" if one.enabled else "FALSE"
        head = f"   name         {one.name}\n   description  {one.description}\n   enabled      {enabled}\n"
        parts.append(f"{{\n{head}{limits}}}\n")
    return "".join(parts)


def _limit(text: str) -> str:
    """Long ones go on in further lines, which are indented less."""
    first, *others = _wrapped(text.removeprefix("limit").strip(), 16).split("\n")
    return "\n".join([first, *(f"   {line.strip()}" for line in others)])


def share_tree(rows: Iterable[Mapping[str, str]]) -> str:
    """``qconf -sstree``: the nodes, an attribute a line."""
    return "".join(f"{name}={value}\n" for row in rows for name, value in row.items())
