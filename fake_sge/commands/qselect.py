"""qselect(1): the names of queue instances that fit a selection."""

from __future__ import annotations

from fake_sge.commands.options import Option, OptionError, OptionTable
from fake_sge.commands.protocol import Cluster, Invocation, Reply, Running
from fake_sge.commands.queues import complaint_about, select_queues
from fake_sge.commands.submission import parse_pairs
from fake_sge.commands.usage import usage_of

__all__ = ["OPTIONS", "run"]

OPTIONS = OptionTable(
    Option("-help"),
    Option("-l", "resource=value,..."),
    Option("-pe", "environment,..."),
    Option("-q", "queue,..."),
    Option("-qs", "state..."),
    Option("-s", "state..."),
    Option("-U", "user,..."),
)


def run(invocation: Invocation, cluster: Cluster) -> Running:
    """One name a line; exit code 1 and nothing where none fits."""
    yield from ()
    try:
        given, operands = OPTIONS.parse(invocation.argv)
        if operands:
            raise OptionError("", option=operands[0])
    except OptionError as error:
        complaint = f'invalid option argument "{error.option}"\n'
        return Reply(stderr=usage_of("qselect", OPTIONS) + complaint, code=1)
    values: dict[str, list[str]] = {}
    for option in given:
        values.setdefault(option.name, []).append(option.value)
    if "-help" in values:
        return Reply(usage_of("qselect", OPTIONS))
    requests = [(name, value or "TRUE") for text in values.get("-l", []) for name, value in parse_pairs(text)]
    complaint = complaint_about(cluster.cell, requests)
    if complaint:
        return Reply(stderr=f"{complaint}\n", code=1)
    chosen = select_queues(
        cluster.cell,
        _names(values.get("-q", [])),
        "".join(values.get("-qs", []) + values.get("-s", [])),
        _names(values.get("-pe", [])),
        requests,
        _names(values.get("-U", [])),
    )
    return Reply("".join(f"{instance.name}\n" for instance in chosen), code=0 if chosen else 1)


def _names(texts: list[str]) -> list[str]:
    return [name for text in texts for name in text.split(",") if name]
