"""qalter(1), and qhold(1) and qrls(1), which are the same program with a hold of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from fake_sge.commands.options import EEXIST, ENOIMP, ESYNTAX, Given, Option, OptionError, OptionTable, Standing
from fake_sge.commands.protocol import Cluster, Invocation, Reply, Running
from fake_sge.commands.selection import Chosen, Wanted, choose, read_operands
from fake_sge.commands.submission import Description
from fake_sge.commands.submitoptions import SUBMIT_OPTIONS
from fake_sge.commands.usage import usage
from fake_sge.core import Denied, TaskRange, tasks_to_hold

__all__ = ["HOLD_OPTIONS", "OPTIONS", "qalter", "qhold", "qrls"]

ENOOPR = 10
ENOTOWNER = 18
_TASKS_NOT_ALLOWED = 4

_SUBMISSION_ONLY = ("-b", "-h", "-ot", "-shell", "-t", "-u")
_OF_QSUB = ("-C", "-clear", "-now", "-sync", "-terse")

OPTIONS = OptionTable(
    *(option for option in SUBMIT_OPTIONS if option.name not in (*_SUBMISSION_ONLY, *_OF_QSUB)),
    *(Option(name, arguments, Standing.REFUSED, "an option of qsub") for name, arguments in (
        ("-C", "prefix"), ("-clear", ""), ("-now", "y|n"), ("-sync", "y|n"), ("-terse", ""),
    )),
    Option("-h", "u|o|s|n|U|O|S"),
    Option("-ot", "tickets"),
    Option("-t", "first-last:step", lacking="a list of task id ranges"),
    Option("-u", "user,...", lacking="a list usernames"),
)  # fmt: skip
HOLD_OPTIONS = OptionTable(
    *(option for option in OPTIONS if option.name != "-h"),
    Option("-h", "u|o|s"),
)
"""Those of qhold and qrls: all that qalter takes."""

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
    "binding": "binding",
    "checkpoint": "checkpointing environment",
    "project": "project",
    "args": "script arguments",
}


def _program(name: str, default: str, kinds: str) -> Callable[[Invocation, Cluster], Running]:
    """*default* is the hold that is set, or in capitals taken off, where -h names none; *kinds* are its letters."""
    table = OPTIONS if name == "qalter" else HOLD_OPTIONS

    def run(invocation: Invocation, cluster: Cluster) -> Running:
        yield from ()
        job = Description(cluster.now, cluster.zone, invocation.cwd, invocation.environment)

        def check(option: Given) -> None:
            if option.name == "-h":
                _check_hold(option, kinds)
            elif option.name not in ("-t", "-u"):
                job.check(option)

        try:
            argv, arguments = _split(list(invocation.argv))
            given, operands = table.parse(argv, check=check)
            if any(option.name == "-help" for option in given):
                return Reply(usage(name))
            if not operands and not [option for option in given if option.name != "-h" or not default]:
                return Reply(stderr=f"{usage(name)}ERROR! no option argument\n", code=1)
            wanted = _wanted(list(invocation.argv[: len(argv)]), table)
        except OptionError as error:
            prefix = "" if error.code == ENOIMP or error.text.startswith("found lonely") else "qalter: "
            return Reply(stderr=f"{error.ahead}{prefix}{error.text}\n", code=error.code)
        if arguments:
            job.fields["args"] = arguments
        hold = next((option.value for option in reversed(given) if option.name == "-h"), "")
        if default:
            hold = (hold or "u").upper() if default.isupper() else hold or "u"
        owners = [owner for option in given if option.name == "-u" for owner in option.value.split(",")]
        return _answer(invocation, cluster, name, [Wanted("*")] if owners else wanted, owners, job, hold)

    run.__doc__ = f"{name}(1)"
    return run


def _split(argv: list[str]) -> tuple[list[str], list[str]]:
    """What stands before ``--``, and the job's new arguments behind it. Raises `OptionError`."""
    if "--" not in argv:
        return argv, []
    at = argv.index("--")
    if at + 1 == len(argv):
        raise OptionError("-- option must be followed by job arguments")
    return argv[:at], argv[at + 1 :]


def _check_hold(option: Given, kinds: str) -> None:
    if not option.value or set(option.value) - set(kinds):
        raise OptionError(f'Unknown hold list "{option.value}" specified to -h option', ESYNTAX)


def _wanted(argv: list[str], table: OptionTable) -> list[Wanted]:
    """The operands, each with the -t behind it. Raises `OptionError`."""
    words: list[str] = []
    at = 0
    while at < len(argv):
        option = table.named(argv[at])
        if option is None:
            words.append(argv[at])
            at += 1
            continue
        _, end = table.values(option, argv, at + 1)
        if option.name == "-t":
            words += argv[at:end]
        at = end
    return read_operands(words, prefix="")


