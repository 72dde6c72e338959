"""The texts that ``qconf -s...`` prints, read back: attributes, complexes, resource quota sets."""

from __future__ import annotations

import re

from fake_sge.core.config import Attributes, Complex, ResourceQuotaSet

__all__ = ["parse_attributes", "parse_complexes", "parse_resource_quotas", "parse_share_tree_rows"]


def parse_attributes(text: str) -> Attributes:
    """Lines of a name and a value; a backslash at the end continues a line. Comments (``#``) are skipped."""
    joined = re.sub(r"[ \t]*\\\n[ \t]*", " ", text)
    attributes: Attributes = {}
    for line in joined.splitlines():
        name, _, value = line.strip().partition(" ")
        if name and not name.startswith("#"):
            attributes[name] = value.strip()
    return attributes


def parse_complexes(text: str) -> dict[str, Complex]:
    """The table of ``qconf -sc``, its columns in their order; raises `ValueError`."""
    found: dict[str, Complex] = {}
    for line in text.splitlines():
        columns = line.split()
        if not columns or columns[0].startswith("#"):
            continue
        if len(columns) != 8:
            raise ValueError(f"{line.strip()!r} is not a line of complex(5)")
        found[columns[0]] = Complex(*columns)
    return found


def parse_resource_quotas(text: str) -> dict[str, ResourceQuotaSet]:
    """The sets that ``qconf -srqs`` prints in braces; raises `ValueError` with what is wrong and its line."""
    sets: dict[str, ResourceQuotaSet] = {}
    current: ResourceQuotaSet | None = None
    lines = enumerate(text.splitlines(), 1)
    number = 0
    for number, line in lines:
        whole = line.strip()
        while whole.endswith("\\"):
            whole = f"{whole[:-1].rstrip()} {next(lines, (0, ''))[1].strip()}"
        key, _, value = whole.partition(" ")
        value = value.strip()
        if whole == "{" and current is None:
            current = ResourceQuotaSet("")
        elif whole == "}" and current is not None:
            if not current.name or current.name in sets:
                raise ValueError("a set needs a name of its own", number)
            sets[current.name] = current
            current = None
        elif current is not None and key in ("name", "description", "enabled", "limit") and value:
            if key == "limit":
                current.limits.append(value)
            else:
                setattr(current, key, value.upper() == "TRUE" if key == "enabled" else value)
        elif whole and not whole.startswith("#"):
            raise ValueError(f"{whole[:60]!r} has no place in a resource quota set", number)
    if current is not None:
        raise ValueError("a set isn't closed by }", number)
    return sets


def parse_share_tree_rows(text: str) -> list[Attributes]:
    """The nodes that ``qconf -sstree`` prints as lines of ``name=value``, each from its ``id`` on."""
    rows: list[Attributes] = []
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and name == "id":
            rows.append({})
        if equals and rows:
            rows[-1][name] = value
    return rows
