"""Set-up commands as root typed them on the recorded master, played on a cell before anything else happens to it."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from fake_sge.cellfile.attributes import parse_share_tree_rows
from fake_sge.check.play import Play
from fake_sge.check.recording import Step
from fake_sge.check.shell import OutOfReach
from fake_sge.commands import Reply
from fake_sge.core import CellConfig

__all__ = ["set_up"]

_LOOP = re.compile(r"for (\w+) in ([^;]+); *do (.*?); *done")
_GROUP = re.compile(r"\(((?:[^()']|'[^']*')*)\) *> *(\S+)")
_SETTINGS = re.compile(r"(?:bash )?/opt/([sg])conf\.sh +(.+)$")
_THROWN_AWAY = re.compile(r" *(?:2?> */dev/null|2>&1)")


def set_up(config: CellConfig, commands: list[str]) -> CellConfig:
    """What *commands* make of a cell. Raises `OutOfReach` for those that can't be played or that are refused."""
    with tempfile.TemporaryDirectory() as folder:
        play = Play.of(config, 0.0, Path(folder) / "accounting")
        for command in commands:
            for line in [] if _apply(play.cell.config, command) else _lines(_THROWN_AWAY.sub("", command)):
                _run(play, line)
        return play.cell.config


def _lines(command: str) -> list[str]:
    """Loops unrolled, groups taken out of their parentheses."""
    loop = _LOOP.search(command)
    if loop is None:
        return [command]
    name, words, body = loop[1], loop[2].split(), loop[3]
    rounds = [re.sub(rf"\$(?:\{{{name}\}}|{name}\b)", word, body) for word in words]
    before, after = command[: loop.start()].rstrip(" ;"), command[loop.end() :].lstrip(" ;")
    return [line for part in (before, *rounds, after) if part for line in _lines(part)]


def _run(play: Play, line: str) -> None:
    if settings := _SETTINGS.match(line):
        _settings(play, settings[1], settings[2])
        return
    while group := _GROUP.search(line):
        play.files[group[2]] = _answer(play, group[1]).stdout
        line = (line[: group.start()].rstrip(" ;") + ";" + line[group.end() :].lstrip(" ;")).strip(" ;")
    if line:
        _answer(play, line)


def _answer(play: Play, line: str) -> Reply:
    reply = play.shell(Step("run", line.replace("&&", ";"), "root", "master"))
    if reply.code:
        raise OutOfReach(f"{line}: {reply.stderr or reply.stdout}".strip())
    return reply


def _settings(play: Play, what: str, pairs: str) -> None:
    """``sconf.sh`` and ``gconf.sh`` of the recorded cluster: ``key=value`` for the scheduler, or the global host."""
    config = play.cell.config
    changed = dict(config.scheduler if what == "s" else config.configuration.get("global", {}))
    for pair in pairs.split():
        name, _, value = pair.partition("=")
        changed[name] = value
    if what == "s":
        play.input("configure", kind="scheduler", name="", value=changed, user="root")
    else:
        play.input("configure", kind="configuration", name="global", value=changed, user="root")


def _apply(config: CellConfig, command: str) -> bool:
    """Set-up commands of the forms that occur."""
    if match := re.fullmatch(r"qconf -rattr queue (\w+) (\S+) (\S+)", command):
        config.queues[match[3]][match[1]] = match[2]
        return True
    if match := re.fullmatch(r"qconf -aattr queue (\w+) '(\S+)' (\S+)", command):
        attributes = config.queues[match[3]]
        attributes[match[1]] = f"{attributes[match[1]]},{match[2]}"
        return True
    if match := re.fullmatch(
        r"for h in ([\w ]+); do qconf -rattr exechost complex_values (\S+) \$h\.(\S+); done", command
    ):
        for host in match[1].split():
            config.hosts[f"{host}.{match[3]}"]["complex_values"] = match[2]
        return True
    if match := re.fullmatch(r"printf '([^']*)' > (\S+); qconf -Astree \2", command):
        config.share_tree = parse_share_tree_rows(match[1].replace("\\n", "\n"))
        return True
    shares = re.findall(r"qconf -suser (\w+) \| sed 's/\^fshare \.\*/fshare (\d+)/'", command)
    for user, share in shares:
        config.users[user] = {
            "name": user,
            "oticket": "0",
            "fshare": share,
            "delete_time": "0",
            "default_project": "NONE",
        }
    return bool(shares)
