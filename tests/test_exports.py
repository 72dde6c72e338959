"""Each package has one public surface, and it is complete. Read, not imported: loadtests patches whoever imports it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
RUN_ONLY = {"__main__.py", "jupyterhub_config.py"}  # programs and configuration: nobody imports them
SOURCES = sorted(
    source
    for root in ("fake_sge", "hubstack", "loadtests")
    for source in (TOP / root).rglob("*.py")
    if source.name not in RUN_ONLY
)
PACKAGES = [source for source in SOURCES if source.name == "__init__.py"]


def name_of(source: Path) -> str:
    return ".".join(source.relative_to(TOP).with_suffix("").parts).removesuffix(".__init__")


def listed(tree: ast.Module) -> list[str]:
    """What ``__all__`` holds."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]:
            return ast.literal_eval(node.value)
    return []


def defined(tree: ast.Module) -> set[str]:
    """The public classes and functions that are written here."""
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")}


def taken(tree: ast.Module, package: str) -> set[str]:
    """The public names that a package's ``__init__`` takes from its own modules."""
    return {
        name.asname or name.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{package}.")
        for name in node.names
        if not (name.asname or name.name).startswith("_")
    }


def bound(tree: ast.Module) -> set[str]:
    """Every name that the module has at its top."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    imports = (node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))
    return names | defined(tree) | {name.asname or name.name for node in imports for name in node.names}


@pytest.mark.parametrize("source", SOURCES, ids=name_of)
def test_every_module_lists_what_it_offers(source: Path) -> None:
    """``__all__`` holds nothing that isn't there, nothing twice, and every public class and function that is there."""
    tree = ast.parse(source.read_text())
    names = listed(tree)
    assert len(names) == len(set(names))
    assert set(names) - bound(tree) == set()
    if source.parent.name != "cli":  # its commands are reached by typing them
        assert defined(tree) - set(names) == set()


@pytest.mark.parametrize("source", PACKAGES, ids=name_of)
def test_every_package_offers_what_it_takes(source: Path) -> None:
    """A package's ``__init__`` re-exports each public name that it takes from its own modules, and says what it is."""
    tree = ast.parse(source.read_text())
    assert taken(tree, name_of(source)) - set(listed(tree)) == set()
    assert ast.get_docstring(tree)
