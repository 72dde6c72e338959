"""Set-up commands as root typed them on the recorded master, played on a cell before anything else happens to it.

Objects given as files are put into the cell as they are: whether qconf would take them is for other recordings to say.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fake_sge.cellfile import parse_attributes, parse_complexes, parse_resource_quotas
from fake_sge.cellfile.attributes import parse_share_tree_rows
from fake_sge.check.play import Play
from fake_sge.check.recording import Step
from fake_sge.check.shell import OutOfReach
from fake_sge.core import CellConfig

__all__ = ["set_up"]

_LOOP = re.compile(r"for (\w+) in ([^;]+); *do (.*?); *done")
_SETTINGS = re.compile(r"(?:bash )?/opt/([sg])conf\.sh +(.+)$")
_SEQUENCE = re.compile(r"; *(?=(?:[^'\"]|'[^']*'|\"[^\"]*\")*$)")
_OBJECT = re.compile(r"qconf -(?P<option>[AM]\w+) (?P<file>\S+)$")
_NEW_LIST = re.compile(r"qconf -au (\S+) (\S+)$")
_USERS = re.compile(r"qconf -suser (\w+) \|")


def set_up(config: CellConfig, commands: list[str]) -> CellConfig:
    """What *commands* make of a cell. Raises `OutOfReach` for those that can't be played or that are refused."""
    with tempfile.TemporaryDirectory() as folder:
        play = Play.of(config, 0.0, Path(folder) / "accounting")
        for command in commands:
            for line in _lines(command):
                _run(play, line)
        return play.cell.config


def _lines(command: str) -> list[str]:
    """Loops unrolled, sequences taken apart."""
    loop = _LOOP.search(command)
    if loop is None:
        return [part for part in _SEQUENCE.split(command) if part]
    name, words, body = loop[1], loop[2].split(), loop[3]
    rounds = [re.sub(rf"\$(?:\{{{name}\}}|{name}\b)", word, body) for word in words]
    before, after = command[: loop.start()].rstrip(" ;"), command[loop.end() :].lstrip(" ;")
    return [line for part in (before, *rounds, after) if part for line in _lines(part)]


def _run(play: Play, line: str) -> None:
    if settings := _SETTINGS.match(line):
        _settings(play, settings[1], settings[2])
    elif (found := _OBJECT.match(line)) and found["option"] in _OBJECTS:
        kind, read = _OBJECTS[found["option"]]
        for name, value in read(play.files[found["file"]]).items():
            _configure(play, kind, name, value)
    elif listed := _NEW_LIST.match(line):
        members = {"name": listed[2], "type": "ACL", "fshare": "0", "oticket": "0", "entries": listed[1]}
        _configure(play, "access_lists", listed[2], members)
    else:
        if user := _USERS.match(line):
            known = {"name": user[1], "oticket": "0", "fshare": "0", "delete_time": "0", "default_project": "NONE"}
            _configure(play, "users", user[1], play.cell.config.users.get(user[1], known))
        reply = play.shell(Step("run", line, "root", "master"))
        if reply.code:
            raise OutOfReach(f"{line}: {reply.stderr or reply.stdout}".strip())


def _configure(play: Play, kind: str, name: str, value: Any) -> None:
    play.input("configure", kind=kind, name=name, value=value, user="root")


def _settings(play: Play, what: str, pairs: str) -> None:
    """``sconf.sh`` and ``gconf.sh`` of the recorded cluster: ``key=value`` for the scheduler, or the global host."""
    config = play.cell.config
    changed = dict(config.scheduler if what == "s" else config.configuration.get("global", {}))
    for pair in pairs.split():
        name, _, value = pair.partition("=")
        changed[name] = value
    _configure(play, *(("scheduler", "") if what == "s" else ("configuration", "global")), changed)


def _by(key: str) -> Callable[[str], dict[str, Any]]:
    """A reader of one object, named by its attribute *key*."""

    def read(text: str) -> dict[str, Any]:
        attributes = parse_attributes(text)
        return {attributes[key]: attributes}

    return read


_OBJECTS: dict[str, tuple[str, Callable[[str], dict[str, Any]]]] = {
    "Acal": ("calendars", _by("calendar_name")),
    "Ae": ("hosts", _by("hostname")),
    "Ap": ("parallel_environments", _by("pe_name")),
    "Aprj": ("projects", _by("name")),
    "Arqs": ("resource_quotas", parse_resource_quotas),
    "Astree": ("share_tree", lambda text: {"": parse_share_tree_rows(text)}),
    "Au": ("access_lists", _by("name")),
    "Auser": ("users", _by("name")),
    "Mc": ("complexes", lambda text: {"": parse_complexes(text)}),
    "Mp": ("parallel_environments", _by("pe_name")),
    "Mprj": ("projects", _by("name")),
    "Muser": ("users", _by("name")),
}
"""Which objects the files of an option hold, and how they are read."""
