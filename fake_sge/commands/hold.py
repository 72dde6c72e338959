"""qhold(1) and qrls(1): set and remove holds."""

from __future__ import annotations

from collections.abc import Callable

from fake_sge.commands.listing import ranges_of
from fake_sge.commands.options import ESYNTAX, Option, OptionError, OptionTable
from fake_sge.commands.protocol import Cluster, Invocation, Reply, Running
from fake_sge.commands.selection import Chosen, choose, jobs_of_owners, read_operands
from fake_sge.commands.usage import usage_of
from fake_sge.core import Denied

__all__ = ["OPTIONS", "qhold", "qrls"]

OPTIONS = OptionTable(
    Option("-h", "u|o|s|n|U|O|S"), Option("-help"), Option("-t", "first-last:step"), Option("-u", "user,...")
)

ENOOPR = 10
ENOTOWNER = 18


def _command(name: str, method: str) -> Callable[[Invocation, Cluster], Running]:
    def run(invocation: Invocation, cluster: Cluster) -> Running:
        yield from ()
        try:
            given, _ = OPTIONS.parse(invocation.argv)
            if any(option.name == "-help" for option in given):
                return Reply(usage_of(name, OPTIONS, "job_task_list"))
            if not invocation.argv:
                return Reply(stderr=usage_of(name, OPTIONS, "job_task_list") + "ERROR! no option argument\n", code=1)
            kinds, owners, words = _read(list(invocation.argv))
            wanted = read_operands(words)
        except OptionError as error:
            return Reply(stderr=f"{name}: {error.text}\n", code=error.code)
        if wanted:
            chosen = choose(cluster.cell, wanted, invocation.user, owners)
        else:
            chosen = jobs_of_owners(cluster.cell, owners)
        answers, code = [], 0
        for item in chosen:
            answer, item_code = _change(cluster, method, item, kinds, invocation.user)
            answers.append(f"{answer}\n")
            code = code or item_code
        return Reply("".join(answers), code=code)

    run.__doc__ = f"{name}(1)"
    return run


def _read(argv: list[str]) -> tuple[str, list[str], list[str]]:
    kinds, owners, words = "", list[str](), list[str]()
    at = 0
    while at < len(argv):
        word = argv[at]
        at += 1
        if word == "-h":
            text = argv[at]
            if set(text) - set("uosnUOS"):
                raise OptionError(f'Unknown hold list "{text}" specified to -h option', ESYNTAX)
            kinds += "uos" if "n" in text else text.lower()
            at += 1
        elif word == "-u":
            owners += argv[at].split(",")
            at += 1
        elif word == "-t":
            words += [word, argv[at]]
            at += 1
        else:
            words.append(word)
    return kinds or "u", owners, words


def _change(cluster: Cluster, method: str, item: Chosen, kinds: str, user: str) -> tuple[str, int]:
    if item.job is None:
        return item.refusal, 1
    try:
        cluster.input(method, job_id=item.job, tasks=item.tasks, kinds=kinds, user=user)
    except Denied as denied:
        return denied.text, _code(denied)
    if item.tasks is None:
        return f"modified hold of job {item.job}", 0
    if len(item.tasks) == 1:
        return f"modified hold of job-array task {item.job}.{item.tasks.first}", 0
    return f"modified hold of job-array tasks {item.job}.{ranges_of([item.tasks])}", 0


def _code(denied: Denied) -> int:
    """These two clients exit with the qmaster's own status (sge_answer.h)."""
    if "must be at least owner" in denied.text:
        return ENOTOWNER
    if "must be manager" in denied.text or "must be operator" in denied.text:
        return ENOOPR
    return denied.exit_code


qhold = _command("qhold", "hold")
qrls = _command("qrls", "release")
