"""A cell read back from what ``qconf`` printed: a directory with one file an object (``ssconf``, ``sq_all.q``, ...)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from fake_sge.cellfile import defaults
from fake_sge.cellfile.attributes import parse_complexes, parse_resource_quotas, parse_share_tree_rows
from fake_sge.cellfile.document import MAX_BYTES, BadFile
from fake_sge.cellfile.units import parse_memory
from fake_sge.core import Cell
from fake_sge.core.config import Attributes, CellConfig, Complex, Machine
from fake_sge.core.sharetree import BadShareTree, parse_share_tree

__all__ = ["read_objects", "read_qconf"]

_REPORTED = ("load_values", "processors")
"""Attributes of a host that its execd reported when it was printed; they are the machine's."""

_SAID_OF_GLOBAL = ("hostname", *_REPORTED)
_ATTRIBUTE = re.compile(r"[A-Za-z]\w*")
_FIX = "give the file as qconf printed it, without its messages"
_Read = TypeVar("_Read")


def read_qconf(directory: str | Path) -> CellConfig:
    """The cell whose objects *directory* holds; what isn't there is as freshly installed.

    Files are named by the option of qconf and the object: ``sc``, ``sconf``, ``ssconf``, ``srqs``, ``sstree``,
    ``se_HOST``, ``shgrp_GROUP`` (without its @), ``sq_QUEUE``, ``sp_PE``, ``sprj_PROJECT``, ``su_LIST``,
    ``suser_USER``, ``scal_CALENDAR``, ``sckpt_INTERFACE``, ``sconf_HOST``, and
    the lists ``sss``, ``sh``, ``ss``, ``sm``,
    so. Raises `BadFile`, with the line of what can't be read.
    """
    config = read_objects(directory)
    try:
        Cell(config)
    except ValueError as error:
        raise BadFile(f"holds a value that can't be read: {error}", str(directory), "print that object anew") from None
    return config


def read_objects(directory: str | Path) -> CellConfig:
    """The same, without looking whether a cell can live by it."""
    folder = Path(directory)
    hosts = _objects(folder, "se_", "hostname", defaults.HOST)
    queues = _objects(folder, "sq_", "qname", defaults.QUEUE)
    if not hosts or not queues:
        raise BadFile(
            "holds no cell", str(folder), "give a directory with se_HOST, sq_QUEUE, ssconf, ... as qconf prints them"
        )
    groups = _objects(folder, "shgrp_", "group_name", {"hostlist": "NONE"})
    if all(text.upper() == "NONE" for name, text in hosts.get("global", {}).items() if name not in _SAID_OF_GLOBAL):
        hosts.pop("global", None)
    admin_hosts = _names(folder / "sh")
    return CellConfig(
        qmaster=[*_names(folder / "sss"), *admin_hosts, "master"][0],
        complexes=_complexes(folder / "sc") or defaults.complexes(),
        hosts={name: {key: one[key] for key in one if key not in _REPORTED} for name, one in hosts.items()},
        host_groups={name: one["hostlist"].replace("NONE", "").split() for name, one in groups.items()},
        queues=queues,
        parallel_environments=_objects(folder, "sp_", "pe_name", defaults.PE),
        projects=_objects(folder, "sprj_", "name", _PROJECT),
        access_lists={**defaults.ACCESS_LISTS, **_objects(folder, "su_", "name", _ACCESS_LIST)},
        users=_objects(folder, "suser_", "name", _USER),
        calendars=_objects(folder, "scal_", "calendar_name", {"year": "NONE", "week": "NONE"}),
        checkpoints=_objects(folder, "sckpt_", "ckpt_name", _CHECKPOINT),
        resource_quotas=_read(folder / "srqs", parse_resource_quotas, "qconf -srqs"),
        share_tree=_share_tree(folder / "sstree"),
        scheduler=defaults.SCHEDULER | _attributes(folder / "ssconf"),
        configuration={
            "global": defaults.CONFIGURATION | _attributes(folder / "sconf"),
            **{path.name.removeprefix("sconf_"): _attributes(path) for path in sorted(folder.glob("sconf_*"))},
        },
        admin_hosts=admin_hosts,
        submit_hosts=_names(folder / "ss"),
        managers=_names(folder / "sm") or ["root"],
        operators=_names(folder / "so"),
        machines={name: _machine(folder / f"se_{name}", one) for name, one in hosts.items() if name != "global"},
    )


