"""A share tree as qconf(1) changes it: read from a file, found by path, checked, numbered: share_tree(5)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from fake_sge.core.config import Attributes

__all__ = ["BadTree", "Tree", "read_tree", "tree_of"]

_FIELDS = ("id", "name", "type", "shares", "childnodes")
_DEFAULT = "default"


class BadTree(ValueError):
    """What is wrong with a file, in SGE's words."""


@dataclass(slots=True, eq=False)
class Tree:
    """A node and all below it."""

    name: str
    shares: int
    below: list[Tree] = field(default_factory=list)

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Tree]]:
        """Every node with its depth, the children of one after it."""
        yield depth, self
        for child in self.below:
            yield from child.walk(depth + 1)

    def places(self, path: str = "") -> Iterator[tuple[str, Tree]]:
        """Every node with its path; *path* is that of this one."""
        yield path, self
        for child in self.below:
            yield from child.places(f"{path}/{child.name}")

    def find(self, path: str) -> list[Tree]:
        """The way to the node at ``/a/b``; a path without a slash in front may begin anywhere."""
        names = [name for name in path.split("/") if name]
        if path.startswith("/") or not names:
            return self._down(names)
        return next((way for way in _ways([self]) if [node.name for node in way[-len(names) :]] == names), [])

    def _down(self, names: Sequence[str]) -> list[Tree]:
        way = [self]
        for name in names:
            found = [child for child in way[-1].below if child.name == name]
            if not found:
                return []
            way.append(found[0])
        return way

    def rows(self, projects: Collection[str]) -> list[Attributes]:
        """As the cell keeps it: numbered from the root on, each node before those below it."""
        nodes = [node for _, node in self.walk()]
        numbers = {id(node): str(number) for number, node in enumerate(nodes)}
        return [
            {
                "id": numbers[id(node)],
                "name": node.name,
                "type": str(int(node.name in projects)),
                "shares": str(node.shares),
                "childnodes": ",".join(numbers[id(child)] for child in node.below) or "NONE",
            }
            for node in nodes
        ]

    def problems(self, users: Collection[str], projects: Collection[str]) -> Iterator[str]:
        """What the qmaster has against it."""
        yield from _problems(self, users, projects, None, set())


def _problems(
    node: Tree,
    users: Collection[str],
    projects: Collection[str],
    project: str | None,
    seen: set[tuple[str, str | None]],
) -> Iterator[str]:
    """*project* is the one above, *seen* the users and projects met so far, users with the project above them."""
    name = node.name
    if name in projects:
        if project is not None:
            yield f'found project "{name}" in project "{project}" sub-tree of share tree'
        project = name
        yield from _twice("project", name, None, seen)
    elif name in users:
        if node.below:
            yield f'found user "{name}" in share tree as a non-leaf node'
        yield from _twice("user", name, project, seen)
    elif not node.below and name != _DEFAULT:
        what = "user" if project is not None else "user/project"
        yield f'denied: share tree contains reference to unknown {what} "{name}"'
    names = [child.name for child in node.below]
    for position, below in enumerate(names):
        if below in names[:position]:
            yield f'denied: found node "{below}" twice under node "{name}"'
    for child in node.below:
        yield from _problems(child, users, projects, project, seen)


def _twice(what: str, name: str, project: str | None, seen: set[tuple[str, str | None]]) -> Iterator[str]:
    if (name, project) in seen:
        yield f'found {what} "{name}" twice in share tree'
    seen.add((name, project))


def _ways(way: list[Tree]) -> Iterator[list[Tree]]:
    yield way
    for child in way[-1].below:
        yield from _ways([*way, child])


def tree_of(rows: Sequence[Attributes]) -> Tree | None:
    """The tree that the cell keeps; None if it has none."""
    by_id = {row["id"]: row for row in rows}

    def made(row: Attributes) -> Tree:
        return Tree(row["name"], int(row["shares"]), [made(by_id[child]) for child in _children(row)])

    return made(rows[0]) if rows else None


def _children(row: Attributes) -> list[str]:
    names = row["childnodes"]
    return [] if names.upper() == "NONE" else [name.strip() for name in names.split(",")]


def read_tree(text: str, path: str) -> Tree:
    """The tree in a file: lines ``name=value``, a node from each ``id`` on. Raises `BadTree`.

    As in 8.1.9, the nodes of a file are taken in their order, each followed by those below it, whatever their ids.
    """
    nodes = iter(_nodes(text, path))

    def made(row: Attributes) -> Tree:
        found = Tree(row["name"], int(row["shares"]))
        for child in _children(row):
            following = next(nodes, None)
            if following is None:
                raise BadTree(f"found reference to node {child} but no specification")
            found.below.append(made(following))
        return found

    return made(next(nodes))


def _nodes(text: str, path: str) -> list[Attributes]:
    """At least one. What isn't of a node ends the reading, or is complained of where there is none yet."""
    nodes: list[Attributes] = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        name, equals, value = line.partition("=")
        if name == "id":
            nodes.append({})
        if not equals or name not in _FIELDS or not nodes:
            if not nodes:
                raise _unreadable(path, f'unknown attribute name "{(name.split() or [name])[0]}"')
            break
        if name == "shares" and not value.isdigit():
            raise _unreadable(path, f'error parsing unsigned long value from string "{value}"')
        nodes[-1][name] = value
    if not nodes:
        raise BadTree(f'error: error reading file: "{path}"\nerror reading in file')
    for node in nodes:
        missing = next((name for name in _FIELDS if name not in node), None)
        if missing is not None:
            raise BadTree(f'error: required attribute "{missing}" is missing\nerror reading in file')
    return nodes


def _unreadable(path: str, what: str) -> BadTree:
    return BadTree(f'error: {what}\nerror: error reading file: "{path}"\nerror reading in file')
