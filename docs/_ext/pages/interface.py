"""The public interface: what each package's ``__all__`` holds."""

from __future__ import annotations

import importlib
import inspect
from types import GenericAlias
from typing import Any

from pages.markdown import code, first_sentence, prose, table

PACKAGES = (
    "fake_sge",
    "fake_sge.core",
    "fake_sge.cellfile",
    "fake_sge.commands",
    "fake_sge.virtual",
    "fake_sge.pytest_plugin",
    "hubstack",
    "hubstack.site",
    "hubstack.scenario",
    "hubstack.results",
    "hubstack.model",
    "hubstack.testbed",
)


def page() -> str:
    """Return a section for each package that others may build upon."""
    return "\n".join(_section(name) for name in PACKAGES)


def _section(name: str) -> str:
    package = importlib.import_module(name)
    rows = (_row(public, getattr(package, public)) for public in package.__all__)
    return f"## {name}\n\n{prose(package.__doc__)}\n\n{table(('name', 'what it is'), rows)}"


def _row(name: str, value: object) -> tuple[str, str]:
    if inspect.isclass(value) or inspect.isroutine(value):
        return code(_signature(name, value)), "" if _made_up(value) else first_sentence(value.__doc__)
    return code(name), "a type" if isinstance(value, GenericAlias) else code(type(value).__name__)


def _made_up(value: Any) -> bool:
    """Whether the docstring is what dataclass writes where there is none."""
    return (value.__doc__ or "").startswith(f"{value.__name__}(")


def _signature(name: str, value: object) -> str:
    if not inspect.isfunction(value):
        return name
    return f"{name}({', '.join(inspect.signature(value).parameters)})"
