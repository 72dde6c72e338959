"""The global configuration and those of hosts: ``-aconf -Aconf -mconf -Mconf -dconf -sconf -sconfl``."""

from __future__ import annotations

import posixpath

from fake_sge.cellfile import parse_attributes
from fake_sge.commands.qconf import printing
from fake_sge.commands.qconf.call import Call, Refused, Steps, Verb
from fake_sge.commands.qconf.objects import listing
from fake_sge.commands.qconf.resolve import resolve
from fake_sge.commands.qconf.values import words
from fake_sge.core import Cell
from fake_sge.core.config import Attributes

__all__ = ["VERBS"]

_LOG_LEVELS = ("log_crit", "log_err", "log_warning", "log_notice", "log_info", "log_debug")
_SHELL_MODES = ("unix_behavior", "posix_compliant", "script_from_stdin")
_PATHS = ("mailer", "xterm")
_PATHS_OR_NONE = ("prolog", "epilog", "set_token_cmd", "pag_cmd", "shepherd_cmd", "load_sensor")
_PATHS_OR_BUILTIN = ("qlogin_daemon", "rlogin_daemon", "rsh_daemon")
_WORD_MODES = {"-aconf": "add", "-Aconf": "add", "-mconf": "modify", "-Mconf": "modify"}


def _name(call: Call, given: str) -> str:
    """``global``, or a host's full name. What can't be resolved is said, and taken as it is."""
    if given == "global":
        return given
    found = resolve(call.cell, given)
    if found is None:
        call.tell(f"can't resolve hostname \"{given}\": can't resolve host name")
    return found or given


def _show(call: Call) -> None:
    for given in call.names() if call.has_word else ["global"]:
        name = "global" if given == "global" else resolve(call.cell, given)
        if name is None:
            raise Refused(f"can't resolve hostname \"{given}\": can't resolve host name")
        if name not in call.cell.config.configuration:
            raise Refused(f"configuration {name} not defined")
        call.show(printing.configuration(name, call.cell.config.configuration[name]) + "\n")


def _from_files(call: Call) -> Steps:
    """-Aconf and -Mconf: a file for each, called as the host."""
    paths = call.names() if call.has_word else ["global"]
    for path in paths:
        if not call.cell.is_manager(call.user):
            raise Refused(f'denied: "{call.user}" must be manager for this operation')
        name = _file_name(call, path)
        if not _expected(call, name):
            continue
        try:
            text = yield from call.read(path)
        except Refused as refused:
            raise Refused(f"{refused.text}\nerror reading configuration from file {path}") from None
        _store(call, name, parse_attributes(text))


def _file_name(call: Call, path: str) -> str:
    given = posixpath.basename(path)
    if given == "global":
        return given
    found = resolve(call.cell, given)
    if found is None:
        call.tell(f"can't resolve hostname \"{path}\": can't resolve host name")
    return found or given


def _expected(call: Call, name: str) -> bool:
    """Is it there if it is to be modified, and not if it is to be added?"""
    known = name in call.cell.config.configuration
    if known and _WORD_MODES[call.option] == "add":
        call.fail(f"configuration {name} already exists")
        return False
    if not known and _WORD_MODES[call.option] == "modify":
        call.fail(f"configuration {name} does not exist")
        return False
    if not known and resolve(call.cell, name) is None:
        call.fail(f'can\'t resolve hostname "{name}"')
        return False
    return True


def _edited(call: Call) -> Steps:
    """-aconf and -mconf."""
    call.must_be_manager()
    for given in call.names() if call.has_word else ["global"]:
        name = _name(call, given)
        if not _expected(call, name):
            continue
        texts = call.cell.config.configuration.get(name, {})
        edited = yield from call.edit(printing.configuration(name, texts).partition("\n")[2])
        if not edited.changed:
            call.fail("configuration unchanged")
            continue
        _store(call, name, parse_attributes(edited.text))


