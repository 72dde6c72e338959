"""A job's spool directory, written for the shepherd and read after it: ``active_jobs/JOB.TASK``, as sge_execd(8) keeps
it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path

from fake_sge.core import Exit, Usage
from fake_sge.core.resources import NotAValue, parse_value
from fake_sge.execd.environment import job_environment, pe_hostfile, tmpdir
from fake_sge.execd.layout import Layout
from fake_sge.execd.order import Order
from fake_sge.execd.paths import stream_paths
from fake_sge.execd.procedures import procedures
from fake_sge.execd.shepherd.files import format_pairs, read_pairs, write_whole

__all__ = ["prepare", "read_exit", "read_start", "remove", "same_run"]

RMEM_FAILED = 37
_MEMORY_LIMITS = ("vmem", "data", "stack", "core", "fsize", "rss")


def prepare(order: Order, layout: Layout) -> Path:
    """Make everything that the shepherd needs; what an earlier run of the task left is removed. Raises `OSError`."""
    directory = layout.active_job(order.host, order.job, order.task)
    remove(order, layout)
    directory.mkdir(parents=True)
    paths = stream_paths(order) | {"script": _script(order, layout)}
    _make_tmpdir(order, layout)
    (directory / "pe_hostfile").write_text(pe_hostfile(order))
    write_whole(str(directory / "environment"), format_pairs(job_environment(order, layout, paths)))
    write_whole(str(directory / "config"), format_pairs(_config(order, layout, paths)))
    return directory


def remove(order: Order, layout: Layout) -> None:
    """Remove the task's files: its end is on record."""
    shutil.rmtree(layout.active_job(order.host, order.job, order.task), ignore_errors=True)
    shutil.rmtree(tmpdir(order, layout), ignore_errors=True)


def same_run(order: Order, layout: Layout) -> bool:
    """Whether the spool directory is of this very run of the task."""
    directory = layout.active_job(order.host, order.job, order.task)
    try:
        return read_pairs(str(directory / "config")).get("dispatched_at") == repr(order.dispatched_at)
    except OSError:
        return False


