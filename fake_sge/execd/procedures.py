"""Commands of the managers that run around a job or instead of a signal: queue_conf(5), sge_conf(5), sge_pe(5)."""

from __future__ import annotations

import re

from fake_sge.execd.layout import Layout
from fake_sge.execd.order import Order

__all__ = ["procedures"]

_STAGES = {"prolog": "prolog", "epilog": "epilog", "pe_start": "start_proc_args", "pe_stop": "stop_proc_args"}
_METHODS = ("suspend_method", "resume_method", "terminate_method")
_VARIABLE = re.compile(r"\$([A-Za-z0-9_]+)")


def procedures(order: Order, layout: Layout, paths: dict[str, str]) -> dict[str, str]:
    """Each with its pseudo variables replaced, ``none`` where there is none.

    Of a stage also ``NAME_user``, from ``USER@`` before it, and ``NAME_unknown``, a variable that it may not use: then
    it can't be run. The process id that a method may name is known to the shepherd alone.
    """
    plain = _plain(order, layout)
    streams = _streams(order, paths)
    parallel = {"pe_hostfile": str(layout.active_job(order.host, order.job, order.task) / "pe_hostfile")}
    parallel |= {"pe": (order.pe or {}).get("pe_name", ""), "pe_slots": str(sum(g.slots for g in order.grants))}
    found: dict[str, str] = {}
    for name, attribute in _STAGES.items():
        known = plain | streams | (parallel if attribute.endswith("_args") else {})
        user, text = _split(_text(order, attribute))
        unknown = next((word for word in _VARIABLE.findall(text) if word not in known), "")
        found |= {name: _replaced(text, known), f"{name}_user": user, f"{name}_unknown": unknown}
    for name in _METHODS:
        found[name] = _replaced(_text(order, name), plain)
    return found


def _text(order: Order, attribute: str) -> str:
    """The queue's own, or else the host's or the cell's; a parallel environment has its own alone."""
    if attribute.endswith("_args"):
        text = (order.pe or {}).get(attribute, "NONE")
    else:
        text = order.queue.get(attribute, "NONE")
        if text.upper() == "NONE":
            text = order.configuration.get(attribute, "none")
    return "none" if text.upper() == "NONE" else text


def _split(text: str) -> tuple[str, str]:
    """``USER@/path``: who is to run it, and the command."""
    first, at, rest = text.partition("@")
    return (first, rest) if at and "/" not in first and " " not in first else ("", text)


def _replaced(text: str, known: dict[str, str]) -> str:
    return _VARIABLE.sub(lambda found: known.get(found[1], found[0]), text)


def _plain(order: Order, layout: Layout) -> dict[str, str]:
    return {
        "host": order.host,
        "ja_task_id": str(order.task if order.array else 0),
        "job_owner": order.account.name,
        "job_id": str(order.job),
        "job_name": order.request.name,
        "processors": "UNDEFINED",
        "queue": order.grants[0].queue,
        "sge_cell": layout.cell,
        "sge_root": str(layout.root),
    }


def _streams(order: Order, paths: dict[str, str]) -> dict[str, str]:
    values = {f"{name}_path": paths[name] for name in ("stdin", "stdout", "stderr")}
    values["merge_stderr"] = str(int(order.request.merge_output))
    for name in ("stdin", "stdout", "stderr"):
        values |= {f"fs_{name}_{what}": "" for what in ("host", "path", "tmp_path")}
        values[f"fs_{name}_file_staging"] = "0"
    return values
