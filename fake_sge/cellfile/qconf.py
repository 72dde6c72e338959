"""A cell read back from what ``qconf`` printed: a directory with one file an object (``ssconf``, ``sq_all.q``, ...)."""

from __future__ import annotations

from pathlib import Path

from fake_sge.cellfile import defaults
from fake_sge.cellfile.attributes import parse_attributes, parse_complexes, parse_resource_quotas, parse_share_tree_rows
from fake_sge.cellfile.document import MAX_BYTES, BadFile
from fake_sge.cellfile.units import parse_memory
from fake_sge.core.config import Attributes, CellConfig, Machine

__all__ = ["read_qconf"]

_REPORTED = ("load_values", "processors")
"""Attributes of a host that its execd reported when it was printed; they are the machine's."""


def read_qconf(directory: str | Path) -> CellConfig:
    """The cell whose objects *directory* holds; what isn't there is as freshly installed. Raises `BadFile`.

    Files are named by the option of qconf and the object: ``sc``, ``sconf``, ``ssconf``, ``srqs``, ``sstree``,
    ``se_HOST``, ``shgrp_GROUP`` (without its @), ``sq_QUEUE``, ``sp_PE``, ``sprj_PROJECT``, ``su_LIST``,
    ``suser_USER``, ``scal_CALENDAR``, and the lists ``sh``, ``ss``, ``sm``, ``so``.
    """
    folder = Path(directory)
    hosts, queues = _objects(folder, "se_"), _objects(folder, "sq_")
    if not hosts or not queues:
        raise BadFile(
            "holds no cell", str(folder), "give a directory with se_HOST, sq_QUEUE, ssconf, ... as qconf prints them"
        )
    groups = _objects(folder, "shgrp_").values()
    admin_hosts = _names(folder / "sh")
    try:
        complexes = parse_complexes(_text(folder / "sc"))
    except ValueError as error:
        raise BadFile(str(error), str(folder / "sc"), "give it as `qconf -sc` prints it") from None
    return CellConfig(
        qmaster=admin_hosts[0] if admin_hosts else "master",
        complexes=complexes or defaults.complexes(),
        hosts={name: {key: one[key] for key in one if key not in _REPORTED} for name, one in hosts.items()},
        host_groups={one["group_name"]: one["hostlist"].replace("NONE", "").split() for one in groups},
        queues=queues,
        parallel_environments=_objects(folder, "sp_"),
        projects=_objects(folder, "sprj_"),
        access_lists={**defaults.ACCESS_LISTS, **_objects(folder, "su_")},
        users=_objects(folder, "suser_"),
        calendars=_objects(folder, "scal_"),
        resource_quotas=parse_resource_quotas(_text(folder / "srqs")),
        share_tree=parse_share_tree_rows(_text(folder / "sstree")),
        scheduler=parse_attributes(_text(folder / "ssconf")) or dict(defaults.SCHEDULER),
        configuration={"global": parse_attributes(_text(folder / "sconf")) or dict(defaults.CONFIGURATION)},
        admin_hosts=admin_hosts,
        submit_hosts=_names(folder / "ss"),
        managers=_names(folder / "sm") or ["root"],
        operators=_names(folder / "so"),
        machines={name: _machine(one) for name, one in hosts.items() if name != "global"},
    )


def _objects(folder: Path, prefix: str) -> dict[str, Attributes]:
    return {path.name.removeprefix(prefix): parse_attributes(_text(path)) for path in sorted(folder.glob(f"{prefix}*"))}


def _text(path: Path) -> str:
    """The text of *path*, "" where there is none (qconf says so on stderr)."""
    if not path.is_file():
        return ""
    if path.stat().st_size > MAX_BYTES:
        raise BadFile(f"is larger than {MAX_BYTES:,} bytes", str(path), "give what one qconf command printed")
    return path.read_text(encoding="utf-8", errors="replace")


def _names(path: Path) -> list[str]:
    """One name a line; a line of several words is a message, as `no operator defined`."""
    return [line.strip() for line in _text(path).splitlines() if len(line.split()) == 1]


def _machine(host: Attributes) -> Machine:
    """The machine that reported the load values of *host*; a simulated host reported 0 processors."""
    reported = dict(part.strip().partition("=")[::2] for part in host.get("load_values", "").split(","))

    def number(name: str, otherwise: float) -> float:
        return parse_memory(reported.get(name, otherwise))

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


def _gpus(host: Attributes) -> int:
    values = dict(part.partition("=")[::2] for part in host.get("complex_values", "NONE").split(","))
    return int(parse_memory(values.get("gpu", 0)))
