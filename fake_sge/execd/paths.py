"""Where a job's standard streams go: qsub(1), options -i, -o, -e and -j."""

from __future__ import annotations

import os
import re

from fake_sge.execd.order import Order

__all__ = ["stream_paths"]


def stream_paths(order: Order) -> dict[str, str]:
    """``stdin``, ``stdout``, ``stderr`` and ``cwd``, absolute: pseudo variables replaced, directories completed."""
    request = order.request
    cwd = request.cwd or order.account.home
    chosen = {"stdin": request.stdin, "stdout": request.stdout, "stderr": request.stderr}
    paths = {name: _resolve(order, _for_host(order, given), cwd) for name, given in chosen.items()}
    return {
        "cwd": cwd,
        "stdin": paths["stdin"] or "/dev/null",
        "stdout": _complete(order, paths["stdout"] or cwd, "o"),
        "stderr": _complete(order, paths["stderr"] or cwd, "e"),
    }


def _for_host(order: Order, given: list[str]) -> str:
    """``host:path`` entries hold on that host alone; one without a host everywhere else."""
    chosen = ""
    for entry in given:
        host, colon, path = entry.partition(":")
        if not colon or host == "":
            chosen = chosen or (path if colon else entry)
        elif host in (order.host, order.host.partition(".")[0]):
            return path
    return chosen


def _resolve(order: Order, path: str, cwd: str) -> str:
    if not path:
        return ""
    values = {
        "HOME": order.account.home,
        "USER": order.account.name,
        "JOB_ID": str(order.job),
        "JOB_NAME": order.request.name,
        "HOSTNAME": order.host,
        "TASK_ID": str(order.task) if order.array else "undefined",
    }
    names = "|".join(sorted(values, key=len, reverse=True))
    return os.path.join(cwd, re.sub(rf"\$(?:({names})|\{{({names})\}})", lambda m: values[m[1] or m[2]], path))


def _complete(order: Order, path: str, letter: str) -> str:
    """A directory gets the default name, ``NAME.oJOB`` or ``NAME.oJOB.TASK``."""
    if not os.path.isdir(path):
        return path
    name = f"{os.path.basename(order.request.name)}.{letter}{order.job}"
    return os.path.join(path, f"{name}.{order.task}" if order.array else name)
