"""Whatever is typed, piped in or lies about gets an answer: no traceback, no hang, and nothing of it is executed."""

from __future__ import annotations

import copy
import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import settings

from fake_sge.accounting import Reader
from fake_sge.cellfile import BadFile, load_cell, named_cells
from fake_sge.cellfile.qconf import read_qconf
from fake_sge.commands import COMMANDS, COVERAGE, Invocation, Reply, drive, run
from fake_sge.core import Cell, CellConfig, Denied

Bench = Any
"""The fixture's class; conftest has it."""

MANY = settings().max_examples
PATIENCE_S = 20
VALUES = (
    "1", "0", "99", "1.2", "1-3", "1-3:2", "9-1", "-1", "a", "job*", "all.q", "*@node001", "all.q@@allhosts", "@x", "",
    "h_rt=60", "rmem=lots", "gpu", "nosuch=1", "smp", "y", "maybe", "user1", "root,user2", "203001010000", "99999999",
    "r", "hu", "zz", "é", "<&>", "x\x00y", "[", "a=b,c=d,", "node001", "infinity", "@", ",", "::", "/x", "-", "--",
    "file", "queue", "slots", "exechost", "$(touch /tmp/x)", "`id`", "%s%n", "\udcff", "9" * 40, "1e400", "nan",
)  # fmt: skip
NEVER = (
    "os.exec", "os.posix_spawn", "os.system", "os.fork", "os.forkpty", "subprocess.Popen", "os.remove", "os.rename",
    "os.mkdir", "os.rmdir", "os.chmod", "os.chown", "os.link", "os.symlink", "os.truncate", "socket.connect", "os.kill",
)  # fmt: skip
_watched: list[list[str]] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook can't be taken off again; it looks only while somebody watches."""
    if not _watched:
        return
    if (
        event in NEVER
        or (event == "open" and _writes(arguments))
        or (event == "compile" and arguments[1] in ("<string>", "<unknown>") and not _importing())
    ):
        _watched[-1].append(f"{event} {arguments!r}")


def _writes(arguments: tuple[Any, ...]) -> bool:
    return bool(arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC))


def _importing() -> bool:
    frame = sys._getframe()
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back  # type: ignore[assignment]
    return frame is not None


sys.addaudithook(_hook)


@contextmanager
def nothing_done() -> Iterator[None]:
    """Nothing is executed, written, removed or sent meanwhile, and it ends in time."""
    seen: list[str] = []
    _watched.append(seen)
    before = signal.alarm(PATIENCE_S)
    try:
        yield
    finally:
        signal.alarm(before)
        _watched.pop()
    assert seen == []


def text(rng: Random, most: int = 8) -> str:
    return "".join(
        chr(rng.choice((rng.randrange(32, 127), rng.randrange(1, 0x300)))) for _ in range(rng.randrange(most))
    )


def word(rng: Random, command: str) -> str:
    kind = rng.random()
    if kind < 0.5:
        return rng.choice(sorted(option.name for option in COVERAGE[command]))
    return rng.choice(VALUES) if kind < 0.9 else text(rng)


def words(rng: Random, command: str) -> list[str]:
    return [word(rng, command) for _ in range(rng.randrange(7))]


def script(rng: Random, command: str = "qsub") -> str:
    """Lines of which some hold options, well or badly quoted."""
    lines = ["#!/bin/sh"]
    for _ in range(rng.randrange(5)):
        quoted = [rng.choice(("{}", '"{}"', "'{}", "{} #")).format(word) for word in words(rng, command)]
        lines.append(rng.choice(("#$ ", "#$", "# ", "", "#$ -S ")) + " ".join(quoted))
    return "\n".join(lines)


def object_file(rng: Random, config: CellConfig) -> bytes:
    """What ``qconf -Aq`` and its like read: an object as printed, with a little spoilt."""
    texts = rng.choice([*config.queues.values(), *config.hosts.values(), *config.parallel_environments.values()])
    lines = [f"{name} {value}" for name, value in texts.items()]
    return "\n".join(spoilt(rng, lines)).encode("utf-8", "surrogateescape")


def spoilt(rng: Random, lines: list[str]) -> list[str]:
    """Lines lost, doubled, cut, or with something else in them."""
    lines = list(lines)
    for _ in range(rng.randint(1, 4)):
        if not lines:
            break
        at = rng.randrange(len(lines))
        kind = rng.randrange(6)
        if kind == 0:
            del lines[at]
        elif kind == 1:
            lines.insert(at, rng.choice(lines))
        elif kind == 2:
            lines[at] = lines[at][: rng.randrange(len(lines[at]) + 1)]
        elif kind == 3:
            lines[at] = lines[at] + rng.choice(VALUES)
        elif kind == 4:
            lines[at] = re.sub(r"\S+$", lambda _: rng.choice(VALUES), lines[at])
        else:
            lines[at] = text(rng, 30)
    return lines


def fresh(bench: Bench, config: CellConfig) -> Bench:
    """Another bench, with the same accounting file."""
    return type(bench)(Cell(copy.deepcopy(config), bench.began_at), bench.accounting_path)


