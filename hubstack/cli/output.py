"""How commands print: tables for people, JSON for scripts."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

__all__ = ["Format", "Output", "print_json", "print_line", "print_table"]


class Format(StrEnum):
    """What ``-o`` takes."""

    text = "text"
    json = "json"


Output = Annotated[Format, typer.Option("-o", "--output", help="text for people, json for scripts")]
"""The option that every command has whose answer a script may want."""


def print_json(data: Any) -> None:
    """Print one JSON document; dataclasses become objects."""
    typer.echo(json.dumps(data, indent=1, default=_plain))


def print_line(text: str) -> None:
    """Print one line as it is."""
    typer.echo(text)


def print_table(title: str, heading: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """Print a titled table, or *empty* if there are no rows."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for word in heading:
        table.add_column(word, overflow="fold")
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    console = Console(file=sys.stdout, highlight=False, markup=False)
    if table.row_count:
        console.print(table)
    else:
        console.print(f"{title}: {empty}")
    console.print()


def _plain(value: object) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return str(value)