def _store(call: Call, name: str, given: Attributes) -> None:
    before = call.cell.config.configuration.get(name)
    if wrong := _complaint(call.cell, name, given):
        call.fail(wrong)
        return
    if before is not None and given.get("execd_spool_dir") != before.get("execd_spool_dir"):
        what = 'Change of "execd_spool_dir" will not be effective before sge_execd restart'
        call.tell(f"{what} as described in sge_conf(5)")
    call.configure("configuration", name, given)
    done = "added" if before is None else "modified"
    call.tell(f'{call.who} {done} "{name}" {"to" if before is None else "in"} configuration list')


def _complaint(cell: Cell, name: str, given: Attributes) -> str | None:
    """What the qmaster has against a configuration; it looks at the attributes as they stand."""
    for attribute, value in given.items():
        wrong = _of_attribute(cell, name, attribute, value)
        if wrong is not None:
            return wrong
    return None


def _of_attribute(cell: Cell, name: str, attribute: str, value: str) -> str | None:
    lowered = value.lower()
    if attribute == "loglevel" and lowered not in _LOG_LEVELS:
        return f'denied: got invalid value "{value}" for loglevel'
    if attribute == "shell_start_mode" and lowered not in _SHELL_MODES:
        return f'denied: got invalid value "{value}" for shell_start_mode'
    if attribute == "jsv_url" and lowered != "none" and not value.startswith(("script:", "/")):
        return f'JSV "{value}" is either not a file or not executable'
    if attribute in ("load_report_time", "max_unheard") and lowered == "infinity":
        return f'infinity value for "{attribute}" in configuration list of "{name}" is not allowed'
    if attribute in ("auto_user_oticket", "auto_user_fshare") and not value.isdecimal():
        return f'format error for "{attribute}" in "{value}" configuration'
    return _reference(cell, name, attribute, value) or _path(attribute, value)


def _reference(cell: Cell, name: str, attribute: str, value: str) -> str | None:
    if attribute in ("user_lists", "xuser_lists"):
        missing = [entry for entry in words(value) if entry not in cell.config.access_lists]
        return f'Userset "{missing[0]}" does not exist' if missing else None
    if attribute in ("projects", "xprojects"):
        missing = [entry for entry in words(value) if entry not in cell.config.projects]
        where = f'referenced in {attribute} of configuration "{name}" does not exist'
        return f'denied: project "{missing[0]}" {where}' if missing else None
    return None


def _path(attribute: str, value: str) -> str | None:
    free = {"none"} if attribute in _PATHS_OR_NONE else {"builtin"} if attribute in _PATHS_OR_BUILTIN else set()
    if attribute not in (*_PATHS, *_PATHS_OR_NONE, *_PATHS_OR_BUILTIN) or value.lower() in free:
        return None
    script = value.partition("@")[2] if "@" in value.partition(" ")[0] else value
    return None if script.startswith("/") else f'denied: the path given for "{attribute}" must start with a "/"'


def _delete(call: Call) -> None:
    if not call.has_word:
        raise Refused("Need hostname to delete local configuration")
    for given in call.names():
        if not call.cell.is_manager(call.user):
            denied = f'denied: "{call.user}" must be manager for this operation'
            call.tell(f"{denied}\n{denied}")
            continue
        name = "global" if given == "global" else resolve(call.cell, given)
        if name == "global":
            call.tell('can\'t delete configuration "global" from list')
        elif name is None:
            call.tell(f'can\'t resolve hostname "{given}"')
            call.fail(f'can\'t delete configuration "{given}" from list: configuration does not exist')
        else:
            call.configure("configuration", name, None)
            call.tell(f'{call.who} removed "{name}" from configuration list')


VERBS = (
    Verb("-Aconf", _from_files, "file_list"),
    Verb("-Mconf", _from_files, "file_list"),
    Verb("-aconf", _edited, "host_list"),
    Verb("-dconf", _delete, "host_list"),
    Verb("-mconf", _edited, "[host_list|global]"),
    Verb("-sconf", _show, "[host_list|global]"),
    Verb(
        "-sconfl",
        listing(lambda cell: [name for name in cell.config.configuration if name != "global"], "config"),
    ),
)
