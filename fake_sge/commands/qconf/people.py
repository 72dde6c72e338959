"""Managers, operators, administrative and submit hosts: ``-sm -so -sh -ss``."""

from __future__ import annotations

from fake_sge.commands.qconf.call import Verb
from fake_sge.commands.qconf.objects import listing

__all__ = ["VERBS"]

VERBS = (
    Verb("-sh", listing(lambda cell: cell.config.admin_hosts, "administrative host")),
    Verb("-sm", listing(lambda cell: cell.config.managers, "manager")),
    Verb("-so", listing(lambda cell: cell.config.operators, "operator")),
    Verb("-ss", listing(lambda cell: cell.config.submit_hosts, "submit host")),
)
