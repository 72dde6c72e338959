"""The share tree: share_tree(5), and the usage that is held against users (sched_conf(5): halftime).

Over and over the tree gives what users (or projects) are entitled to less what they have used; only nodes with jobs
count. What was used decays: after *halftime* hours half of it is forgotten, or after the minutes that
*halflife_decay_list* has for that kind of usage (0: never; negative: at once).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from fake_sge.core.config import Attributes
from fake_sge.core.model import Usage
from fake_sge.core.texts import pairs

__all__ = ["BadShareTree", "Node", "PastUsage", "Who", "parse_share_tree", "set_targets"]

Who = tuple[str, str | None]
"""An owner and a project."""

_DEFAULT = "default"
_DECAY_INTERVAL_S = 60.0
_LEAST_USAGE = 1.0


class BadShareTree(ValueError):
    """Rows that are no tree."""


@dataclass(slots=True, eq=False)
class Node:
    """A node with what a run finds out about it: *target* is its share of its parent's, *overall* of the whole."""

    name: str
    shares: int
    children: list[Node] = field(default_factory=list)
    jobs: int = 0
    usage: float = 0.0
    entitled: float = 0.0
    target: float = 0.0
    overall: float = 0.0

    def walk(self) -> Iterable[Node]:
        """The node and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()

    def leaf(self, who: Who, projects: Sequence[str]) -> list[Node]:
        """The way to the leaf that stands for a user (in a project); a ``default`` leaf gets a child for each user."""
        user, project = who
        way = self.find(project, ()) if project is not None else []
        if way and way[-1].children:
            below = way[-1].find(user, ()) or way[-1].stand_in(user)
            return [*way, *below[1:]] if below else []
        return way or self.find(user, projects) or self.stand_in(user, projects)

    def find(self, name: str | None, closed: Sequence[str]) -> list[Node]:
        """The way to the node called *name*, not through nodes called as in *closed*."""
        if self.name == name:
            return [self]
        for child in self.children:
            if child.name not in closed and (way := child.find(name, closed)):
                return [self, *way]
        return []

    def stand_in(self, user: str, closed: Sequence[str] = ()) -> list[Node]:
        """The way to a new leaf beside ``default``, for a user who has none."""
        way = self.find(_DEFAULT, closed)
        if len(way) < 2:
            return []
        parent, default = way[-2], way[-1]
        own = Node(user, default.shares)
        parent.children.append(own)
        return [*way[:-1], own]


def parse_share_tree(rows: Sequence[Attributes]) -> Node | None:
    """The tree of the rows that ``qconf -sstree`` prints (id, name, type, shares, childnodes); None without rows.

    Raises `BadShareTree`.
    """
    if not rows:
        return None
    try:
        nodes = {row["id"]: Node(row["name"], int(row["shares"])) for row in rows}
        for row in rows:
            names = [] if row["childnodes"].upper() == "NONE" else row["childnodes"].split(",")
            nodes[row["id"]].children = [nodes[name.strip()] for name in names]
    except (KeyError, ValueError) as error:
        raise BadShareTree(f"a share tree's node lacks or misstates {error}") from None
    root = nodes[rows[0]["id"]]
    met = [node for node, _ in zip(root.walk(), range(len(rows) + 1), strict=False)]
    if len(met) != len(rows):
        raise BadShareTree("a share tree's nodes must be below each other, each in one place")
    return root


def set_targets(root: Node, compensation: float) -> None:
    """What each node with jobs shall get in the short term, so that in the long term it gets its shares."""
    root.entitled = root.target = root.overall = 1.0
    _below(root, compensation)


def _below(node: Node, compensation: float) -> None:
    active = [child for child in node.children if child.jobs]
    shares = sum(child.shares for child in active)
    parts = {}
    for child in active:
        child.entitled = node.entitled * child.shares / shares if shares else 0.0
        due = max(child.usage, _LEAST_USAGE * child.entitled)
        parts[child] = child.shares**2 / due if child.entitled > 0 else 0.0
    _divide(node, parts)
    over = [c for c in active if compensation and c.entitled and c.overall > compensation * c.entitled]
    for child in over:
        parts[child] /= child.overall / (compensation * child.entitled)
    if over:
        _divide(node, parts)
    for child in active:
        _below(child, compensation)


def _divide(node: Node, parts: dict[Node, float]) -> None:
    total = sum(parts.values())
    for child, part in parts.items():
        child.target = part / total if total else 0.0
        child.overall = node.overall * child.target


class PastUsage:
    """What users have used, by project, each kind of usage decaying by itself; weighed when it is asked for."""

    def __init__(self, scheduler: Attributes) -> None:
        weights = {name: float(value) for name, value in pairs(scheduler.get("usage_weight_list", "cpu=1.0"))}
        total = sum(weights.values())
        self._weights = {name: weight / total for name, weight in weights.items()} if total else {}
        keep = _kept_in_a_minute(float(scheduler.get("halftime", "168")) * 60)
        own = dict(pairs(scheduler.get("halflife_decay_list", "none").replace(":", ",")))
        self._keep = {name: _kept_in_a_minute(float(own[name])) if name in own else keep for name in _KINDS}
        self._used: dict[Who, tuple[tuple[float, ...], float]] = {}

    def take_over(self, before: PastUsage, now: float) -> None:
        """Go on from what was held against users until *now*; from then on it decays and weighs by these settings."""
        self._used = {who: (before._left(who, now), now) for who in before._used}

    def clear(self, users: Sequence[str] | None) -> None:
        """Forget what these users have used, in any project; None: what everybody has."""
        self._used = {} if users is None else {who: used for who, used in self._used.items() if who[0] not in users}

    def add(self, who: Who, usage: Usage, now: float) -> None:
        """Hold it against them from *now* on."""
        figures = (usage.cpu_s, usage.mem_gbs, usage.io_gb)
        if any(figures):
            self._used[who] = tuple(map(operator.add, self._left(who, now), figures)), now

    def of(self, who: Who, now: float) -> float:
        """What is left of it at *now*."""
        return sum(self._weights.get(name, 0.0) * left for name, left in zip(_KINDS, self._left(who, now), strict=True))

    def everything(self, now: float) -> list[tuple[Who, float]]:
        """All that is left, in the order in which they were first charged."""
        return [(who, self.of(who, now)) for who in self._used]

    def _left(self, who: Who, now: float) -> tuple[float, ...]:
        amounts, since = self._used.get(who, (_NOTHING, now))
        minutes = (now - since) / _DECAY_INTERVAL_S
        if not minutes:
            return amounts
        return tuple(
            amount and amount * self._keep[name] ** minutes for name, amount in zip(_KINDS, amounts, strict=True)
        )


_KINDS = ("cpu", "mem", "io")
_NOTHING = (0.0, 0.0, 0.0)


def _kept_in_a_minute(halftime_min: float) -> float:
    """The part of a usage that is left after a minute: all of it for 0, none for a negative halftime."""
    if halftime_min <= 0:
        return 1.0 if halftime_min == 0 else 0.0
    return max(0.0, 1 - math.log(2) / (halftime_min * 60) * _DECAY_INTERVAL_S)
