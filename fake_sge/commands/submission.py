"""The options that describe a job, read into the fields of a `JobRequest`: shared by qsub(1) and qalter(1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from fake_sge.commands.binding import parse_binding
from fake_sge.commands.dates import NotADate, parse_date_time
from fake_sge.commands.options import EEXIST, ESYNTAX, Given, OptionError
from fake_sge.commands.ranges import parse_slots, parse_tasks

__all__ = ["Description", "parse_pairs", "yes_or_no"]

_SAID_ONCE = ("-A", "-C", "-N", "-P", "-R", "-a", "-b", "-dl", "-h", "-j", "-now", "-pe", "-r", "-shell", "-sync", "-w")
"""Options of which 8.1.9 says that a second one overrides the first."""


@dataclass(slots=True)
class Description:
    """What options say about a job: *fields* of `JobRequest`, and what concerns the command alone."""

    now: float
    zone: tzinfo | None
    cwd: str
    environment: dict[str, str]
    fields: dict[str, Any] = field(default_factory=dict)
    soft: bool = False
    sync: bool = False
    terse: bool = False
    verify: bool = False
    prefix: str | None = None
    warnings: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def check(self, option: Given) -> None:
        """Take one option as it is found, and remember what is to be warned of. Raises `OptionError`, `Enough`."""
        if option.name in _SAID_ONCE and option.name in self.seen:
            self.warnings.append(f'"{option.name}" option has already been set, overriding previous setting')
        self.seen.add(option.name)
        _READERS.get(option.name, _nothing)(self, option)

    def read(self, given: Iterable[Given]) -> None:
        """Take the options in order; later ones override or, for lists, add. Raises `OptionError`."""
        self.soft = False
        for option in given:
            _READERS.get(option.name, _nothing)(self, option)

    def append(self, name: str, values: list[Any]) -> None:
        self.fields.setdefault(name, []).extend(values)


_Reader = Callable[[Description, Given], None]


def yes_or_no(option: Given) -> bool:
    """Raises `OptionError` for anything but y, yes, n, no in any case."""
    text = option.value.lower()
    if text in ("y", "yes"):
        return True
    if text in ("n", "no"):
        return False
    raise OptionError(f'invalid option argument "{option.name} {option.value}"', ESYNTAX)


_ITEM = re.compile(r"""(?:'[^']*'|"[^"]*"|[^,])+""")


def parse_pairs(text: str) -> list[tuple[str, str | None]]:
    """``a=1,b`` as pairs; None where no value is given. Commas between quotes, which stay, part nothing."""
    pairs: list[tuple[str, str | None]] = []
    for item in _ITEM.findall(text):
        name, equals, value = item.partition("=")
        pairs.append((name, value if equals else None))
    return pairs


def _variables(text: str, complaint: str) -> list[tuple[str, str | None]]:
    pairs = parse_pairs(text)
    if not pairs or not all(name for name, _ in pairs):
        raise OptionError(complaint, ESYNTAX)
    return pairs


def _text(name: str) -> _Reader:
    def read(job: Description, option: Given) -> None:
        job.fields[name] = option.value

    return read


def _flag(name: str, value: Any = True) -> _Reader:
    def read(job: Description, option: Given) -> None:
        job.fields[name] = value

    return read


def _yes_no(name: str) -> _Reader:
    def read(job: Description, option: Given) -> None:
        job.fields[name] = yes_or_no(option)

    return read


def _list(name: str, complaint: str, item: Callable[[str], str] = str) -> _Reader:
    """A list that replaces an earlier one. *complaint* is what is said of one without any item."""

    def read(job: Description, option: Given) -> None:
        job.fields[name] = [item(one) for one in _listed(option, complaint)]

    return read


def _listed(option: Given, complaint: str) -> list[str]:
    found = [item for item in option.value.split(",") if item]
    if not found:
        raise OptionError(f'Wrong {complaint} format "{option.value}" specified to {option.name} option', ESYNTAX)
    return found


def _address(text: str) -> str:
    """``user@host``; what follows a second ``@`` is dropped."""
    return "@".join(text.split("@")[:2])


def _count(name: str, complaint: str) -> _Reader:
    def read(job: Description, option: Given) -> None:
        if not option.value.isdecimal():
            raise OptionError(complaint)
        job.fields[name] = int(option.value)

    return read


