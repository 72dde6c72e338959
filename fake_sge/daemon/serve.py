"""Bringing a cell up in a directory, serving it until a signal, and taking it down."""

from __future__ import annotations

import asyncio
import fcntl
import gc
import logging
import os
import shlex
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import Any

from fake_sge.core import CellConfig
from fake_sge.daemon.clock import Clock
from fake_sge.daemon.identity import Identities
from fake_sge.daemon.leap import leap
from fake_sge.daemon.ledger import Ledger
from fake_sge.daemon.qmaster import Qmaster, Recovered, recover
from fake_sge.daemon.record import EventLog
from fake_sge.daemon.server import Connection
from fake_sge.daemon.service import Service
from fake_sge.execd import Execd, InertExecd, Layout, ProcessExecd, Report
from fake_sge.journal import BadJournal, Journal

__all__ = ["Announcement", "CannotServe", "Settings", "serve"]

_END_JOBS_S = 30.0
_PORT = "6444"
_PROFILE = """\
# A login shell has just set PATH anew; in a job, what the job's host has goes before it.
if [ -n "${JOB_ID-}" ] && [ -x "${TMPDIR-}/hostname" ]; then
    PATH=$TMPDIR:$PATH
fi
"""
_log = logging.getLogger("fake_sge")

Announcement = dict[str, Any]
"""What a ready daemon says: ``root, cell, hosts, pid, environment``; the environment is what its users need."""


class CannotServe(Exception):
    """Something refuses. *code* is the exit code: 2 what was asked for is wrong, 3 the machine or the root can't."""

    def __init__(self, text: str, code: int = 3) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Settings:
    """How to serve a cell. *config* may be None when the directory has served one before."""

    layout: Layout
    config: CellConfig | None = None
    rate: float = 1.0
    real_accounts: bool = False
    kill_jobs_on_exit: bool = False
    inert: bool = False
    zone: tzinfo | None = None


def serve(
    settings: Settings,
    ready: Callable[[Announcement], None],
    *,
    make_journal: Callable[[Path], Journal] = Journal,
    make_execd: Callable[[Layout, Callable[[Report], None]], Execd] = ProcessExecd,
) -> None:
    """Serve until SIGTERM or SIGINT. Raises `CannotServe`.

    Jobs go on, unless it was SIGUSR2 or *kill_jobs_on_exit* says otherwise. *make_journal* and *make_execd* are for
    those who want to see what happens when these fail.
    """
    layout = settings.layout
    layout.qmaster_spool.mkdir(parents=True, exist_ok=True)
    layout.common.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=layout.qmaster_spool / "messages", format="%(asctime)s|%(name)s|%(levelname).1s|%(message)s"
    )
    try:
        with _OnlyOne(layout):
            journal = make_journal(layout.qmaster_spool / "journal")
            recovered = _recovered(settings, journal)
            if journal.torn_bytes:
                _log.warning("cut off %d bytes that the last daemon was writing when it ended", journal.torn_bytes)
            asyncio.run(_serve(settings, journal, recovered, ready, make_execd))
            journal.close()
    except BadJournal as error:
        raise CannotServe(str(error)) from None
    except OSError as error:
        raise CannotServe(_disk_trouble(layout, error)) from None


def _disk_trouble(layout: Layout, error: OSError) -> str:
    """What the disk refused, and that nothing is lost by it."""
    return (
        f"{error.filename or layout.qmaster_spool}: {error.strerror or error}: whatever was acknowledged is safe; "
        "mend that and start again"
    )


class _OnlyOne:
    """The lock that one daemon holds on its root; it names its process there."""

    def __init__(self, layout: Layout) -> None:
        self._path = layout.qmaster_spool / "lock"
        self._file = -1

    def __enter__(self) -> None:
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(self._file, 32).decode().strip()
            os.close(self._file)
            raise CannotServe(
                f"{self._path.parents[3]} is served already, by process {pid}: stop that one first"
            ) from None
        os.ftruncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def __exit__(self, *_: object) -> None:
        os.close(self._file)


def _recovered(settings: Settings, journal: Journal) -> Recovered:
    """The cell as it was, or a new one. Raises `CannotServe` when the directory holds another."""
    recovered = recover(journal)
    root, config = settings.layout.root, settings.config
    if recovered is None:
        if config is None:
            raise CannotServe(f"{root} has no cell yet: say which with --cell", 2)
        clock = Clock(settings.rate).starting_now()
        ledger = Ledger(settings.layout.accounting)
        Qmaster.begin(journal, config, clock, ledger.size)
        recovered = recover(journal)
        assert recovered is not None
        return recovered
    if config is not None and config != recovered.first_config:
        raise CannotServe(
            f"{root} was made with another cell: use a new --root, or leave out --cell to go on with it", 2
        )
    if settings.rate != recovered.rate:
        raise CannotServe(f"{root} was made with --rate {recovered.rate:g}: its clock can't be changed", 2)
    return recovered


