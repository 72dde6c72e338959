"""qselect(1): the names of queue instances that fit a selection."""

from __future__ import annotations

from fake_sge.commands.options import Option, OptionError
from fake_sge.commands.protocol import Cluster, Invocation, Reply, Running
from fake_sge.commands.queuechoice import QueueChoice
from fake_sge.commands.wordlists import WordTable, read_words

__all__ = ["OPTIONS", "run"]

OPTIONS = WordTable(
    Option("-help"),
    Option("-l", "resource=value,..."),
    Option("-pe", "environment,..."),
    Option("-q", "queue,..."),
    Option("-qs", "state..."),
    Option("-U", "user,..."),
)


def run(invocation: Invocation, cluster: Cluster) -> Running:
    """One name a line; exit code 1 and nothing where none fits."""
    yield from ()
    given = read_words("qselect", OPTIONS, invocation.argv)
    if isinstance(given, Reply):
        return given
    choice = QueueChoice()
    try:
        for option in given:
            choice.read(option)
        chosen = choice.find(cluster.cell)
    except OptionError as error:
        return Reply(stderr=f"{error.text}\n", code=1)
    return Reply("".join(f"{instance.name}\n" for instance in chosen or ()), code=0 if chosen else 1)
