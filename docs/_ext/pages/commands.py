"""The reference of the command line, from the Typer application."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from hubstack.cli import app
from pages.markdown import code, prose, table


def page() -> str:
    """Return a section for each command, in the order in which the application declares them."""
    return "\n".join(_sections(typer.main.get_command(app), "hubstack", None))


def _sections(command: Any, name: str, parent: Any) -> Iterator[str]:
    context = command.make_context(name, [], parent=parent, resilient_parsing=True)
    below = getattr(command, "commands", {})
    if not below:
        yield _section(command, context)
    for name_below, command_below in below.items():
        if not command_below.hidden:
            yield from _sections(command_below, name_below, context)


def _section(command: Any, context: Any) -> str:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    rows = [row for parameter in command.get_params(context) if (row := _row(parameter, context))]
    options = table(("option", "what it says"), rows) if rows else ""
    examples = "\n".join(line.strip() for line in (command.epilog or "").splitlines() if line.startswith("  "))
    shown = f"\n```console\n$ {examples.replace(chr(10), chr(10) + '$ ')}\n```\n" if examples else ""
    return f"## {context.command_path}\n\n{prose(command.help)}\n\n```text\n{usage}\n```\n\n{options}{shown}"


def _row(parameter: Any, context: Any) -> tuple[str, str] | None:
    record = parameter.get_help_record(context)
    if record is None or "--help" in parameter.opts:
        return None
    return code(record[0]), prose(record[1])
