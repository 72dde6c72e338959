"""Execution hosts: ``-se -sel``."""

from __future__ import annotations

from fake_sge.commands.qconf import printing
from fake_sge.commands.qconf.call import Refused, Verb
from fake_sge.commands.qconf.objects import each, listing
from fake_sge.core import Cell
from fake_sge.core.layout import same_host

__all__ = ["VERBS"]


def _show(cell: Cell, name: str) -> str:
    if name in ("global", "template"):
        return printing.execution_host(cell.layout.everywhere, cell.config.hosts.get(name, {"hostname": name}))
    for known, host in cell.hosts.items():
        if same_host(name, known):
            return printing.execution_host(host, cell.config.hosts[known])
    known_hosts = (*cell.config.admin_hosts, *cell.config.submit_hosts)
    if any(same_host(name, known) for known in known_hosts):
        raise Refused(f"{name} is not an execution host")
    raise Refused(f'can\'t resolve hostname "{name}"')


VERBS = (
    Verb("-se", each(_show), "host_list"),
    Verb("-sel", listing(lambda cell: cell.hosts, "execution host")),
)
