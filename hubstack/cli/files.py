"""The commands about files and the machine: schema, doctor."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Any

import typer

from hubstack.cli.commands import add_command
from hubstack.cli.output import Format, Output, print_json, print_line, print_table

__all__ = ["register"]


class Kind(StrEnum):
    """The files that have a schema."""

    site = "site"
    scenario = "scenario"


def register(app: typer.Typer) -> None:
    """Add these commands to the app."""
    add_command(app, schema, "hubstack schema site > site.schema.json")
    add_command(app, doctor, "hubstack doctor", "hubstack doctor -o json")


def schema(kind: Annotated[Kind, typer.Argument(help="which file")]) -> None:
    """Print the JSON schema of a kind of file, for your editor."""
    print_line(json.dumps(_site_schema() if kind is Kind.site else _scenario_schema(), indent=2))


def doctor(output: Output = Format.text) -> None:
    """Tell what this machine lacks, and for which feature. Exit code 3 if stacks can't run here."""
    from hubstack.testbed import check_machine, examine_machine

    findings = examine_machine()
    if output is Format.json:
        print_json(findings)
    else:
        rows = [
            (
                f.feature,
                f.what,
                "ok" if f.there else "missing",
                f.detail if f.there else f"{f.detail or f.what}: {f.fix}",
            )
            for f in findings
        ]
        print_table("this machine", ["feature", "what", "", "detail"], rows, "nothing looked for")
    check_machine()


def _site_schema() -> dict[str, Any]:
    from hubstack.site import site_schema

    return site_schema()


def _scenario_schema() -> dict[str, Any]:
    from hubstack.scenario import scenario_schema

    return scenario_schema()
