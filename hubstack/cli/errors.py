"""Errors as a person, or a script, sees them: one line or one JSON object on stderr, and an exit code.

Codes: 0 well; 1 a gate failed, a check differs; 2 what the user wrote is wrong; 3 this machine lacks or refuses
something; 4 inconclusive; 130 interrupted.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import typer

__all__ = ["Interrupted", "Trouble", "show", "trouble_of", "wants_json"]

INTERRUPTED = 130


class Interrupted(BaseException):
    """A signal asks the command to end: it tidies up on its way. Typer would take a KeyboardInterrupt for its own."""


@dataclass(frozen=True)
class Trouble:
    """The keys of an error with ``-o json``."""

    error: str
    where: str
    fix: str
    code: int


def trouble_of(error: BaseException) -> Trouble | None:
    """What an exception means for the user; None if it is a fault of the program itself."""
    if isinstance(error, Interrupted):
        return Trouble("interrupted", "", "", INTERRUPTED)
    return _usage_error(error) or _bad_file(error) or _refusal(error) or _missing_package(error)


def show(trouble: Trouble, log_tail: Sequence[str] = (), *, as_json: bool) -> None:
    """Print a trouble on stderr, with the end of the log that tells more."""
    if as_json:
        log = {"log": list(log_tail)} if log_tail else {}
        typer.echo(json.dumps({**asdict(trouble), **log}), err=True)
        return
    where = f"{trouble.where}: " if trouble.where else ""
    fix = f"; {trouble.fix}" if trouble.fix else ""
    for line in log_tail:
        typer.echo(f"  | {line}", err=True)
    typer.echo(f"hubstack: {where}{trouble.error}{fix}", err=True)


def wants_json(argv: Sequence[str]) -> bool:
    """Whether the command line asks for ``-o json``; also one that can't be parsed. What follows ``--`` isn't ours."""
    own = list(argv[: argv.index("--")] if "--" in argv else argv)
    return any(
        word in {"-ojson", "--output=json"} or (word in {"-o", "--output"} and following == "json")
        for word, following in zip(own, [*own[1:], ""], strict=True)
    )


def _usage_error(error: BaseException) -> Trouble | None:
    """Typer's own errors: known by their form, as they have moved between modules over its versions."""
    describe = getattr(error, "format_message", None)
    if describe is None:
        return None
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "hubstack"
    return Trouble(str(describe()).rstrip("."), "", f"see {path} --help", 2)


def _bad_file(error: BaseException) -> Trouble | None:
    """Its module is not loaded for this: where it isn't yet, the error can't have been raised."""
    module = sys.modules.get("fake_sge.cellfile.document")
    if module is None or not isinstance(error, module.BadFile):
        return None
    return Trouble(error.what, error.where, error.fix, 2)


def _refusal(error: BaseException) -> Trouble | None:
    module = sys.modules.get("hubstack.testbed.errors")
    if module is None or not isinstance(error, module.Refused):
        return None
    return Trouble(error.what, "", error.fix, 3)


def _missing_package(error: BaseException) -> Trouble | None:
    if isinstance(error, ModuleNotFoundError) and error.name and not error.name.startswith(("hubstack", "fake_sge")):
        return Trouble(f"the package {error.name} is missing", "", _extra_of(error.name), 3)
    return None


def _extra_of(package: str) -> str:
    load = {"locust", "websocket", "gevent", "numpy", "scipy", "pyarrow"}
    return f"pip install 'hubstack[{'load' if package.partition('.')[0] in load else 'hub'}]'"
