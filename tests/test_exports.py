"""Each package has one public surface, and it is complete."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import pytest

ROOTS = ("fake_sge", "hubstack", "loadtests")


def packages() -> Iterator[str]:
    for root in ROOTS:
        package = importlib.import_module(root)
        yield root
        yield from (m.name for m in pkgutil.walk_packages(package.__path__, f"{root}.") if m.ispkg)


def modules() -> Iterator[str]:
    for root in ROOTS:
        package = importlib.import_module(root)
        yield root
        for module in pkgutil.walk_packages(package.__path__, f"{root}."):
            if module.name.rpartition(".")[2] not in {"__main__", "jupyterhub_config"}:  # run, never imported
                yield module.name


def defined_in(module: ModuleType) -> set[str]:
    """Public classes and functions that are written in *module* itself."""
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == module.__name__
    }


@pytest.mark.parametrize("name", list(modules()))
def test_every_module_lists_what_it_offers(name: str) -> None:
    """``__all__`` holds nothing that isn't there, nothing twice, and every public class and function that is there."""
    module = importlib.import_module(name)
    listed = list(module.__all__)
    assert len(listed) == len(set(listed))
    assert [entry for entry in listed if not hasattr(module, entry)] == []
    if not hasattr(module, "__path__") and not name.startswith("hubstack.cli."):  # commands: reached by typing them
        assert defined_in(module) - set(listed) == set()


@pytest.mark.parametrize("name", list(packages()))
def test_every_package_offers_what_it_imports(name: str) -> None:
    """A package's ``__init__`` re-exports each public name that it takes from its own modules."""
    package = importlib.import_module(name)
    taken = {
        entry
        for entry, value in vars(package).items()
        if not entry.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__.startswith(f"{name}.")
    }
    assert taken - set(package.__all__) == set()


@pytest.mark.parametrize("name", list(packages()))
def test_every_package_says_what_it_is(name: str) -> None:
    """A package's docstring opens the reference of what it offers."""
    assert (importlib.import_module(name).__doc__ or "").strip()
