"""What qconf(1) does to daemons and queues at work: ``-tsm -ks -at -kt -kec -ke -secl -sss -cq -sds -sobjl``."""

from __future__ import annotations

import contextlib
from fnmatch import fnmatchcase

from fake_sge.commands.options import Standing
from fake_sge.commands.qconf.call import Call, Refused, Verb
from fake_sge.commands.qconf.hosts import full_name
from fake_sge.commands.qconf.layered import DEFAULT, split
from fake_sge.commands.qconf.queue_values import KINDS
from fake_sge.core import Denied
from fake_sge.core.matching import queue_named
from fake_sge.core.texts import names

__all__ = ["VERBS"]

_THREADS = ("scheduler", "jvm")
_SCHEDULER_ID = "1"


def _trigger(call: Call) -> None:
    """A scheduler run at once."""
    if not call.cell.is_manager(call.user):
        call.tell("starting scheduler monitoring requires manager privileges")
        return
    call.cluster.input("trigger")
    call.tell(f"{call.who} triggers scheduler monitoring")


def _kill_scheduler(call: Call) -> None:
    if not call.cell.is_manager(call.user):
        raise Refused("shutdown requires manager privileges")
    if not call.cell.scheduling:
        raise Refused("no scheduler registered at qmaster")
    call.cluster.input("set_scheduler", runs=False)
    call.tell("sent shutdown notification to scheduler")


def _kill_qmaster(call: Call) -> None:
    if not call.cell.is_manager(call.user):
        raise Refused("shutting down qmaster requires manager privileges")
    raise Refused('Unsupported: "-km" is not supported in this version')


def _start_threads(call: Call) -> None:
    for name in call.names():
        if name not in _THREADS:
            call.tell(f'thread with name "{name}" is not supported')
        elif name == "scheduler" and call.cell.scheduling:
            call.tell("scheduler thread is already running")
        else:
            if name == "scheduler":
                call.cluster.input("set_scheduler", runs=True)
            call.tell(f"{name} has been started")


def _kill_threads(call: Call) -> None:
    for name in call.names():
        if name not in _THREADS:
            call.tell(f'thread with name "{name}" is not supported')
        elif name == "jvm" or not call.cell.scheduling:
            call.tell(f"{name} thread is not running")
        else:
            call.cluster.input("set_scheduler", runs=False)
            call.tell("scheduler thread terminated")


def _kill_event_clients(call: Call) -> None:
    """There is one, the scheduler; ``all`` leaves it alone."""
    for name in call.names():
        if name == _SCHEDULER_ID:
            _kill_scheduler(call)
        elif name.isdecimal():
            call.fail(f"no event client known with id {name} to shutdown")


def _event_clients(call: Call) -> None:
    if not call.cell.scheduling:
        call.tell("no event clients registered")
        return
    head = f"{'ID':>8} {'NAME':<15} {'HOST':<25}\n{'-' * 50}\n"
    call.show(f"{head}{1:8d} {'scheduler':<15} {call.cell.config.qmaster:<25}\n")


def _scheduler_host(call: Call) -> None:
    if call.cell.scheduling:
        call.say(call.cell.config.qmaster)
    else:
        call.fail("no scheduling host defined")


def _kill_execution_daemons(call: Call) -> None:
    """From now on nothing is heard from these hosts; their jobs go on."""
    if not call.has_word:
        raise Refused('Need a hostname or the keyword "all"')
    given = call.names()
    if not call.cell.is_manager(call.user):
        raise Refused("shutting down execd requires manager privileges")
    for word in list(call.cell.hosts) if given == ["all"] else given:
        name = full_name(call.cell, word)
        if name not in call.cell.hosts:
            call.fail(f'"{name}" is not an execution host')
            continue
        call.cluster.input("host_lost", host=name)
        call.tell(f"sent shutdown notification to  execd host {name}")


def _clear(call: Call) -> None:
    """-cq: take queue instances out of state E."""
    for pattern in call.names():
        cell = call.cell
        found = [
            place for place in cell.queue_instances if queue_named([pattern], cell.layout, place.queue, place.host)
        ]
        if not found:
            call.fail(f'invalid queue or job "{pattern}"')
        for place in found:
            if not call.cell.is_operator(call.user):
                call.fail(f'{call.user} - you have no permission to modify queue "{place.name}"')
                continue
            with contextlib.suppress(Denied):  # it wasn't in state E
                call.cluster.input("change_queue", queue_instance=place.name, action="clear_error", user=call.user)
            call.tell(f'{call.who} purged queue "{place.name}"')


def _unused_settings(call: Call) -> None:
    """-sds: values for hosts on which the queue isn't."""
    hosts = {(place.queue, place.host) for place in call.cell.queue_instances}
    found = [
        f'unused setting for attribute "{name}" and host "{where}" in queue "{queue}".'
        for queue, texts in call.cell.config.queues.items()
        for name in KINDS
        if name in texts and name != "hostlist"
        for where in split(texts[name])
        if not where.startswith("@") and (queue, where) not in hosts
    ]
    for line in found:
        call.say(line)
    call.code = 1 if found else call.code


def _find_objects(call: Call) -> None:
    """-sobjl: which queues or hosts have a value."""
    kind, attribute, value = call.word(), call.any_word(), call.any_word()
    if kind == "exechost":
        for host, texts in call.cell.config.hosts.items():
            offered = {"hostname": host} | texts
            if any(fnmatchcase(name, attribute) and fnmatchcase(text, value) for name, text in offered.items()):
                call.say(host)
        return
    for queue, texts in call.cell.config.queues.items():
        call.show("".join(f"{name}\n" for name in _queues_with(kind, queue, texts, (attribute, value))))


def _queues_with(kind: str, queue: str, texts: dict[str, str], wanted: tuple[str, str]) -> list[str]:
    attribute, value = wanted
    for name, text in texts.items():
        if not fnmatchcase(name, attribute):
            continue
        if name in ("qname", "hostlist"):
            if kind == "queue" and fnmatchcase(" ".join(names(text)) or "NONE", value):
                return [queue]
            continue
        seen = ""
        for where, one in split(text).items():
            seen += one  # 8.1.9 compares with all that it has met so far, and stops at the first that fits
            if fnmatchcase(seen, value):
                return [queue if where == DEFAULT else f"{queue}@{where}"] if _level(where) == kind else []
    return []


def _level(where: str) -> str:
    if where == DEFAULT:
        return "queue"
    return "queue_domain" if where.startswith("@") else "queue_instance"


VERBS = (
    Verb("-at", _start_threads, "thread_name"),
    Verb("-cq", _clear, "wc_queue_list"),
    Verb("-ke", _kill_execution_daemons, "host_list"),
    Verb("-kec", _kill_event_clients, "evid_list"),
    Verb("-km", _kill_qmaster, "", Standing.REFUSED, "the daemon is ended by whoever started it"),
    Verb("-ks", _kill_scheduler),
    Verb("-kt", _kill_threads, "thread_name"),
    Verb("-sds", _unused_settings),
    Verb("-secl", _event_clients),
    Verb("-sobjl", _find_objects, "obj_nm2 attr_nm val"),
    Verb("-sss", _scheduler_host),
    Verb("-tsm", _trigger),
)
