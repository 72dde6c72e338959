"""qrsub(1), qrstat(1), qrdel(1): advance reservations, which aren't modelled, so nobody may make one."""

from __future__ import annotations

from fake_sge.commands.options import Option, OptionError, OptionTable, Standing
from fake_sge.commands.protocol import Cluster, Invocation, Reply, Running
from fake_sge.commands.usage import usage_of
from fake_sge.commands.xml import HEADER

__all__ = ["QRDEL_OPTIONS", "QRSTAT_OPTIONS", "QRSUB_OPTIONS", "qrdel", "qrstat", "qrsub"]

_SCHEMA = "http://arc.liv.ac.uk/repos/darcs/sge/source/dist/util/resources/schemas/qrstat/qrstat.xsd"
_REASON = "advance reservations aren't modelled"

QRSUB_OPTIONS = OptionTable(
    *(Option(name, argument, Standing.REFUSED, _REASON) for name, argument in (("-a", "date_time"), ("-d", "time")))
)
QRSTAT_OPTIONS = OptionTable(Option("-ar", "ar_id"), Option("-explain"), Option("-u", "user,..."), Option("-xml"))
QRDEL_OPTIONS = OptionTable(Option("-f"), Option("-u", "user,..."))


def qrsub(invocation: Invocation, cluster: Cluster) -> Running:
    """Refused, in the words for somebody who may not reserve or for what can't be reserved."""
    yield from ()
    cell, user = cluster.cell, invocation.user
    if not cell.is_manager(user) and "arusers" not in cell.layout.memberships(user, invocation.group):
        return Reply(f'denied: "{user}" must be manager or in userset "arusers"\n', code=1)
    return Reply("advance_reservation: no suitable queues\n", code=1)


def qrstat(invocation: Invocation, cluster: Cluster) -> Running:
    """There are none."""
    yield from ()
    try:
        given, _ = QRSTAT_OPTIONS.parse(invocation.argv)
    except OptionError as error:
        return Reply(stderr=f"{usage_of('qrstat', QRSTAT_OPTIONS)}qrstat: {error.text}\n", code=1)
    values = {option.name: option.value for option in given}
    if "-ar" in values:
        return Reply(stderr=f"Following advance reservations do not exist: \n{values['-ar']}\n", code=1)
    return Reply(f'{HEADER}<qrstat xmlns:xsd="{_SCHEMA}">\n</qrstat>\n' if "-xml" in values else "")


def qrdel(invocation: Invocation, cluster: Cluster) -> Running:
    """None can be deleted."""
    yield from ()
    numbers = [word for word in invocation.argv if not word.startswith("-")]
    return Reply("".join(f'denied: advance_reservation "{number}" does not exist\n' for number in numbers), code=1)