def _date(name: str, letter: str) -> _Reader:
    def read(job: Description, option: Given) -> None:
        try:
            job.fields[name] = parse_date_time(option.value, job.now, job.zone)
        except NotADate as error:
            text = f'Wrong date/time format "{option.value}" specified to {letter} option'
            raise OptionError(text, ESYNTAX, ahead=f"\n{error}\n") from None

    return read


def _resources(job: Description, option: Given) -> None:
    """Of requests for the same resource the last one counts, at its place, in one -l at the place of the first."""
    name = "soft" if job.soft else "hard"
    pairs = parse_pairs(option.value)
    if not all(resource and " " not in resource for resource, _ in pairs):
        text = f'Wrong resource list format "{option.value}" specified to -l option'
        raise OptionError(text, ESYNTAX, ahead='error: unknown resource ""\n')
    new = {resource: "TRUE" if value is None else value for resource, value in pairs}
    kept = [(resource, value) for resource, value in job.fields.get(name, []) if resource not in new]
    job.fields[name] = [*kept, *new.items()]


def _queues(job: Description, option: Given) -> None:
    job.append("soft_queues" if job.soft else "hard_queues", _listed(option, "queue list"))


def _softness(soft: bool) -> _Reader:
    def read(job: Description, option: Given) -> None:
        job.soft = soft

    return read


def _name(job: Description, option: Given) -> None:
    if "/" in option.value:
        raise OptionError("argument to -N option must not contain / ")
    job.fields["name"] = option.value


def _priority(job: Description, option: Given) -> None:
    text = option.value
    if not re.fullmatch(r"[+-]?\d+", text) or not -1023 <= int(text) <= 1024:
        raise OptionError(f'invalid priority "{text}".  Must be an integer from -1023 to 1024', ESYNTAX)
    job.fields["priority"] = int(text)


def _parallel_environment(job: Description, option: Given) -> None:
    job.fields["pe"] = option.values[0]
    job.fields["pe_slots"] = parse_slots(option.values[1])


def _tasks(job: Description, option: Given) -> None:
    job.fields["tasks"] = parse_tasks(option.value)


def _concurrency(job: Description, option: Given) -> None:
    if not option.value.isdecimal():
        text = f'invalid task concurrency number "{option.value}". Must be an integer greater or equal to 0.'
        raise OptionError(text, ESYNTAX)
    job.fields["max_running_tasks"] = int(option.value)


def _environment(job: Description, option: Given) -> None:
    """``-v NAME`` takes the value that NAME has where the command is typed; a value ends at the end of the line."""
    complaint = f'Wrong variable list format -v "{option.value}" or environment variable not set'
    variables: dict[str, str] = job.fields.setdefault("environment", {})
    for name, value in _variables(option.value, complaint):
        if not name.startswith("__SGE_PREFIX__"):
            variables[name] = (job.environment.get(name, "") if value is None else value).partition("\n")[0]


def _whole_environment(job: Description, option: Given) -> None:
    job.fields.setdefault("environment", {}).update(job.environment)


def _context(job: Description, option: Given) -> None:
    context: dict[str, str] = {} if option.name == "-sc" else job.fields.setdefault("context", {})
    complaint = f'Wrong context list format {option.name} "{option.value}"'
    for name, value in _variables(option.value, complaint):
        if option.name == "-dc":
            context.pop(name, None)
        else:
            context[name] = value or ""
    job.fields["context"] = context


def _mail_events(job: Description, option: Given) -> None:
    events = option.value
    if not events or set(events) - set("beasn"):
        raise OptionError(f'Wrong mail options list format "{option.value}" specified to -m option', ESYNTAX)
    job.fields["mail_on"] = "" if "n" in events else events


def _verification(job: Description, option: Given) -> None:
    if option.value not in ("e", "w", "n", "v", "p"):
        raise OptionError(f'invalid option argument "-w {option.value}"', ESYNTAX)
    job.fields["verify"] = option.value


def _binding(job: Description, option: Given) -> None:
    job.fields["binding"] = parse_binding(option.values)


def _working_directory(job: Description, option: Given) -> None:
    job.fields["cwd"] = option.value if option.values else job.cwd


