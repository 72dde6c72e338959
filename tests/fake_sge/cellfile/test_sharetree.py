"""The share tree of a cell file: share_tree(5)."""

from __future__ import annotations

import pytest

from fake_sge.cellfile import BadFile, parse_yaml
from fake_sge.cellfile.load import describe_cell
from fake_sge.cellfile.sharetree import written_share_tree

CELL = """\
hosts: {node: {}}
queues: [{name: q, hosts: [node]}]
projects: {gpu: , rse: }
users: {ann: , bob: }
share_tree:
"""
TREE = {
    "gpu": {"shares": 10, "below": {"default": 20}},
    "lab": {"shares": 5, "below": {"ann": 1, "bob": 2}},
    "default": 3,
}


def test_nodes_are_numbered_as_qconf_numbers_them() -> None:
    """Depth first, the root is 0; a project's type is 1."""
    rows = describe_cell(parse_yaml(f"{CELL}  {TREE}".replace("'", ""), "cell.yaml")).build().share_tree
    assert [(row["id"], row["name"], row["type"], row["shares"], row["childnodes"]) for row in rows] == [
        ("0", "Root", "0", "1", "1,3,6"),
        ("1", "gpu", "1", "10", "2"),
        ("2", "default", "0", "20", "NONE"),
        ("3", "lab", "0", "5", "4,5"),
        ("4", "ann", "0", "1", "NONE"),
        ("5", "bob", "0", "2", "NONE"),
        ("6", "default", "0", "3", "NONE"),
    ]
    assert written_share_tree(rows) == TREE


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ("  ann: 1\n  eve: 2", "cell.yaml:7: there is no user or project 'eve'"),
        ("  ann: 1\n  lab: {shares: 2, below: {ann: 1}}", "cell.yaml:7: ann is in the share tree twice"),
        (
            "  gpu:\n    shares: 1\n    below:\n      rse: 1",
            "cell.yaml:9: the project rse stands below the project gpu",
        ),
        ("  ann: {shares: 2, below: {bob: 1}}", "cell.yaml:6: nothing can stand below the user ann"),
        ("  ann: -1", "cell.yaml:6: "),
        ("  lab: {below: {ann: 1}}", "cell.yaml:6: the key 'shares' is missing"),
    ],
)
def test_what_is_no_share_tree_is_told_with_its_line(tree: str, said: str) -> None:
    """share_tree(5): leaves are users and projects that the cell knows, each in one place, or ``default``."""
    with pytest.raises(BadFile) as refused:
        describe_cell(parse_yaml(CELL + tree + "\n", "cell.yaml"))
    assert str(refused.value).startswith(said)