@pytest.fixture(scope="module")
def recorded() -> CellConfig:
    return load_cell("recorded")


def type_anything(seed: int, bench: Bench, config: CellConfig) -> None:
    """Some commands with any words, script, files and environment, on a cell that has jobs."""
    rng = Random(seed)
    bench.submit("-t 1-3")
    bench.pass_time(2)
    for _ in range(5):
        command, user = rng.choice(sorted(COMMANDS)), rng.choice(("user1", "root"))
        argv = words(rng, command)
        bench.stdin_bytes = script(rng, command).encode("utf-8", "surrogateescape")
        bench.files = {
            "/home/user1/.sge_request": " ".join(words(rng, "qsub")).encode("utf-8", "surrogateescape"),
            "/home/user1/file": object_file(rng, config),
            "file": object_file(rng, config),
        }
        environment = {rng.choice(("SGE_CELL", "PATH", "EDITOR", "TERM", text(rng))): rng.choice(VALUES)}
        invocation = Invocation(
            command, argv, user, "/home/user1", environment, "cs", 3001, 2000, "/home/user1", "master.sharc.test"
        )
        reply = drive(run(invocation, bench), bench, bench.wait)
        assert isinstance(reply, Reply)
        assert 0 <= reply.code < 256
        if "-xml" in argv and reply.stdout.startswith("<?xml"):
            ET.fromstring(reply.stdout.encode("utf-8", "replace"))
    bench.pass_time(20)


def test_everything_typed_gets_an_answer(bench: Bench, recorded: CellConfig) -> None:
    """Any command with any words, any script, any files: an answer and an exit code, and nothing is executed."""
    bench.accounting_path = None
    for seed in range(MANY * 2):
        try:
            with nothing_done():
                type_anything(seed, fresh(bench, recorded), recorded)
        except Exception as error:
            raise AssertionError(f"seed {seed}") from error


def test_an_option_may_be_a_word(bench: Bench) -> None:
    """Found so: the word after -t belongs to it, whatever it looks like."""
    job = bench.submit("-t 1-3")
    for line in ("qhold -t -h", "qrls -t -u", "qdel -t -u", f"qhold {job} -t"):
        assert bench.type(line).code in (0, 1, 2)


def test_the_watch_is_awake(tmp_path: Path) -> None:
    """The power of the tests here: what they forbid is noticed."""
    for forbidden in (lambda: eval("1"), (tmp_path / "x").touch, lambda: os.system("true"), (tmp_path / "d").mkdir):
        with pytest.raises(AssertionError), nothing_done():
            forbidden()


def test_every_cell_file_is_read_or_refused(tmp_path: Path, checkout: Path) -> None:
    """A spoilt description is a cell, or `BadFile` says what is wrong with it."""
    texts = [
        (Path(load_cell.__globals__["__file__"]).parents[1] / f"cells/{n}.yaml").read_text() for n in named_cells()
    ]
    path = tmp_path / "cell.yaml"
    for seed in range(MANY // 2):
        rng = Random(seed)
        path.write_text("\n".join(spoilt(rng, rng.choice(texts).split("\n"))), errors="surrogateescape")
        try:
            with nothing_done():
                Cell(load_cell(path))
        except (BadFile, Denied):
            continue
        except Exception as error:
            raise AssertionError(f"seed {seed}: {path.read_text(errors='replace')}") from error


def test_every_directory_of_qconf_output_is_read_or_refused(tmp_path: Path, checkout: Path) -> None:
    """A spoilt file among those of a live cluster: a cell, or `BadFile`."""
    origin = checkout / "tests/fake_sge/cellfile/recorded"
    files = {path.name: path.read_text() for path in origin.iterdir() if path.is_file()}
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    for seed in range(MANY // 2):
        rng = Random(seed)
        name = rng.choice(sorted(files))
        (tmp_path / name).write_text("\n".join(spoilt(rng, files[name].split("\n"))), errors="surrogateescape")
        try:
            with nothing_done():
                Cell(read_qconf(tmp_path))
        except (BadFile, Denied):
            pass
        except Exception as error:
            raise AssertionError(f"seed {seed}: {name}") from error
        (tmp_path / name).write_text(files[name])


def test_every_accounting_line_is_read_or_counted(bench: Bench) -> None:
    """Damaged lines are skipped and counted; qacct answers over them."""
    job = bench.submit()
    bench.pass_time()
    bench.finish(job)
    good = bench.accounting_path.read_text().rstrip("\n").split("\n")
    for seed in range(MANY):
        rng = Random(seed)
        fields = good[-1].split(":")
        fields[rng.randrange(len(fields))] = rng.choice((*VALUES, text(rng)))
        lines = [*good, ":".join(fields), *spoilt(rng, good)]
        bench.accounting_path.write_text("\n".join(lines) + "\n", errors="surrogateescape")
        with nothing_done():
            reader = Reader(bench.accounting_path)
            assert len(list(reader)) + reader.damaged <= len(lines) + 5, seed
            options = " ".join(words(rng, "qacct"))
            for line in ("qacct", "qacct -j", "qacct -o", "qacct -h -q -g", f"qacct {options}"):
                assert bench.type(line).code in (0, 1), (seed, line)
