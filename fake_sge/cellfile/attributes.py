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
    """The sets that ``qconf -srqs`` prints in braces."""
    sets: dict[str, ResourceQuotaSet] = {}
    for block in re.findall(r"^\{$(.*?)^\}$", text, flags=re.DOTALL | re.MULTILINE):
        current = ResourceQuotaSet("")
        for line in re.sub(r"[ \t]*\\\n[ \t]*", " ", block).splitlines():
            key, _, value = line.strip().partition(" ")
            value = value.strip()
            if key == "name":
                current.name = value
            elif key == "description":
                current.description = value
            elif key == "enabled":
                current.enabled = value.upper() == "TRUE"
            elif key == "limit":
                current.limits.append(value)
        sets[current.name] = current
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
