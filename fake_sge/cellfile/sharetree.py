"""The share tree in a cell's description: share_tree(5) as mappings within mappings, and as the rows that SGE keeps."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, Any, TypeAlias

from pydantic import Field

from fake_sge.cellfile.document import Path_
from fake_sge.cellfile.names import Name
from fake_sge.cellfile.problem import Problem, unknown
from fake_sge.cellfile.strict import Strict
from fake_sge.core.config import Attributes

__all__ = ["Shares", "share_tree_problems", "share_tree_rows", "written_share_tree"]

_DEFAULT = "default"


class Shares(Strict):
    """A node that has others below it."""

    shares: int = Field(ge=0, description="its part, against those beside it")
    below: dict[Name, Annotated[int, Field(ge=0)] | Shares] = Field(
        min_length=1, description="the nodes below it: shares, or `{shares, below}` again"
    )


Tree: TypeAlias = Mapping[str, int | Shares]


def share_tree_rows(tree: Tree, projects: Collection[str]) -> list[Attributes]:
    """The rows that ``qconf -sstree`` prints of the nodes below the root, numbered as qconf numbers them."""
    rows: list[Attributes] = []
    if tree:
        _add(rows, "Root", Shares(shares=1, below=dict(tree)), projects)
    return rows


def _add(rows: list[Attributes], name: str, node: int | Shares, projects: Collection[str]) -> str:
    shares, below = (node.shares, node.below) if isinstance(node, Shares) else (node, {})
    row = {"id": str(len(rows)), "name": name, "type": str(int(name in projects)), "shares": str(shares)}
    rows.append(row)
    row["childnodes"] = ",".join([_add(rows, child, one, projects) for child, one in below.items()]) or "NONE"
    return row["id"]


def share_tree_problems(tree: Tree, projects: Collection[str], users: Collection[str]) -> Iterator[Problem]:
    """What share_tree(5) doesn't allow: unknown leaves, a leaf twice, projects below each other, or below default."""
    yield from _problems(("share_tree",), tree, projects, users, None, set())


def _problems(
    path: Path_,
    tree: Tree,
    projects: Collection[str],
    users: Collection[str],
    project: str | None,
    seen: set[tuple[str | None, str]],
) -> Iterator[Problem]:
    for name, node in tree.items():
        place = (*path, name)
        if name in projects and project is not None:
            yield Problem(place, f"the project {name} stands below the project {project}", "put it beside it")
        if isinstance(node, Shares):
            if name in users and name not in projects:
                yield Problem(place, f"nothing can stand below the user {name}", "give it shares alone")
            inside = name if name in projects else project
            yield from _problems((*place, "below"), node.below, projects, users, inside, seen)
        elif name != _DEFAULT:
            yield from unknown(place, "user or project", [name], [*users, *projects])
            if (project, name) in seen:
                yield Problem(place, f"{name} is in the share tree twice", "keep it in one place")
            seen.add((project, name))


def written_share_tree(rows: Sequence[Attributes]) -> dict[str, Any]:
    """The description of *rows*, as plain data; the opposite of `share_tree_rows`."""
    by_id = {row["id"]: row for row in rows}

    def below(row: Attributes) -> dict[str, Any]:
        children = [] if row["childnodes"].upper() == "NONE" else row["childnodes"].split(",")
        return {by_id[one.strip()]["name"]: node(by_id[one.strip()]) for one in children}

    def node(row: Attributes) -> Any:
        inside = below(row)
        return {"shares": int(row["shares"]), "below": inside} if inside else int(row["shares"])

    return below(rows[0]) if rows else {}
