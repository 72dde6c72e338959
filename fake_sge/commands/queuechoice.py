"""The queue instances that -q, -qs, -pe, -l and -U of qstat(1) and qselect(1) choose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from fake_sge.commands.options import Given, OptionError
from fake_sge.commands.queues import complaint_about, in_order, satisfies
from fake_sge.commands.submission import parse_pairs
from fake_sge.commands.wordlists import items
from fake_sge.core import Cell
from fake_sge.core.instances import QueueInstance
from fake_sge.core.matching import queue_named

__all__ = ["QueueChoice", "check_states", "resource_requests"]

_STATES = "aACDuEsSdcoP"
"""The letters of queue states in 8.1.9."""


def check_states(letters: str, known: str = _STATES) -> str:
    """*letters* if all are known. Raises `OptionError`, which says it twice as 8.1.9 does."""
    for letter in letters:
        if letter not in known:
            complaint = f"unknown queue state: {letter} found in string: {letters}"
            raise OptionError(f"error: {complaint}\n{complaint}")
    return letters


def resource_requests(option: Given) -> list[tuple[str, str]]:
    """The pairs of -l; what has no value is TRUE."""
    return [(name, value or "TRUE") for word in option.values for name, value in parse_pairs(word)]


@dataclass(slots=True)
class QueueChoice:
    """Those that fit every kind of selection that is given."""

    queues: list[str] = field(default_factory=list)
    states: str = ""
    environments: list[str] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    users: list[str] = field(default_factory=list)

    @property
    def made(self) -> bool:
        """Is anything chosen by what queues are, and not by what state they are in?"""
        return bool(self.queues or self.environments or self.requests or self.users)

    def read(self, option: Given) -> None:
        """Take one of the options; others are left alone. Raises `OptionError`."""
        if option.name == "-q":
            self.queues += items(option)
        elif option.name == "-qs":
            self.states = check_states(option.values[-1])
        elif option.name == "-pe":
            self.environments += items(option)
        elif option.name == "-l":
            self.requests += resource_requests(option)
        elif option.name == "-U":
            self.users += items(option)

    def find(self, cell: Cell) -> list[QueueInstance] | None:
        """The chosen ones as qstat lists them; None where the choice itself is in error, of which nothing is said.

        Raises `OptionError` for unknown parallel environments.
        """
        chosen = in_order(cell.queue_instances)
        if self.queues:
            chosen = [one for one in chosen if queue_named(self.queues, cell.layout, one.queue, one.host)]
            if not chosen:
                return None
        if self.states:
            chosen = [one for one in chosen if set(self.states) & set(one.state)]
        if self.users:
            chosen = [one for one in chosen if any(_admits(cell, one, user) for user in self.users)]
        if self.environments:
            known = [name for name in self.environments if name in cell.config.parallel_environments]
            if not known:
                raise OptionError("error: no such parallel environment")
            chosen = [one for one in chosen if set(known) & set(one.environments)]
        if complaint_about(cell, self.requests):
            return None
        return _satisfying(cell, chosen, self.requests)


def _satisfying(
    cell: Cell, chosen: Iterable[QueueInstance], requests: Iterable[tuple[str, str]]
) -> list[QueueInstance]:
    requests = list(requests)
    return [one for one in chosen if satisfies(cell, one, requests)]


def _admits(cell: Cell, instance: QueueInstance, user: str) -> bool:
    name, group = ("", user[1:]) if user.startswith("@") else (user, "")
    return instance.access.admits(cell.layout.memberships(name, group))
