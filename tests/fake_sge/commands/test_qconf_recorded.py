"""qconf(1) line by line as a running 8.1.9 answered: ``recorded/qconf_*.txt``, each typed on a freshly built cluster.

Below a line and its exit code stands what went to standard output (``1|``) and to standard error (``2|``). ``<USAGE>``
stands for the help text.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fake_sge.commands.usage import usage

Bench = Any
"""The fixture's class; conftest has it."""

RECORDED = sorted((Path(__file__).parent / "recorded").glob("qconf_*.txt"))
_HEAD = re.compile(r"\$ (?:@(?P<user>\w+):(?P<host>\w+) )?(?P<line>.*?)   -> (?P<code>\d+)$")


@dataclass
class Answer:
    line: str
    user: str
    host: str
    code: int
    stdout: list[str] = field(default_factory=list)
    stderr: list[str] = field(default_factory=list)


def answers(text: str) -> Iterator[Answer]:
    """What a recording holds."""
    found: Answer | None = None
    for line in text.splitlines():
        if head := _HEAD.match(line):
            if found is not None:
                yield found
            found = Answer(head["line"], head["user"] or "root", head["host"] or "master", int(head["code"]))
        elif found is not None:
            (found.stdout if line.startswith("  1|") else found.stderr).append(line[4:])
    assert found is not None
    yield found


def play(bench: Bench, wanted: Answer) -> Answer:
    """Type a line: programs one after the other, each with what it reads from and writes to."""
    got = Answer(wanted.line, wanted.user, wanted.host, 0)
    for part in re.split(r"; *(?=q)", wanted.line):
        pipeline, arrow, target = part.partition(" > ")
        shown = list(run(bench, pipeline.strip(), got))
        if arrow:
            bench.files[target.strip()] = "".join(f"{line}\n" for line in shown).encode()
        else:
            got.stdout += shown
    return got


def run(bench: Bench, line: str, got: Answer) -> Iterator[str]:
    """What goes to standard output: of qconf, ``| grep``, and the few programs that make files for it."""
    words = shlex.split(line)
    match words:
        case [program, *_] if program.startswith("q"):
            pipe = words.index("|") if "|" in words else len(words)
            reply = bench.type_words(words[:pipe], user=got.user, host=f"{got.host}.sharc.test")
            said = reply.stderr.replace(usage("qconf"), "<USAGE>\n").replace(usage("qconf")[:-1], "<USAGE>")
            got.stderr += said.splitlines()
            shown = reply.stdout.splitlines()
            if pipe < len(words):
                shown = [text for text in shown if re.search(words[pipe + 2], text)]
            got.code = reply.code if pipe == len(words) else int(not shown)
            yield from shown
        case ["printf", text]:
            yield from text.replace("\\n", "\n").splitlines()
        case ["(cat", path, "echo", *_] | ["(cat", path, *_]:
            yield from bench.files[path.rstrip(";")].decode().splitlines()
            yield re.findall(r"echo '?([^')]*)'?\)", line)[0]
        case ["grep", "-v", pattern, path]:
            yield from (text for text in bench.files[path].decode().splitlines() if not re.search(pattern, text))
        case ["sed", edit, path]:
            _, pattern, replacement, _ = edit.split("/")
            yield from (re.sub(pattern, replacement, text) for text in bench.files[path].decode().splitlines())
        case _:
            raise AssertionError(line)


def plain(lines: list[str]) -> list[str]:
    """Names of temporary files and load values are the machine's."""
    named = [re.sub(r"/tmp/pid-\d+-\w+", "<file>", line) for line in lines]
    return [line for line in named if not re.match(r"load_values|processors| +\S+=", line)]


@pytest.mark.parametrize("recording", RECORDED, ids=lambda path: path.stem)
def test_every_line_is_answered_as_recorded(bench: Bench, recording: Path) -> None:
    """Exit code and both streams; the cell changes on the way as the recorded one did."""
    for wanted in answers(recording.read_text()):
        got = play(bench, wanted)
        assert (got.line, got.code, plain(got.stdout), plain(got.stderr)) == (
            wanted.line,
            wanted.code,
            plain(wanted.stdout),
            plain(wanted.stderr),
        )
