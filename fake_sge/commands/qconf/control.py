"""What qconf(1) does to the daemons: ``-tsm -ks -secl -sss``."""

from __future__ import annotations

from fake_sge.commands.options import Standing
from fake_sge.commands.qconf.call import Call, Refused, Verb

__all__ = ["VERBS"]


def _trigger(call: Call) -> None:
    """A scheduler run at once."""
    if not call.cell.is_manager(call.user):
        call.tell("starting scheduler monitoring requires manager privileges")
        return
    call.cluster.input("trigger")
    call.say(f"{call.who} triggers scheduler monitoring")


def _kill_scheduler(call: Call) -> None:
    """-ks would leave the cell without a scheduler for good."""
    call.must_be_manager()
    raise Refused('Unsupported: "-ks" is not supported in this version')


def _event_clients(call: Call) -> None:
    head = f"{'ID':>8} {'NAME':<15} {'HOST':<25}\n{'-' * 50}\n"
    call.show(f"{head}{1:8d} {'scheduler':<15} {call.cell.config.qmaster:<25}\n")


def _scheduler_host(call: Call) -> None:
    call.say(call.cell.config.qmaster)


VERBS = (
    Verb("-ks", _kill_scheduler, "", Standing.REFUSED, "the scheduler is a part of the cell"),
    Verb("-secl", _event_clients),
    Verb("-sss", _scheduler_host),
    Verb("-tsm", _trigger),
)