async def _serve(
    settings: Settings,
    journal: Journal,
    recovered: Recovered,
    ready: Callable[[Announcement], None],
    make_execd: Callable[[Layout, Callable[[Report], None]], Execd],
) -> None:
    layout, loop = settings.layout, asyncio.get_running_loop()
    ledger = Ledger(layout.accounting)
    ledger.complete(recovered.ledger_offset, recovered.events)
    recovered.events.clear()
    clock = Clock(recovered.rate, recovered.origin_at, recovered.leapt_s)
    qmaster = Qmaster(recovered, journal, clock, layout.accounting, settings.zone)
    identities = Identities(layout, real_accounts=settings.real_accounts)
    service = Service(qmaster, layout, identities, ledger, EventLog(layout.common / "events.jsonl"))
    execd: Execd = InertExecd(service.on_report) if settings.inert else make_execd(layout, service.on_report)
    if isinstance(execd, ProcessExecd):
        execd.clear((task.grants[0].host, task.job.id, task.id) for task in qmaster.cell.running())
    service.attach(execd)

    environment = _write_common(settings, qmaster.cell.config)
    stopping = asyncio.Event()
    killing = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    loop.add_signal_handler(signal.SIGUSR2, killing.set)

    gc.collect()
    gc.freeze()
    hosts = _known_hosts(qmaster.cell.config)
    put_forward = partial(leap, qmaster, execd)
    server = await _listen(
        layout, lambda: Connection(qmaster, service.news, identities, hosts, put_forward), settings.real_accounts
    )
    tasks = [
        asyncio.ensure_future(qmaster.keep_time()),
        asyncio.ensure_future(qmaster.hand_out(service.act, lambda: ledger.size)),
    ]
    ready(
        {
            "root": str(layout.root),
            "cell": layout.cell,
            "hosts": list(qmaster.cell.hosts),
            "pid": os.getpid(),
            "environment": environment,
        }
    )
    stopped = [asyncio.ensure_future(event.wait()) for event in (stopping, killing)]
    await asyncio.wait([*stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
    server.close()
    layout.socket.unlink(missing_ok=True)
    if killing.is_set() or settings.kill_jobs_on_exit:
        await _end_jobs(qmaster, execd)
    failed = [task.exception() for task in tasks if task.done()]
    for task in (*tasks, *stopped):
        task.cancel()
    execd.close()
    if failed and failed[0] is not None:
        raise failed[0]


async def _end_jobs(qmaster: Qmaster, execd: Execd) -> None:
    """Start nothing more, kill what runs, and wait until it is on record."""
    qmaster.scheduling = False
    until = asyncio.get_running_loop().time() + _END_JOBS_S
    while not (qmaster.quiet and not qmaster.cell.running()) and asyncio.get_running_loop().time() < until:
        for task in qmaster.cell.running():
            execd.kill(task.job.id, task.id)
        await asyncio.sleep(0.05)


async def _listen(layout: Layout, protocol: Callable[[], asyncio.Protocol], everybody: bool) -> asyncio.Server:
    """On the cell's socket; where all runs as one account, only that account may connect."""
    layout.socket.unlink(missing_ok=True)
    directory = os.open(layout.common, os.O_RDONLY | os.O_DIRECTORY)
    try:
        loop = asyncio.get_running_loop()
        server = await loop.create_unix_server(
            protocol, f"/proc/self/fd/{directory}/{layout.socket.name}", backlog=1024
        )
    finally:
        os.close(directory)
    layout.socket.chmod(0o666 if everybody else 0o600)
    return server


def _write_common(settings: Settings, config: CellConfig) -> dict[str, str]:
    """The files of ``common`` that tell users where the cell is; the environment that they need."""
    layout, common = settings.layout, settings.layout.common
    environment = {
        "SGE_ROOT": str(layout.root),
        "SGE_CELL": layout.cell,
        "SGE_CLUSTER_NAME": config.cluster_name,
        "SGE_QMASTER_PORT": _PORT,
        "SGE_EXECD_PORT": "6445",
    }
    (common / "act_qmaster").write_text(_full_name(config.qmaster, config.domain) + "\n")
    (common / "cluster_name").write_text(config.cluster_name + "\n")
    (common / "bootstrap").write_text("admin_user             sgeadmin\nspooling_method        journal\n")
    layout.skeleton.mkdir(exist_ok=True)
    (layout.skeleton / ".profile").write_text(_PROFILE)
    homes = "~{user}" if layout.homes is None else f"{layout.homes}/{{user}}"
    (common / "homes").write_text(homes + "\n")
    paths = [str(layout.bin)] if settings.real_accounts else [str(layout.bin), str(layout.sudo_bin)]
    lines = [f"{name}={shlex.quote(value)}; export {name}" for name, value in environment.items()]
    lines.append(f"PATH={shlex.quote(':'.join(paths))}:$PATH; export PATH")
    (common / "settings.sh").write_text("\n".join(lines) + "\n")
    return {**environment, "PATH": ":".join([*paths, os.environ.get("PATH", os.defpath)])}


def _known_hosts(config: CellConfig) -> tuple[str, list[str]]:
    """The submit host that commands come from when nothing says otherwise, and all hosts that may be told apart."""
    known = [*config.hosts, *config.submit_hosts, *config.admin_hosts]
    submit = [host for host in config.submit_hosts if host != _full_name(config.qmaster, config.domain)]
    return (submit or config.submit_hosts or [config.qmaster])[0], known


def _full_name(host: str, domain: str) -> str:
    return host if "." in host or not domain else f"{host}.{domain}"
