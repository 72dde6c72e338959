"""As much of a shell as the recordings' command lines need: quotes, ``;``, pipes, redirections, printf, sed.

Nothing is executed: files live in a dictionary, and a program is either a q-program or one of the few done here.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

__all__ = ["TEXT_TOOLS", "OutOfReach", "Pipeline", "Word", "parse"]


class OutOfReach(Exception):
    """A command line that this shell can't run; the text says why."""


Word = str


@dataclass(slots=True)
class Pipeline:
    """Commands joined by pipes; each has its assignments and words. *stdin_file* and *stdout_file* are redirections."""

    commands: list[tuple[dict[str, str], list[Word]]] = field(default_factory=list)
    stdin_file: str | None = None
    stdout_file: str | None = None


_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)$", re.DOTALL)


def parse(line: str, variables: Callable[[str], str | None], now: datetime | None = None) -> list[Pipeline]:
    """The pipelines of a command line, typed at *now*. Raises `OutOfReach`."""
    dated = line if now is None else _DATE.sub(lambda match: _date(match, now), line)
    lexer = shlex.shlex(_expanded(dated, variables), posix=True, punctuation_chars=";|<>&")
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        words = list(lexer)
    except ValueError as error:
        raise OutOfReach(f"quotes that don't end: {error}") from None
    pipelines = [Pipeline()]
    current: list[Word] = []

    def end_command() -> None:
        if current:
            assignments, rest = _assignments(list(current))
            pipelines[-1].commands.append((assignments, rest))
            current.clear()

    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == ";":
            end_command()
            pipelines.append(Pipeline())
        elif word == "|":
            end_command()
        elif word in ("<", ">"):
            if at >= len(words):
                raise OutOfReach("a redirection without a file")
            if word == "<":
                pipelines[-1].stdin_file = words[at]
            else:
                pipelines[-1].stdout_file = words[at]
            at += 1
        elif word and set(word) <= set(";|<>&"):
            raise OutOfReach(f"{word} isn't known here")
        else:
            current.append(word)
    end_command()
    return [pipeline for pipeline in pipelines if pipeline.commands]


def _assignments(words: list[Word]) -> tuple[dict[str, str], list[Word]]:
    assigned: dict[str, str] = {}
    while words and (match := _ASSIGNMENT.match(words[0])):
        assigned[match[1]] = match[2]
        words.pop(0)
    return assigned, words


_DATE = re.compile(r"""\$\(date(?: -d ['"]\+(\d+) (sec|min|hour|day)\w*['"])? ['"]?\+([^\s'")]+)['"]?\)""")
_SECONDS = {"sec": 1, "min": 60, "hour": 3600, "day": 86400}


def _date(match: re.Match[str], now: datetime) -> str:
    """``$(date -d '+10 min' +%m%d%H%M)``"""
    number, unit, form = match.groups()
    return (now + timedelta(seconds=int(number or 0) * _SECONDS.get(unit, 0))).strftime(form)


_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def _expanded(line: str, variables: Callable[[str], str | None]) -> str:
    """Known variables outside single quotes are replaced; the rest stays as it is."""
    parts = re.split(r"('[^']*')", line)
    if any("$(" in part for part in parts if not part.startswith("'")):
        raise OutOfReach("it runs a command inside the command line")

    def value(match: re.Match[str]) -> str:
        found = variables(match[1] or match[2])
        return match[0] if found is None else found

    return "".join(part if part.startswith("'") else _VARIABLE.sub(value, part) for part in parts)


_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"'}


def _printf(arguments: list[str], text: str) -> str:  # noqa: ARG001 -- all tools are called alike
    """A format, with ``%s`` for the words behind it."""
    words = iter(arguments[1:] if arguments[0] == "--" else arguments)
    made = re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[0]), next(words))
    return re.sub(r"%([s%])", lambda match: "%" if match[1] == "%" else next(words, ""), made)


def _echo(arguments: list[str], text: str) -> str:  # noqa: ARG001 -- all tools are called alike
    return " ".join(arguments) + "\n"


_BASIC = re.compile(r"\\([(){}|+?])|([(){}|+?])")


def _sed(arguments: list[str], text: str) -> str:
    """``s`` commands, as many as there are; their basic regular expressions are turned into Python's."""
    for script in (word for word in arguments if word != "-e"):
        if script[0] != "s":
            raise OutOfReach(f"sed {script} isn't known here")
        parts = re.split(rf"(?<!\\){re.escape(script[1:2])}", script)
        if len(parts) != 4:
            raise OutOfReach(f"sed {script} isn't known here")
        _, wanted, put, flags = parts
        pattern = re.compile(_BASIC.sub(lambda match: match[1] or "\\" + match[2], wanted), re.MULTILINE)
        put = put.replace("&", r"\g<0>")
        text = "".join(pattern.sub(put, line, 0 if "g" in flags else 1) for line in text.splitlines(keepends=True))
    return text


TEXT_TOOLS: dict[str, Callable[[list[str], str], str]] = {"echo": _echo, "printf": _printf, "sed": _sed}
"""Programs that make text of their arguments and of standard input."""
