"""Complexes: ``-sc``."""

from __future__ import annotations

from fake_sge.commands.qconf import printing
from fake_sge.commands.qconf.call import Call, Verb

__all__ = ["VERBS"]


def _show(call: Call) -> None:
    call.show(printing.complexes(call.cell.config.complexes.values()))


VERBS = (Verb("-sc", _show),)
