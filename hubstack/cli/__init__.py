"""The hubstack command."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer

from hubstack.cli import errors, files, runs, stack

__all__ = ["app", "main"]

app = typer.Typer(
    name="hubstack",
    help="Simulation and testbed harness for a JupyterHub on Grid Engine.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _family in (stack, runs, files):
    _family.register(app)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        code = typer.main.get_command(app).main(words or ["--help"], prog_name="hubstack", standalone_mode=False)
    except BrokenPipeError:
        _close_stdout()
        sys.exit(1)
    except BaseException as error:
        trouble = errors.trouble_of(error)
        if trouble is None:
            raise
        errors.show(trouble, getattr(error, "log_tail", ()), as_json=errors.wants_json(words))
        sys.exit(trouble.code)
    sys.exit(code or 0)


def _close_stdout() -> None:
    """Whoever read the output has gone: python(1) must not try to flush the rest at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