def _answer(
    invocation: Invocation,
    cluster: Cluster,
    name: str,
    wanted: list[Wanted],
    owners: list[str],
    job: Description,
    hold: str,
) -> Reply:
    """Change the fields that options name, job by job; what is refused ends the operand that names the job."""
    if any(item.tasks for item in wanted) and job.fields:
        return Reply(
            stderr="denied: the selected option works only on jobs and not on tasks\n", code=_TASKS_NOT_ALLOWED
        )
    answers: list[str] = []
    status = 0
    for item in wanted:
        for chosen in choose(cluster.cell, [item], None, owners):
            lines, code = _alter(invocation, cluster, chosen, dict(job.fields), hold)
            answers += lines
            status = status or code
            if code:
                break
    if name == "qalter" and status:
        status = 1
    return Reply("".join(f"{line}\n" for line in answers), code=status)


def _alter(
    invocation: Invocation, cluster: Cluster, item: Chosen, changes: dict[str, Any], hold: str
) -> tuple[list[str], int]:
    if item.job is None:
        return [item.refusal], EEXIST
    verify = changes.pop("verify", "n")
    for name in ("checkpoint_when", "checkpoint_interval_s"):
        changes.pop(name, None)  # 8.1.9 takes them, and changes nothing
    lines: list[str] = []
    try:
        if not changes and not hold:
            if verify in ("v", "p"):
                return _verified(cluster, item.job, verify)
            cluster.input("alter", job_id=item.job, changed={}, user=invocation.user)
        if changes:
            cluster.input("alter", job_id=item.job, changed=changes, user=invocation.user)
            lines = [line for name in changes for line in _told(invocation, cluster, item.job, name, changes[name])]
        if hold:
            lines += _hold(cluster, item.job, item.tasks, hold, invocation.user)
    except Denied as denied:
        # of a running job these are told before they are refused
        if denied.kind == "running_reservation":
            number = changes.get("advance_reservation")
            lines += _told(invocation, cluster, item.job, "advance_reservation", number)
        elif denied.kind == "running_project":
            lines.append(f"modified project of job {item.job}")
        return [*lines, denied.text], _code(denied)
    return lines, 0


def _code(denied: Denied) -> int:
    """qhold and qrls exit with the qmaster's own status (sge_answer.h)."""
    if "must be at least owner" in denied.text:
        return ENOTOWNER
    if "must be manager" in denied.text or "must be operator" in denied.text:
        return ENOOPR
    return denied.exit_code


def _hold(cluster: Cluster, number: int, tasks: TaskRange | None, letters: str, user: str) -> list[str]:
    """Small letters set a hold, n takes all off, capital letters take theirs off. Raises `Denied`."""
    removed = "uos" if "n" in letters else "".join(kind.lower() for kind in letters if kind.isupper())
    added = "".join(kind for kind in letters if kind in "uos")
    changed: dict[int, None] = {}
    job = cluster.cell.jobs[number]
    array = job.request.tasks is not None
    for method, kinds in (("release", removed), ("hold", added)):
        if kinds:
            ids = tasks_to_hold(job, tasks, kinds, release=method == "release")
            cluster.input(method, job_id=number, tasks=tasks, kinds=kinds, user=user)
            changed |= dict.fromkeys(ids)
    if not array:
        return [f"modified hold of job {number}"] if changed else []
    return [f"modified hold of job-array task {number}.{task}" for task in changed]


def _told(invocation: Invocation, cluster: Cluster, number: int, name: str, value: Any) -> list[str]:
    who = f"{invocation.user}@{invocation.host}"
    if name == "priority":
        return [f"{who} sets scheduling priority of job {number} to {value}"]
    if name == "job_share":
        return [f"{who} sets job share of job {number} to {value}"]
    if name == "override_tickets":
        return [f"{who} sets override tickets of job {number} to {value}"]
    if name == "advance_reservation":
        return [f"{who} sets job advance reservation of job {number} to {value}"]
    if name == "pe":
        return [f"modified parallel environment of job {number}"]
    if name == "pe_slots":
        return [f"modified slot range of job {number}"]
    if name in ("hold_jobs", "hold_array_jobs"):
        return _dependencies(cluster, number, name, value)
    return [f"modified {_WORDS[name]} of job {number}"] if name in _WORDS else []


def _dependencies(cluster: Cluster, number: int, name: str, asked: Iterable[str]) -> list[str]:
    job = cluster.cell.jobs[number]
    which, found = "hold list", job.predecessors
    if name == "hold_array_jobs":
        which, found = "hold array list", job.array_predecessors
    blocking = ",".join(map(str, found)) or "NONE"
    gone = ",".join(entry for entry in asked if entry.isdecimal() and int(entry) not in cluster.cell.jobs) or "NONE"
    return [f"modified job id {which} of job {number}\n   blocking jobs: {blocking}\n   exited jobs:   {gone}"]


def _verified(cluster: Cluster, number: int, level: str) -> tuple[list[str], int]:
    job = cluster.cell.jobs[number]
    if not job.idle or job.active or (level == "p" and (job.holds or job.predecessors)):
        return ["verification: job is already running or is held"], 0
    verification = cluster.cell.verify(cluster.now, job.request, level)
    lines = [f"Job {number} {message}" for message in verification.messages]
    return [*lines, verification.text], 0 if verification.found else 1


qalter = _program("qalter", "", "uosnUOS")
qhold = _program("qhold", "u", "uos")
qrls = _program("qrls", "U", "uos")
