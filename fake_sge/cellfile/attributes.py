"""The texts that ``qconf -s...`` prints, read back: attributes, complexes, resource quota sets."""

from __future__ import annotations

import re

from fake_sge.core.config import Attributes, Complex, ResourceQuotaSet

__all__ = ["parse_attributes", "parse_complexes", "parse_resource_quotas"]


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
