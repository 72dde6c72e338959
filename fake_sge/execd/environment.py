"""The environment of a job, as the recorded 8.1.9 sets it (submit(1), ENVIRONMENTAL VARIABLES)."""

from __future__ import annotations

from pathlib import Path

from fake_sge.execd.layout import ARCHITECTURE, Layout
from fake_sge.execd.order import Order

__all__ = ["DEFAULT_PATH", "job_environment", "pe_hostfile", "tmpdir"]

DEFAULT_PATH = "/usr/local/bin:/bin:/usr/bin"
_PORTS = {"SGE_QMASTER_PORT": "6444", "SGE_EXECD_PORT": "6445"}


def tmpdir(order: Order, layout: Layout) -> Path:
    """``TMPDIR``: ``JOB.TASK.QUEUE`` below the queue's tmpdir."""
    parent = layout.tmpdir(order.host, order.queue.get("tmpdir", "/tmp"))
    return parent / f"{order.job}.{order.task}.{order.grants[0].queue}"


def pe_hostfile(order: Order) -> str:
    """``PE_HOSTFILE``: host, slots, queue instance, processor range, one line each (sge_pe(5))."""
    return "".join(f"{grant.host} {grant.slots} {grant.queue_instance} UNDEFINED\n" for grant in order.grants)


def job_environment(order: Order, layout: Layout, paths: dict[str, str]) -> dict[str, str]:
    """Every variable that the job starts with. *paths* has ``stdin``, ``stdout``, ``stderr``, ``cwd``, ``script``."""
    own = _own(order, layout, paths)
    given = {name: value for name, value in order.request.environment.items() if name not in own}
    temporary = str(tmpdir(order, layout))
    path = f"{temporary}:{order.request.environment.get('PATH', DEFAULT_PATH)}"
    return {**given, "PATH": path, **own}


def _own(order: Order, layout: Layout, paths: dict[str, str]) -> dict[str, str]:
    request, account, temporary = order.request, order.account, str(tmpdir(order, layout))
    pwd = {"PWD": request.cwd} if request.cwd else {}
    return {
        **pwd,
        "REQNAME": request.name,
        "HOME": account.home,
        "SHELL": account.shell,
        "USER": account.name,
        "LOGNAME": account.name,
        "JOB_NAME": request.name,
        "JOB_SCRIPT": paths["script"],
        "SGE_BINARY_PATH": str(layout.bin),
        "REQUEST": request.name,
        "HOSTNAME": order.host,
        "QUEUE": order.grants[0].queue,
        "JOB_ID": str(order.job),
        "ENVIRONMENT": "BATCH",
        "ARC": ARCHITECTURE,
        **_PORTS,
        "NQUEUES": str(len({grant.queue_instance for grant in order.grants})),
        "NSLOTS": str(sum(grant.slots for grant in order.grants)),
        "NHOSTS": str(len({grant.host for grant in order.grants})),
        "RESTARTED": str(int(order.restarted)),
        "TMPDIR": temporary,
        "TMP": temporary,
        **_checkpoint(order),
        **_parallel(order, layout),
        **_submitted(order),
        "SGE_CELL": layout.cell,
        **_task(order),
        "SGE_ARCH": ARCHITECTURE,
        "SGE_ROOT": str(layout.root),
        "SGE_ACCOUNT": request.account,
        "SGE_JOB_SPOOL_DIR": str(layout.active_job(order.host, order.job, order.task)),
        "SGE_CLUSTER_NAME": order.cluster_name,
        "SGE_STDIN_PATH": paths["stdin"],
        "SGE_STDOUT_PATH": paths["stdout"],
        "SGE_STDERR_PATH": paths["stdout"] if request.merge_output else paths["stderr"],
        "SGE_CWD_PATH": paths["cwd"],
        **_devices(order),
    }


def _checkpoint(order: Order) -> dict[str, str]:
    if order.checkpoint_dir is None:
        return {}
    return {"SGE_CKPT_ENV": order.request.checkpoint or "", "SGE_CKPT_DIR": order.checkpoint_dir}


def _parallel(order: Order, layout: Layout) -> dict[str, str]:
    if order.request.pe is None:
        return {}
    hostfile = layout.active_job(order.host, order.job, order.task) / "pe_hostfile"
    name = (order.pe or {}).get("pe_name", order.request.pe)
    return {"PE": name, "PE_HOSTFILE": str(hostfile), "SGE_RSH_COMMAND": "builtin"}


def _submitted(order: Order) -> dict[str, str]:
    request = order.request
    known = {
        "SGE_O_HOME": request.home,
        "SGE_O_LOGNAME": request.owner,
        "SGE_O_PATH": request.submit_path,
        "SGE_O_SHELL": request.submit_shell,
        "SGE_O_MAIL": request.submit_mail,
        "SGE_O_HOST": request.submit_host.partition(".")[0],
        "SGE_O_WORKDIR": request.submit_cwd,
    }
    return {name: value for name, value in known.items() if value}


def _task(order: Order) -> dict[str, str]:
    tasks = order.request.tasks
    values = [str(order.task), str(tasks.first), str(tasks.last), str(tasks.step)] if tasks else ["undefined"] * 4
    return dict(zip(("SGE_TASK_ID", "SGE_TASK_FIRST", "SGE_TASK_LAST", "SGE_TASK_STEPSIZE"), values, strict=True))


def _devices(order: Order) -> dict[str, str]:
    devices = [device for grant in order.grants if grant.host == order.host for device in grant.devices]
    return {"CUDA_VISIBLE_DEVICES": ",".join(map(str, devices))} if devices else {}
