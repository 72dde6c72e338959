"""A live cluster's ``qconf -s...`` output as a cell file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from fake_sge.cellfile.document import Document, Path_, parse_yaml
from fake_sge.cellfile.load import describe_cell
from fake_sge.cellfile.qconf import read_objects
from fake_sge.cellfile.writing import cell_text
from fake_sge.cellfile.written import written_cell
from fake_sge.core.config import CellConfig
from fake_sge.core.texts import expand_hosts

__all__ = ["ImportedCell", "import_cell"]

_COMMENT = """Made from what qconf printed. What is as freshly installed is left out.
qconf doesn't tell the cluster's name, time zone and addresses, nor whether rmem is enforced."""


@dataclass(frozen=True, slots=True)
class ImportedCell:
    """The *text* of a cell file, and a *note* for each thing that it can't say."""

    text: str
    notes: tuple[str, ...]


def import_cell(directory: str | Path) -> ImportedCell:
    """The cell file for the objects in *directory* (see `read_qconf`).

    The file is read again and compared before it is given out. Raises `BadFile`, with the file and line of what a cell
    file can't have.
    """
    folder = Path(directory)
    config = read_objects(folder)
    data = written_cell(config)
    text = cell_text(data, _COMMENT)
    document = parse_yaml(text, str(folder))
    document.replaced |= dict(_sources(folder, data, document))
    rebuilt = describe_cell(document).build()
    return ImportedCell(text, tuple(_differences(config, rebuilt)))


_FILES = {"scheduler": "ssconf", "configuration": "sconf", "complexes": "sc", "quotas": "srqs", "share_tree": "sstree"}
_PREFIXES = {
    "parallel_environments": "sp_",
    "projects": "sprj_",
    "access_lists": "su_",
    "users": "suser_",
    "calendars": "scal_",
    "checkpoints": "sckpt_",
    "host_groups": "shgrp_",
}
_PRINTED = {"pe": "pe_list", "type": "qtype", "access": "acl", "no_access": "xacl", "rule": "allocation_rule"}


def _sources(folder: Path, data: Mapping[str, Any], document: Document) -> Iterator[tuple[Path_, str]]:
    """The file (and line) from which each value of the document comes."""
    for path in document.lines:
        subject, *rest = path or ("",)
        name = str(rest[0]) if rest else ""
        if subject == "queues" and rest:
            file = f"sq_{data['queues'][rest[0]]['name']}"
        elif subject in _PREFIXES and rest:
            file = f"{_PREFIXES[str(subject)]}{name}"
        elif subject == "hosts" and rest:
            found = sorted(folder.glob(f"se_{data['hosts'][name].get('names', name).partition('{')[0]}*"))
            file = found[0].name if found else ""
        else:
            file = _FILES.get(str(subject), "")
        if file:
            yield path, _line(folder / file, [str(step) for step in rest])


def _line(path: Path, steps: list[str]) -> str:
    """The first line of *path* that begins with the innermost of *steps* that is there."""
    lines = path.read_text("utf-8", "replace").splitlines() if path.is_file() else []
    for step in reversed(steps):
        for number, line in enumerate(lines, 1):
            if re.match(rf"\s*(?:name=)?{re.escape(_PRINTED.get(step, step))}(?:\s|$)", line):
                return f"{path}:{number}"
    return str(path)


def _differences(config: CellConfig, rebuilt: CellConfig) -> Iterator[str]:
    """What the cell file says differently, but for what each has: a group for its hosts, which are admin hosts."""
    for field in fields(CellConfig):
        if field.name in ("cluster_name", "domain"):
            continue
        before, after = getattr(config, field.name), getattr(rebuilt, field.name)
        if field.name == "admin_hosts":
            after = [host for host in after if host in before or host not in config.hosts]
        if field.name == "host_groups":
            before, after = (
                {name: expand_hosts(one.host_groups, members) for name, members in one.host_groups.items()}
                for one in (config, rebuilt)
            )
        if isinstance(before, dict):
            for name in sorted({*before, *after}):
                if name in after and name not in before and field.name in ("host_groups", "complexes"):
                    continue
                yield from _difference(f"{field.name}.{name}", before.get(name), after.get(name))
        else:
            yield from _difference(field.name, before, after)


def _difference(what: str, before: Any, after: Any) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in {**before, **after}:
            if key != "delete_time":
                yield from _difference(f"{what}.{key}", before.get(key), after.get(key))
    elif _plain(before) != _plain(after):
        if after is None:
            yield f"{what}: left out, a cell file can't say it"
        else:
            yield f"{what}: {before} became {after}"


def _plain(value: Any) -> Any:
    """What matters of a text: lists have no order, and time and memory one way of writing."""
    if isinstance(value, list):
        return sorted(map(str, value))
    if isinstance(value, str):
        return sorted(word for word in re.split(r"[\s,]+", value.lower()) if word)
    return value
