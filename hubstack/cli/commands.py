"""How a command joins the app: with examples in its help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer

__all__ = ["add_command"]


def add_command(app: typer.Typer, function: Callable[..., Any], *examples: str, **settings: Any) -> None:
    """Add a command, named as its function is (``open_`` as ``open``), whose help ends with *examples*."""
    epilog = "\n\n".join(["Examples:", *(f"  {example}" for example in examples)])
    app.command(name=function.__name__.rstrip("_"), epilog=epilog, **settings)(function)