def _reservation(job: Description, option: Given) -> None:
    if not option.value.isdecimal():
        raise OptionError("invalid advance reservation id, must be an unsigned integer")
    job.fields["advance_reservation"] = int(option.value)


_INTERVAL = re.compile(r"(\d+)(?::(\d+):(\d+))?$")


def _checkpoints(job: Description, option: Given) -> None:
    """Occasions (of n, m, s, x, r), or an interval: ``hours:minutes:seconds`` or seconds."""
    text = option.value
    if text and not (text[0].isdigit() or text[0] == ":"):
        if set(text) - set("nmsxr"):
            raise OptionError("-c specifier invalid")
        job.fields["checkpoint_when"] = "".join(letter for letter in "nmsxr" if letter in text)
        return
    match = _INTERVAL.match(text)
    numbers = [int(number or "0") for number in match.groups()] if match else [0]
    seconds = numbers[0] if match is None or match[2] is None else numbers[0] * 3600 + numbers[1] * 60 + numbers[2]
    if not seconds:
        raise OptionError("-c argument invalid")
    job.fields["checkpoint_interval_s"] = seconds


def _command(name: str) -> _Reader:
    def read(job: Description, option: Given) -> None:
        setattr(job, name, yes_or_no(option) if option.values else True)

    return read


_URL = re.compile(r"(?:(?P<type>[^:]*):)?(?:(?P<user>[^@/]*)@)?(?P<path>.*)$", re.DOTALL)


def _verifier(job: Description, option: Given) -> None:
    """jsv(1): a program that the submitter names is never run here."""
    if option.value.upper() == "NONE":
        return
    url = _URL.match(option.value)
    if url is not None and url["type"] not in (None, "script"):
        raise OptionError(f'type "{url["type"]}" in JSV URL is invalid', EEXIST)
    if url is not None and url["user"] is not None:
        raise OptionError("specifying user is not allowed in client JSV URLs", EEXIST)
    raise OptionError('Unsupported: "-jsv" is not supported in this version')


def _directive_prefix(job: Description, option: Given) -> None:
    job.prefix = option.value


def _nothing(job: Description, option: Given) -> None:
    """For options that the command looks at itself."""


_READERS: dict[str, _Reader] = {
    "-@": _nothing,
    "-a": _date("execute_at", "-a"),
    "-A": _text("account"),
    "-ac": _context,
    "-ar": _reservation,
    "-binding": _binding,
    "-b": _yes_no("binary"),
    "-C": _directive_prefix,
    "-clear": _nothing,
    "-cwd": _working_directory,
    "-c": _checkpoints,
    "-ckpt": _text("checkpoint"),
    "-dc": _context,
    "-dl": _date("deadline_at", "-dl"),
    "-e": _list("stderr", "path list"),
    "-h": _flag("holds", "u"),
    "-hard": _softness(False),
    "-help": _nothing,
    "-hold_jid": _list("hold_jobs", "jid_hold list"),
    "-hold_jid_ad": _list("hold_array_jobs", "jid_hold_ad list"),
    "-i": _list("stdin", "path list"),
    "-j": _yes_no("merge_output"),
    "-jsv": _verifier,
    "-ot": _count("override_tickets", "invalid override tickets, must be an unsigned integer"),
    "-js": _count("job_share", "invalid jobshare, must be an unsigned integer"),
    "-l": _resources,
    "-M": _list("mail_to", "mail list", _address),
    "-m": _mail_events,
    "-masterq": _list("master_queues", "queue list"),
    "-N": _name,
    "-notify": _flag("notify"),
    "-now": _yes_no("immediate"),
    "-o": _list("stdout", "stdout path list"),
    "-P": _text("project"),
    "-p": _priority,
    "-pe": _parallel_environment,
    "-pty": _yes_no("pty"),
    "-q": _queues,
    "-R": _yes_no("reserve"),
    "-r": _yes_no("rerun"),
    "-S": _list("shells", "shell list"),
    "-sc": _context,
    "-shell": _yes_no("use_shell"),
    "-soft": _softness(True),
    "-sync": _command("sync"),
    "-t": _tasks,
    "-tc": _concurrency,
    "-terse": _command("terse"),
    "-u": _nothing,
    "-V": _whole_environment,
    "-v": _environment,
    "-verify": _command("verify"),
    "-w": _verification,
    "-wd": _working_directory,
}
