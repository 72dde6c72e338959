"""Managers, operators, administrative and submit hosts: ``-am -dm -sm -ao -do -so -ah -dh -sh -as -ds -ss``."""

from __future__ import annotations

from fake_sge.commands.qconf.call import Act, Call, Verb
from fake_sge.commands.qconf.objects import listing
from fake_sge.core import Cell
from fake_sge.core.texts import same_host

__all__ = ["VERBS"]

_ALWAYS = ("root", "sgeadmin")
"""Who can't be removed: root, and the account that the qmaster runs as."""


def _add_people(field: str, what: str) -> Act:
    def act(call: Call) -> None:
        names = call.names()
        call.must_be_manager()
        for name in names:
            known: list[str] = getattr(call.cell.config, field)
            if name in known:
                call.fail(f'{what} "{name}" already exists')
            else:
                call.configure(field, "", [*known, name])
                call.tell(f'{call.who} added "{name}" to {what} list')

    return act


def _remove_people(field: str, what: str) -> Act:
    def act(call: Call) -> None:
        names = call.names()
        call.must_be_manager()
        for name in names:
            known: list[str] = getattr(call.cell.config, field)
            if name in _ALWAYS:
                call.fail(f'may not remove user "{name}" from {what} list')
            elif name not in known:
                call.fail(f'denied: {what} "{name}" does not exist')
            else:
                call.configure(field, "", [one for one in known if one != name])
                call.tell(f'{call.who} removed "{name}" from {what} list')

    return act


def _known(cell: Cell, typed: str) -> str | None:
    """The full name of a host that the cell has heard of; there are no others here."""
    config = cell.config
    known = (*config.hosts, *config.machines, *config.admin_hosts, *config.submit_hosts, config.qmaster)
    return next((host for host in known if host not in ("global", "template") and same_host(typed, host)), None)


def _add_hosts(field: str, whole: str, short: str) -> Act:
    """Nobody hears by the exit code that he may not, or that the host is there already."""

    def act(call: Call) -> None:
        for typed in call.names():
            known: list[str] = getattr(call.cell.config, field)
            host = _known(call.cell, typed)
            if host is None:
                call.fail(f'can\'t resolve hostname "{typed}"')
            elif not call.cell.is_manager(call.user):
                call.tell(f'denied: "{call.user}" must be manager for this operation')
            elif host in known:
                call.tell(f'{short} "{host}" already exists')
            else:
                call.configure(field, "", [*known, host])
                call.tell(f"{host} added to {whole} list")

    return act


def _remove_hosts(field: str, whole: str) -> Act:
    def act(call: Call) -> None:
        names = call.names()
        call.must_be_manager()
        for typed in names:
            known: list[str] = getattr(call.cell.config, field)
            host = _known(call.cell, typed)
            if host is None:
                call.fail(f'can\'t resolve hostname "{typed}"')
            elif host not in known:
                call.fail(f'denied: {whole} "{typed}" does not exist')
            elif field == "admin_hosts" and host == call.cell.config.qmaster:
                call.fail(f'denied: can\'t delete master host "{host}" from admin host list')
            else:
                call.configure(field, "", [one for one in known if one != host])
                call.tell(f'{call.who} removed "{host}" from {whole} list')

    return act


VERBS = (
    Verb("-ah", _add_hosts("admin_hosts", "administrative host", "adminhost"), "hostname_list"),
    Verb("-am", _add_people("managers", "manager"), "user_list"),
    Verb("-ao", _add_people("operators", "operator"), "user_list"),
    Verb("-as", _add_hosts("submit_hosts", "submit host", "submithost"), "hostname_list"),
    Verb("-dh", _remove_hosts("admin_hosts", "administrative host"), "host_list"),
    Verb("-dm", _remove_people("managers", "manager"), "user_list"),
    Verb("-do", _remove_people("operators", "operator"), "user_list"),
    Verb("-ds", _remove_hosts("submit_hosts", "submit host"), "host_list"),
    Verb("-sh", listing(lambda cell: cell.config.admin_hosts, "administrative host")),
    Verb("-sm", listing(lambda cell: cell.config.managers, "manager")),
    Verb("-so", listing(lambda cell: cell.config.operators, "operator")),
    Verb("-ss", listing(lambda cell: cell.config.submit_hosts, "submit host")),
)
