"""Checkpointing interfaces: ``-sckpt -sckptl -Ackpt -Mckpt -dckpt``, checkpoint(5)."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator

from fake_sge.commands.qconf import printing
from fake_sge.commands.qconf.call import Call, Refused, Verb
from fake_sge.commands.qconf.kept import KeptKind, single
from fake_sge.commands.qconf.naming import name_problem, queue_with
from fake_sge.commands.qconf.objects import listing
from fake_sge.core import Cell
from fake_sge.core.config import Attributes

__all__ = ["KIND", "VERBS"]

_INTERFACES = ("USERDEFINED", "HIBERNATOR", "TRANSPARENT", "APPLICATION-LEVEL", "CPR")
_VARIABLES = (
    *("host", "ja_task_id", "job_owner", "job_id", "job_name", "queue", "job_pid", "ckpt_dir", "ckpt_signal"),
    *("sge_cell", "sge_root"),
)
_COMMANDS = ("ckpt_command", "migr_command", "restart_command", "clean_command")
_SIGNALS = {one.name.removeprefix("SIG") for one in signal.Signals}


_TEMPLATE: Attributes = {
    "ckpt_name": "template",
    "interface": "userdefined",
    **dict.fromkeys(_COMMANDS, "none"),
    "ckpt_dir": "/tmp",  # noqa: S108 -- what 8.1.9 proposes
    "signal": "none",
    "when": "sx",
}


def _look(given: Attributes) -> list[str]:
    """The first thing that is wrong; qconf tells it twice, once as the library that found it, once itself."""
    problem = name_problem(given["ckpt_name"])
    return [problem] if problem else list(_problems(given, given["ckpt_name"]))[:1] * 2


def _problems(given: Attributes, name: str) -> Iterator[str]:
    if given["interface"].upper() not in _INTERFACES:
        yield f"no valid checkpoint interface {given['interface']}"
    for command in _COMMANDS:
        if any(variable not in _VARIABLES for variable in re.findall(r"\$(\w+)", given[command])):
            yield f'parameter {command} of ckpt environment "{name}": 0'
    if not given["signal"].isdigit() and given["signal"].upper() not in ("NONE", *_SIGNALS):
        yield f'"{given["signal"]}" is not a signal string (like HUP, INT, WINCH, ..)'


def _check(call: Call, given: Attributes, before: Attributes | None) -> Attributes:
    if not re.fullmatch(r"[nsmxr]+", given["when"]):
        raise Refused(f'Invalid "when" attribute for ckpt "{given["ckpt_name"]}"')
    return given


def _used(cell: Cell, name: str) -> Iterator[str]:
    for job in cell.jobs.values():
        if job.request.checkpoint == name:
            yield f'denied: Checkpointing object "{name}" is still referenced in job {job.id}.'
            return
    queue = queue_with(cell, "ckpt_list", name)
    if queue is not None:
        yield f'denied: Ckpt "{name}" is still referenced in queue "{queue}".'


KIND = KeptKind(
    field="checkpoints",
    what="checkpoint interface",
    whole="checkpoint interface list",
    word="ckpt",
    key="ckpt_name",
    fields=tuple(_TEMPLATE),
    template=_TEMPLATE,
    check=_check,
    look=_look,
    used=_used,
    removed="checkpointing environment",
    unknown="{} is not a checkpointing interface definition",
    one=True,
)


def _show(cell: Cell, name: str) -> str:
    found = cell.config.checkpoints.get(name)
    if found is None:
        raise Refused(f"{name} is not a checkpointing interface definition")
    return printing.padded(found, 19)


VERBS = (
    Verb("-ackpt", KIND.add_edited, "ckpt_name"),
    Verb("-mckpt", KIND.modify_edited, "ckpt_name"),
    Verb("-Ackpt", KIND.add_file, "fname"),
    Verb("-Mckpt", KIND.modify_file, "fname"),
    Verb("-dckpt", KIND.delete, "ckpt_name"),
    Verb("-sckpt", single(_show), "ckpt_name"),
    Verb("-sckptl", listing(lambda cell: cell.config.checkpoints, "ckpt interface definition")),
)
