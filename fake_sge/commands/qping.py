"""qping(1): is a component there? Only ``-info`` is answered."""

from __future__ import annotations

from fake_sge.commands.dates import short_date
from fake_sge.commands.options import Option, OptionError, OptionTable, Standing
from fake_sge.commands.protocol import Cluster, Invocation, Reply, Running
from fake_sge.commands.usage import usage
from fake_sge.core.texts import same_host

__all__ = ["OPTIONS", "run"]

_TRAFFIC = "messages between components aren't modelled"

OPTIONS = OptionTable(
    Option("-dump", "", Standing.REFUSED, _TRAFFIC),
    Option("-dump_tag", "tag", Standing.REFUSED, _TRAFFIC),
    Option("-f", "", Standing.IGNORED, "-info is always in full"),
    Option("-help"),
    Option("-i", "seconds", Standing.IGNORED, "there is one answer"),
    Option("-info"),
    Option("-noalias", "", Standing.IGNORED, "there are no host aliases"),
    Option("-nonewline", "", Standing.IGNORED, "the answer has fixed lines"),
    Option("-ssl", "", Standing.REFUSED, _TRAFFIC),
    Option("-tcp", "", Standing.IGNORED, "there is no other way"),
)

_QMASTER_PORT = "6444"
_EXECD_PORT = "6445"


def run(invocation: Invocation, cluster: Cluster) -> Running:
    """``qping -info host port qmaster|execd 1``."""
    yield from ()
    try:
        given, operands = OPTIONS.parse(invocation.argv)
    except OptionError:
        return _unreadable()
    if any(option.name == "-help" for option in given):
        return Reply(usage("qping"))
    if len(operands) != 4:
        return _unreadable()
    host, port, name, number = operands
    environment = invocation.environment
    ports = {
        "qmaster": environment.get("SGE_QMASTER_PORT", _QMASTER_PORT),
        "execd": environment.get("SGE_EXECD_PORT", _EXECD_PORT),
    }
    if port != ports.get(name) or not _is_there(cluster, host, name):
        endpoint = f"{host}/{name}/{number}"
        refused = f'got select error: Connection refused\ngot select error: closing "{endpoint}"\n'
        return Reply(f"endpoint {endpoint} at port {port}: can't find connection\n", refused, 1)
    return Reply(_info(cluster, name))


def _unreadable() -> Reply:
    return Reply(stderr=f"{usage('qping')}ERROR! no option argument\n", code=1)


def _is_there(cluster: Cluster, host: str, name: str) -> bool:
    cell = cluster.cell
    if name == "qmaster":
        return same_host(host, cell.config.qmaster)
    return any(same_host(host, known) and cell.hosts[known].up for known in cell.hosts)


_THREADS = [
    "MAIN",
    "signaler000",
    "event_master000",
    "timer000",
    "worker000",
    "worker001",
    "listener000",
    "listener001",
    "scheduler000",
]


def _info(cluster: Cluster, name: str) -> str:
    since = cluster.began_at
    if name == "qmaster":
        state = " | ".join(f"{thread}: R (0.00)" for thread in _THREADS)
    else:
        state = "sge_execd_process_messages: R (0.00)"
    lines = [
        f"{short_date(cluster.now, cluster.zone)}:",
        "SIRM version:             0.1",
        "SIRM message id:          1",
        f"start time:               {short_date(since, cluster.zone)} ({since:.0f})",
        f"run time [s]:             {cluster.now - since:.0f}",
        "messages in read buffer:  0",
        "messages in write buffer: 0",
        f"no. of connected clients: {len(cluster.cell.hosts) + 1 if name == 'qmaster' else 2}",
        "status:                   0",
        f"info:                     {state} | OK",
        "Monitor:                  disabled",
    ]
    return "\n".join(lines) + "\n\n\n"
