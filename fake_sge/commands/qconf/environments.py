"""Parallel environments: ``-sp -spl -Ap -Mp -dp``, sge_pe(5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fake_sge.commands.qconf import printing
from fake_sge.commands.qconf.call import Call, Refused, Verb
from fake_sge.commands.qconf.kept import LISTS, TICKETS, KeptKind, single
from fake_sge.commands.qconf.naming import check_lists, name_problem, queue_with
from fake_sge.commands.qconf.objects import listing
from fake_sge.commands.qconf.values import BOOL
from fake_sge.core import Cell
from fake_sge.core.config import Attributes

__all__ = ["KIND", "VERBS"]

_RULES = ("pe_slots", "fill_up", "round_robin")
_VARIABLES = (
    *("pe_hostfile", "host", "ja_task_id", "job_owner", "job_id", "job_name", "pe", "pe_slots", "processors", "queue"),
    *("sge_cell", "sge_root", "stdin_path", "stdout_path", "stderr_path", "merge_stderr"),
    *(f"fs_{stream}_{what}" for stream in ("stdin", "stdout", "stderr") for what in ("host", "path", "tmp_path")),
    *(f"fs_{stream}_file_staging" for stream in ("stdin", "stdout", "stderr")),
)
_MOST_SLOTS = 9999999
_TEMPLATE: Attributes = {
    "pe_name": "template",
    "slots": "0",
    "user_lists": "NONE",
    "xuser_lists": "NONE",
    "start_proc_args": "NONE",
    "stop_proc_args": "NONE",
    "allocation_rule": "$pe_slots",
    "control_slaves": "FALSE",
    "job_is_first_task": "TRUE",
    "urgency_slots": "min",
    "accounting_summary": "FALSE",
    "qsort_args": "NONE",
}


def _look(given: Attributes) -> Iterator[str]:
    """What qconf itself finds wrong: the first thing."""
    yield from list(_problems(given, given["pe_name"]))[:1]
    if name_problem(given["pe_name"]):
        yield f'Invalid character in pe name of pe "{given["pe_name"]}"'


def _problems(given: Attributes, name: str) -> Iterator[str]:
    problem = name_problem(name)
    if problem:
        yield problem
    for attribute in ("start_proc_args", "stop_proc_args"):
        yield from _unknown(given, attribute, name, _VARIABLES)
    if int(given["slots"]) > _MOST_SLOTS:
        yield (
            f'{given["slots"]} is an invalid value for the "slots" attribute '
            f"- it must be a value between 0 and {_MOST_SLOTS}"
        )
    yield from _unknown(given, "allocation_rule", name, _RULES)
    if not re.match(r"min$|max$|avg$|\d", given["urgency_slots"], re.IGNORECASE):
        yield f'rejecting invalid urgency_slots setting "{given["urgency_slots"]}"'


def _unknown(given: Attributes, attribute: str, name: str, known: Iterable[str]) -> Iterator[str]:
    for variable in re.findall(r"\$(\w+)", given[attribute]):
        if variable not in known:
            yield f'parameter {attribute} of pe "{name}": unknown variable "{variable}"'


def _check(call: Call, given: Attributes, before: Attributes | None) -> Attributes:
    """Who may use it must be known; a sorting library can't be loaded here."""
    name = given["pe_name"]
    problem = next(_problems(given, name), None) if before is not None else None
    if problem is not None:
        raise Refused(problem)
    check_lists(call.cell, given, "user_lists", "xuser_lists", "parallel environment", name)
    library = given["qsort_args"].split(" ")[0]
    if library.upper() != "NONE":
        why = "cannot open shared object file: No such file or directory"
        raise Refused(f'Unable to open "{library}" library in pe_qsort_args for PE "{name}" - "{library}: {why}"')
    return given


def _used(cell: Cell, name: str) -> Iterator[str]:
    for job in cell.jobs.values():
        if job.request.pe == name:
            yield f'denied: Parallel environment "{name}" is still referenced in job {job.id}.'
            return
    queue = queue_with(cell, "pe_list", name)
    if queue is not None:
        yield f'denied: Parallel environment "{name}" is still referenced in queue "{queue}".'


KIND = KeptKind(
    field="parallel_environments",
    what="parallel environment",
    whole="parallel environment list",
    word="pe",
    key="pe_name",
    fields=tuple(_TEMPLATE),
    kinds={
        "slots": TICKETS["slots"],
        "user_lists": LISTS,
        "xuser_lists": LISTS,
        "control_slaves": BOOL,
        "job_is_first_task": BOOL,
        "accounting_summary": BOOL,
    },
    template=_TEMPLATE,
    check=_check,
    look=_look,
    used=_used,
    unknown="{} is not a parallel environment",
    one=True,
)


def _show(cell: Cell, name: str) -> str:
    found = cell.config.parallel_environments.get(name)
    if found is None:
        raise Refused(f"{name} is not a parallel environment")
    return printing.padded(found, 19)


VERBS = (
    Verb("-ap", KIND.add_edited, "pe-name"),
    Verb("-mp", KIND.modify_edited, "pe-name"),
    Verb("-Ap", KIND.add_file, "fname"),
    Verb("-Mp", KIND.modify_file, "fname"),
    Verb("-dp", KIND.delete, "pe-name"),
    Verb("-sp", single(_show), "pe-name"),
    Verb("-spl", listing(lambda cell: cell.config.parallel_environments, "parallel environment")),
)
