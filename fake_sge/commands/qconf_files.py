"""A cell as the files that a live cluster's ``qconf -s...`` gives: what `fake_sge.cellfile.read_qconf` reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any

from fake_sge.commands import qconf
from fake_sge.commands.protocol import Invocation, drive
from fake_sge.core import Cell, CellConfig, Event

__all__ = ["COLLECT", "qconf_files"]

_WHOLE = ("sss", "sc", "sconf", "ssconf", "srqs", "sstree", "sh", "ss", "sm", "so")
_EACH = {
    "sel": "se",
    "sql": "sq",
    "shgrpl": "shgrp",
    "spl": "sp",
    "sckptl": "sckpt",
    "sprjl": "sprj",
    "sul": "su",
    "suserl": "suser",
    "scall": "scal",
    "sconfl": "sconf",
}
"""The options that list names, and those that show the object of a name."""

COLLECT = f"""\
for o in {" ".join(_WHOLE)}; do qconf -$o > $o; done
for o in {" ".join(f"{names}:{each}" for names, each in _EACH.items())}; do
  for n in $(qconf -${{o%:*}}); do qconf -${{o#*:}} $n > ${{o#*:}}_${{n#@}}; done
done
qconf -se global > se_global
"""
"""Shell lines that make the same files from a live cluster, in the directory in which they run."""


def qconf_files(config: CellConfig) -> dict[str, str]:
    """File name to text: every object of *config*, as ``qconf`` prints it."""
    show = _shower(config)
    files = {option: show(option) for option in _WHOLE}
    files["se_global"] = show("se", "global")
    for names, each in _EACH.items():
        for name in show(names).split():
            files[f"{each}_{name.removeprefix('@')}"] = show(each, name)
    return files


def _shower(config: CellConfig) -> Callable[..., str]:
    cluster = _Still(Cell(config, 0.0))
    user = config.managers[0]

    def show(option: str, *arguments: str) -> str:
        typed = Invocation("qconf", [f"-{option}", *arguments], user, host=config.qmaster)
        return drive(qconf.run(typed, cluster), _Nobody()).stdout

    return show


@dataclass(frozen=True, slots=True)
class _Still:
    """A cluster that is only looked at."""

    cell: Cell
    now: float = 0.0
    began_at: float = 0.0
    accounting_path: Path | None = None
    zone: tzinfo | None = UTC

    def input(self, name: str, /, **arguments: Any) -> list[Event]:
        raise AssertionError(f"printing a cell changes it: {name} {arguments}")


class _Nobody:
    """Who asks nothing and has no files."""

    def stdin(self) -> bytes:
        return b""

    def file(self, path: str) -> bytes:
        raise FileNotFoundError(path)
