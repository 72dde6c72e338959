"""What the texts of a cell's objects say: lists, pairs, names of hosts, values that differ from host to host."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

__all__ = ["attribute_for", "expand_hosts", "names", "pairs", "same_host"]

_OVERRIDE = re.compile(r",?\s*\[([^=\]]+)=([^\]]*)\]")


def names(text: str) -> list[str]:
    """The entries of a list attribute, whether joined by blanks or commas; none for NONE."""
    return [name for name in re.split(r"[\s,]+", text.strip()) if name and name.upper() != "NONE"]


def pairs(text: str) -> list[tuple[str, str]]:
    """``a=1,b=2`` as pairs, in order; none for NONE."""
    return [(name, value) for name, _, value in (item.partition("=") for item in names(text))]


def same_host(wanted: str, host: str) -> bool:
    """Host names are compared without case; a bare name stands for the one in the cell's domain."""
    wanted, host = wanted.lower(), host.lower()
    return wanted == host or ("." not in wanted and host.partition(".")[0] == wanted)


def expand_hosts(groups: Mapping[str, Sequence[str]], entries: Sequence[str]) -> list[str]:
    """The host names behind hosts and (nested) ``@groups``, each once, in order."""
    found: dict[str, None] = {}
    seen: set[str] = set()

    def walk(entry: str) -> None:
        if not entry.startswith("@"):
            found.setdefault(entry)
        elif entry not in seen:
            seen.add(entry)
            for member in groups.get(entry, ()):
                walk(member)

    for entry in entries:
        walk(entry)
    return list(found)


def attribute_for(text: str, host: str, groups: Mapping[str, Sequence[str]]) -> str:
    """A queue attribute's text as it holds on *host*: ``16,[gpu001=8],[@big=32]``; the host's own entry wins."""
    if "[" not in text:
        return text.strip()
    chosen = None
    for where, value in _OVERRIDE.findall(text):
        if not where.startswith("@") and same_host(where, host):
            return str(value).strip()
        if where.startswith("@") and chosen is None and host in expand_hosts(groups, [where]):
            chosen = value.strip()
    return chosen if chosen is not None else text[: text.index("[")].rstrip(", ").strip()