def read_start(directory: Path) -> float:
    """When the job's program was started, as far as its shepherd has said so; else now."""
    try:
        return float((directory / "job_pid").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return time.time()


def read_exit(directory: Path) -> Exit | None:
    """How the job ended, or None when its shepherd hasn't said so (yet)."""
    try:
        failed = int((directory / "exit_status").read_text())
        usage = read_pairs(str(directory / "usage"))
    except (OSError, ValueError):
        return None
    reason = ""
    with contextlib.suppress(OSError):
        reason = (directory / "error").read_text(errors="replace").rstrip("\n")
    return Exit(
        failed=failed,
        exit_status=int(usage["exit_status"]),
        usage=_usage(usage),
        reason=reason,
        started_at=float(usage["started_at"]) if usage["started_at"] else None,
        ended_at=float(usage["ended_at"]),
    )


def _usage(pairs: dict[str, str]) -> Usage:
    def number(name: str) -> float:
        return float(pairs.get(name, "0"))

    return Usage(
        wallclock_s=number("wallclock_s"),
        utime_s=number("ru_utime"),
        stime_s=number("ru_stime"),
        maxrss=number("ru_maxrss"),
        minflt=int(number("ru_minflt")),
        majflt=int(number("ru_majflt")),
        inblock=number("ru_inblock"),
        oublock=int(number("ru_oublock")),
        nvcsw=int(number("ru_nvcsw")),
        nivcsw=int(number("ru_nivcsw")),
        cpu_s=number("cpu_s"),
        mem_gbs=number("mem_gbs"),
        io_gb=number("io_gb"),
        maxvmem=number("maxvmem"),
    )


def _script(order: Order, layout: Layout) -> str:
    """What JOB_SCRIPT says: the spooled script, or the command of a binary job."""
    request = order.request
    if request.binary or request.script is None:
        return request.script_file
    path = layout.job_script(order.host, order.job)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(f"{path}.{order.task}", request.script)
    os.chmod(f"{path}.{order.task}", 0o755)
    os.rename(f"{path}.{order.task}", path)
    return str(path)


def _make_tmpdir(order: Order, layout: Layout) -> None:
    """The job's TMPDIR with a ``hostname`` that names the granted host: the machine has one name, the cell many."""
    directory = tmpdir(order, layout)
    directory.mkdir(parents=True, exist_ok=True)
    short, _, domain = order.host.partition(".")
    program = directory / "hostname"
    program.write_text(
        "#!/bin/sh\n"
        'case "${1-}" in\n'
        f"-s|--short) echo {short} ;;\n"
        f"-d|--domain) echo {domain} ;;\n"
        f"-i|-I|--ip-address|--all-ip-addresses) echo {order.address} ;;\n"
        f"*) echo {order.host} ;;\n"
        "esac\n"
    )
    program.chmod(0o755)
    if order.account.switch:
        os.chown(directory, order.account.uid, order.account.gid)


def _config(order: Order, layout: Layout, paths: dict[str, str]) -> dict[str, str]:
    """The file ``config``: SGE's names where SGE has one."""
    request, account, queue = order.request, order.account, order.queue
    shell = _shell(order)
    arguments = {f"job_arg{number}": argument for number, argument in enumerate(request.args, start=1)}
    return {
        "job_id": str(order.job),
        "task_id": str(order.task),
        "ja_task_id": str(order.task if order.array else 0),
        "job_name": request.name,
        "job_owner": account.name,
        "dispatched_at": repr(order.dispatched_at),
        "submission_time": str(int(order.submitted_at)),
        "queue": order.grants[0].queue,
        "host": order.host,
        "switch_user": str(int(account.switch)),
        "uid": str(account.uid),
        "gid": str(account.gid),
        "groups": " ".join(map(str, account.groups)),
        "cwd": paths["cwd"],
        "tmpdir": str(tmpdir(order, layout)),
        "stdin_path": paths["stdin"],
        "stdout_path": paths["stdout"],
        "stderr_path": paths["stderr"],
        "merge_stderr": str(int(request.merge_output)),
        "handle_as_binary": str(int(request.binary)),
        "no_shell": str(int(not request.use_shell)),
        "script_file": paths["script"],
        "njob_args": str(len(request.args)),
        **arguments,
        "shell_path": shell,
        "use_login_shell": str(int(os.path.basename(shell) in order.configuration.get("login_shells", "").split(","))),
        "shell_start_mode": queue.get(
            "shell_start_mode", order.configuration.get("shell_start_mode", "posix_compliant")
        ),
        **procedures(order, layout, paths),
        "starter_method": queue.get("starter_method", "NONE"),
        "priority": queue.get("priority", "0"),
        "h_rt_s": "" if order.h_rt_s is None else repr(order.h_rt_s),
        "s_rt_s": "" if order.s_rt_s is None else repr(order.s_rt_s),
        "notify_s": repr(order.notify_s if request.notify else 0.0),
        "rmem_limit": "" if order.rmem_limit is None else repr(order.rmem_limit),
        "rmem_failed": str(RMEM_FAILED),
        "forbid_reschedule": _parameter(order, "FORBID_RESCHEDULE"),
        "forbid_apperror": _parameter(order, "FORBID_APPERROR"),
        **_limits(order),
    }


def _shell(order: Order) -> str:
    """``-S``, with its ``host:`` prefix heeded, else the queue's shell."""
    host, short = order.host, order.host.partition(".")[0]
    for entry in order.request.shells:
        place, colon, path = entry.partition(":")
        if not colon:
            return entry
        if place in ("", host, short):
            return path
    return order.queue.get("shell", "/bin/sh")


def _parameter(order: Order, name: str) -> str:
    """A switch of qmaster_params, ``0`` or ``1``."""
    text = order.configuration.get("qmaster_params", "none").replace(",", " ").lower()
    return str(int(any(word in (f"{name.lower()}=true", f"{name.lower()}=1", name.lower()) for word in text.split())))


def _limits(order: Order) -> dict[str, str]:
    """setrlimit(2) values: the stricter of queue and request, times the slots on the host where it is per slot."""
    slots = sum(grant.slots for grant in order.grants if grant.host == order.host)
    requested = dict(order.request.hard)
    limits = {}
    for name in ("cpu", *_MEMORY_LIMITS):
        for kind in "sh":
            attribute = f"{kind}_{name}"
            given = [text for text in (order.queue.get(attribute), requested.get(attribute)) if text]
            values = [_number(text, "TIME" if name == "cpu" else "MEMORY") for text in given]
            least = min(values, default=float("inf"))
            if least != float("inf"):
                limits[f"{attribute}_limit"] = repr(least * (slots if name in ("cpu", "vmem", "data", "stack") else 1))
    return limits


def _number(text: str, type_: str) -> float:
    try:
        return parse_value(type_, text)
    except NotAValue:
        return float("inf")