_CHECKPOINT: Attributes = {
    "interface": "userdefined",
    "ckpt_command": "none",
    "migr_command": "none",
    "restart_command": "none",
    "clean_command": "none",
    "ckpt_dir": "/tmp",  # noqa: S108 -- a name in the cell
    "signal": "none",
    "when": "sx",
}
_PROJECT: Attributes = {"oticket": "0", "fshare": "0", "acl": "NONE", "xacl": "NONE"}
_ACCESS_LIST: Attributes = {"type": "ACL", "fshare": "0", "oticket": "0", "entries": "NONE"}
_USER: Attributes = {"oticket": "0", "fshare": "0", "delete_time": "0", "default_project": "NONE"}


def _objects(folder: Path, prefix: str, key: str, usual: Attributes) -> dict[str, Attributes]:
    """The objects of one kind by their names; attributes that an older qconf doesn't print are as *usual*."""
    found: dict[str, Attributes] = {}
    for path in sorted(folder.glob(f"{prefix}*")):
        attributes = _attributes(path)
        if key not in attributes:
            raise BadFile(f"has no line {key}", str(path), _FIX)
        if attributes[key] in found:
            raise BadFile(f"describes {attributes[key]}, as another file does", str(path), "leave one of them out")
        found[attributes[key]] = {key: attributes[key]} | usual | attributes
    return found


def _attributes(path: Path) -> Attributes:
    """Lines of a name and a value; a backslash at the end continues a line. Comments (``#``) are skipped."""
    found: Attributes = {}
    lines = enumerate(_text(path).splitlines(), 1)
    for number, line in lines:
        whole = line.rstrip()
        while whole.endswith("\\"):
            whole = f"{whole[:-1].rstrip()} {next(lines, (0, ''))[1].strip()}"
        name, _, value = whole.strip().partition(" ")
        if not name or name.startswith("#"):
            continue
        if not _ATTRIBUTE.fullmatch(name):
            raise BadFile(f"{whole.strip()[:60]!r} is not an attribute and its value", f"{path}:{number}", _FIX)
        if name in found:
            raise BadFile(f"the attribute {name} is there twice", f"{path}:{number}", "keep one object in a file")
        found[name] = value.strip()
    return found


def _text(path: Path) -> str:
    """The text of *path*, "" where there is none (qconf says so on stderr)."""
    if not path.is_file():
        return ""
    if path.stat().st_size > MAX_BYTES:
        raise BadFile(f"is larger than {MAX_BYTES:,} bytes", str(path), "give what one qconf command printed")
    return path.read_text(encoding="utf-8", errors="replace")


def _read(path: Path, parse: Callable[[str], _Read], printed_by: str) -> _Read:
    """What *parse* makes of the file; it raises `ValueError`, with the line as its second argument if it knows it."""
    try:
        return parse(_text(path))
    except ValueError as error:
        what, *line = error.args
        raise BadFile(str(what), ":".join(map(str, [path, *line])), f"give it as `{printed_by}` prints it") from None


def _complexes(path: Path) -> dict[str, Complex]:
    found: dict[str, Complex] = {}
    for number, line in enumerate(_text(path).splitlines(), 1):
        try:
            found |= parse_complexes(line)
        except ValueError as error:
            raise BadFile(str(error), f"{path}:{number}", "give it as `qconf -sc` prints it") from None
    return found


def _share_tree(path: Path) -> list[Attributes]:
    rows = parse_share_tree_rows(_text(path))
    try:
        parse_share_tree(rows)
    except BadShareTree as error:
        raise BadFile(str(error), str(path), "give it as `qconf -sstree` prints it") from None
    return rows


def _names(path: Path) -> list[str]:
    """One name a line; a line of several words is a message, as `no operator defined`."""
    return [line.strip() for line in _text(path).splitlines() if len(line.split()) == 1]


def _machine(path: Path, host: Attributes) -> Machine:
    """The machine that reported the load values of *host*; a simulated host reported 0 processors."""
    reported = dict(part.strip().partition("=")[::2] for part in host.get("load_values", "").split(","))

    def number(name: str, otherwise: float) -> float:
        size = parse_memory(reported.get(name, otherwise))
        return size if math.isinf(size) else float(round(size))

    try:
        processors = int(host.get("processors", "0")) or int(number("num_proc", 1))
        return Machine(
            processors=processors,
            sockets=int(number("m_socket", 1)),
            cores=int(number("m_core", processors)),
            threads=int(number("m_thread", processors)),
            memory=number("mem_total", 0),
            swap=number("swap_total", 0),
            gpus=tuple(range(_gpus(host))),
            arch=reported.get("arch", "lx-amd64"),
        )
    except ValueError as error:
        raise BadFile(f"what the host reports can't be read: {error}", str(path), _FIX) from None


def _gpus(host: Attributes) -> int:
    values = dict(part.partition("=")[::2] for part in host.get("complex_values", "NONE").split(","))
    return int(parse_memory(values.get("gpu", 0)))
