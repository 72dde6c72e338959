"""qalter(1): change jobs that wait, and what may be changed of those that run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fake_sge.commands.options import ESYNTAX, Given, Option, OptionError, OptionTable, Standing
from fake_sge.commands.protocol import Cluster, Invocation, Reply, Running
from fake_sge.commands.selection import Chosen, choose, jobs_of_owners, read_operands
from fake_sge.commands.submission import SUBMIT_OPTIONS, Description
from fake_sge.commands.usage import usage_of
from fake_sge.core import Denied

__all__ = ["OPTIONS", "run"]

_QSUB_ONLY = ("-b", "-C", "-clear", "-h", "-jsv", "-S", "-shell", "-sync", "-terse", "-t", "-V", "-verify", "-now")

OPTIONS = OptionTable(
    *(option for option in SUBMIT_OPTIONS if option.name not in _QSUB_ONLY),
    Option("-h", "u|o|s|n|U|O|S"),
    Option("-ot", "tickets", Standing.REFUSED, "override tickets of single jobs aren't modelled"),
    Option("-S", "[host:]path,..."),
    Option("-t", "first-last:step"),
    Option("-u", "user,..."),
    Option("-uall"),
)

_WORDS = {
    "execute_at": "start time",
    "account": "account",
    "context": "context",
    "cwd": "working directory",
    "deadline_at": "deadline time",
    "stderr": "stderr path list",
    "stdin": "stdin path list",
    "stdout": "stdout path list",
    "merge_output": "output merge behaviour",
    "reserve": "reservation behaviour",
    "hard": "hard resource list",
    "soft": "soft resource list",
    "mail_on": "mail options",
    "mail_to": "mail list",
    "name": "job name",
    "notify": "notify behaviour",
    "hard_queues": "hard queue list",
    "soft_queues": "soft queue list",
    "master_queues": "master hard queue list",
    "rerun": "restart behaviour",
    "shells": "shell list",
    "environment": "environment",
    "max_running_tasks": "task concurrency",
    "project": "project",
    "args": "script arguments",
}


def run(invocation: Invocation, cluster: Cluster) -> Running:
    """Change the fields that options name, job by job."""
    yield from ()
    try:
        given, operands = OPTIONS.parse(invocation.argv)
        if any(option.name == "-help" for option in given):
            return Reply(usage_of("qalter", OPTIONS, "job_task_list"))
        if not invocation.argv:
            return Reply(stderr=usage_of("qalter", OPTIONS, "job_task_list") + "ERROR! no option argument\n", code=1)
        owners = [name for option in given if option.name == "-u" for name in option.value.split(",")]
        job = Description(cluster.now, cluster.zone, invocation.cwd, invocation.environment)
        job.read(option for option in given if option.name not in ("-h", "-t", "-u", "-uall"))
        wanted = read_operands([*operands, *_tasks(given)])
        kinds = _holds(given)
    except OptionError as error:
        return Reply(stderr=f"qalter: {error.text}\n", code=error.code)
    chosen = choose(cluster.cell, wanted, invocation.user, owners)
    if not wanted:
        chosen = jobs_of_owners(cluster.cell, owners)
    answers, code = [], 0
    for item in chosen:
        lines, item_code = _alter(invocation, cluster, item, dict(job.fields), kinds)
        answers += lines
        code = code or item_code
    return Reply("".join(f"{line}\n" for line in answers), code=code)


def _tasks(given: Iterable[Given]) -> list[str]:
    for option in given:
        if option.name == "-t":
            return ["-t", option.value]
    return []


def _holds(given: Iterable[Given]) -> str | None:
    kinds = None
    for option in given:
        if option.name == "-h":
            if set(option.value) - set("uosnUOS"):
                raise OptionError(f'Unknown hold list "{option.value}" specified to -h option', ESYNTAX)
            kinds = option.value
    return kinds


def _alter(
    invocation: Invocation, cluster: Cluster, item: Chosen, changes: dict[str, Any], kinds: str | None
) -> tuple[list[str], int]:
    if item.job is None:
        return [item.refusal], 1
    verify = changes.pop("verify", "n")
    try:
        if verify in ("v", "p") and not changes and kinds is None:
            return _verified(cluster, item.job, verify)
        if kinds is not None:
            _set_holds(cluster, item, kinds, invocation.user)
        if changes:
            cluster.input("alter", job_id=item.job, changed=changes, user=invocation.user)
    except Denied as denied:
        # of a running job it is told before it is refused
        told = _told(invocation, item.job, "advance_reservation", changes.get("advance_reservation"))
        return [*told, denied.text] if denied.kind == "running_reservation" else [denied.text], 1
    lines = [line for name in changes for line in _told(invocation, item.job, name, changes[name])]
    if kinds is not None:
        lines.append(f"modified hold of job {item.job}")
    return lines, 0


def _set_holds(cluster: Cluster, item: Chosen, kinds: str, user: str) -> None:
    """Small letters set a hold, n removes all, capital letters remove theirs."""
    removed = "uos" if "n" in kinds else "".join(kind.lower() for kind in kinds if kind.isupper())
    added = "".join(kind for kind in kinds if kind in "uos")
    for method, letters in (("release", removed), ("hold", added)):
        if letters:
            cluster.input(method, job_id=item.job, tasks=item.tasks, kinds=letters, user=user)


def _told(invocation: Invocation, number: int, name: str, value: Any) -> list[str]:
    if name == "priority":
        who = f"{invocation.user}@{invocation.host}"
        return [f"{who} sets scheduling priority of job {number} to {value}"]
    if name == "job_share":
        return [f"{invocation.user}@{invocation.host} sets job share of job {number} to {value}"]
    if name == "advance_reservation":
        return [f"{invocation.user}@{invocation.host} sets job advance reservation of job {number} to {value}"]
    if name == "pe":
        return [f"modified parallel environment of job {number}"]
    if name == "pe_slots":
        return [f"modified slot range of job {number}"]
    if name in ("hold_jobs", "hold_array_jobs"):
        which = "hold list" if name == "hold_jobs" else "hold array list"
        blocking = ", ".join(value) or "NONE"
        return [f"modified job id {which} of job {number}\n blocking jobs: {blocking}\n exited jobs: NONE"]
    return [f"modified {_WORDS[name]} of job {number}"] if name in _WORDS else []


def _verified(cluster: Cluster, number: int, level: str) -> tuple[list[str], int]:
    job = cluster.cell.jobs[number]
    if not job.idle or job.active or (level == "p" and (job.holds or job.predecessors)):
        return ["verification: job is already running or is held"], 0
    verification = cluster.cell.verify(cluster.now, job.request, level)
    lines = [f"Job {number} {message}" for message in verification.messages]
    return [*lines, verification.text], 0 if verification.found else 1
