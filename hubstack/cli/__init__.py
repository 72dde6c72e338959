"""The hubstack command."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from hubstack.cli import errors, files, stack

__all__ = ["app", "main"]

app = typer.Typer(
    name="hubstack",
    help="Simulation and testbed harness for a JupyterHub on Grid Engine.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _family in (stack, files):
    _family.register(app)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        code = typer.main.get_command(app).main(words or ["--help"], prog_name="hubstack", standalone_mode=False)
    except BaseException as error:
        trouble = errors.trouble_of(error)
        if trouble is None:
            raise
        errors.show(trouble, getattr(error, "log_tail", ()), as_json=errors.wants_json(words))
        sys.exit(trouble.code)
    sys.exit(code or 0)
