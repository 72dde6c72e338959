"""The options that describe a job, read into the fields of a `JobRequest`: shared by qsub(1) and qalter(1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from fake_sge.commands.dates import parse_date_time
from fake_sge.commands.options import ESYNTAX, Given, Option, OptionError, OptionTable, Standing
from fake_sge.core import TaskRange

__all__ = ["SUBMIT_OPTIONS", "Description", "parse_pairs", "parse_range", "parse_ranges", "yes_or_no"]

INFINITE_SLOTS = 9999999

_NO_CHECKPOINTING = "checkpointing environments aren't modelled"

SUBMIT_OPTIONS = OptionTable(
    Option("-@", "optionfile"),
    Option("-a", "date_time"),
    Option("-A", "account"),
    Option("-ac", "variable[=value],..."),
    Option("-ar", "ar_id"),
    Option("-b", "y|n"),
    Option("-binding", "env|pe|set? strategy", Standing.IGNORED, "jobs aren't bound to cores"),
    Option("-C", "prefix"),
    Option("-c", "occasion", Standing.IGNORED, _NO_CHECKPOINTING),
    Option("-ckpt", "name", Standing.REFUSED, _NO_CHECKPOINTING),
    Option("-clear"),
    Option("-cwd"),
    Option("-dc", "variable,..."),
    Option("-dl", "date_time"),
    Option("-e", "[host:]path,..."),
    Option("-h"),
    Option("-hard"),
    Option("-help"),
    Option("-hold_jid", "job,..."),
    Option("-hold_jid_ad", "job,..."),
    Option("-i", "[host:]path,..."),
    Option("-j", "y|n"),
    Option("-js", "share"),
    Option("-jsv", "url", Standing.REFUSED, "job submission verifiers would run code of the submitter's choice"),
    Option("-l", "resource=value,..."),
    Option("-M", "address,..."),
    Option("-m", "b|e|a|s|n"),
    Option("-masterq", "queue,..."),
    Option("-N", "name"),
    Option("-notify"),
    Option("-now", "y|n"),
    Option("-o", "[host:]path,..."),
    Option("-P", "project"),
    Option("-p", "priority"),
    Option("-pe", "name slots"),
    Option("-q", "queue,..."),
    Option("-R", "y|n"),
    Option("-r", "y|n"),
    Option("-S", "[host:]path,..."),
    Option("-sc", "variable[=value],..."),
    Option("-shell", "y|n"),
    Option("-soft"),
    Option("-sync", "y|n"),
    Option("-t", "first-last:step"),
    Option("-tc", "tasks"),
    Option("-terse"),
    Option("-V"),
    Option("-v", "variable[=value],..."),
    Option("-verify"),
    Option("-w", "e|w|n|v|p"),
    Option("-wd", "directory"),
)


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

    def read(self, given: Iterable[Given]) -> None:
        """Take the options in order; later ones override or, for lists, add. Raises `OptionError`."""
        self.soft = False
        for option in given:
            _READERS[option.name](self, option)

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


def parse_pairs(text: str) -> list[tuple[str, str | None]]:
    """``a=1,b`` as pairs; None where no value is given."""
    pairs: list[tuple[str, str | None]] = []
    for item in text.split(","):
        name, equals, value = item.partition("=")
        if name:
            pairs.append((name, value if equals else None))
    return pairs


_RANGE = re.compile(r"(\d*)(?:(-)(\d*))?(?::(\d+))?$")


def parse_range(text: str, last_open: int | None = None) -> TaskRange:
    """``n``, ``n-m`` or ``n-m:s``; with *last_open* also ``n-`` and ``-m``. Raises `OptionError`."""
    match = _RANGE.match(text)
    first, dash, last, step = match.groups() if match else ("", None, "", None)
    open_ended = last_open is not None and dash is not None and (first or last)
    if match is None or not (first or open_ended) or (dash and not last and not open_ended):
        raise OptionError(
            f'Numerical value invalid!\nThe initial portion of string "{text}" contains no decimal number', ESYNTAX
        )
    low = int(first) if first else 1
    high = int(last) if last else (last_open or low if dash else low)
    if high < low:
        low, high = high, low
    return TaskRange(low, high, max(1, int(step or 1)))


def parse_ranges(text: str) -> list[TaskRange]:
    """The slot ranges of -pe: ``4``, ``2-8``, ``2-``, ``1,2,4``."""
    return [parse_range(part, INFINITE_SLOTS) for part in text.split(",")]


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


def _list(name: str) -> _Reader:
    def read(job: Description, option: Given) -> None:
        job.fields[name] = [item for item in option.value.split(",") if item]

    return read


def _count(name: str, complaint: str) -> _Reader:
    def read(job: Description, option: Given) -> None:
        if not option.value.isdecimal():
            raise OptionError(complaint, ESYNTAX)
        job.fields[name] = int(option.value)

    return read


def _date(name: str, letter: str) -> _Reader:
    def read(job: Description, option: Given) -> None:
        at = parse_date_time(option.value, job.now, job.zone)
        if at is None:
            raise OptionError(f'Wrong date/time format "{option.value}" specified to {letter} option', ESYNTAX)
        job.fields[name] = at

    return read


def _resources(job: Description, option: Given) -> None:
    """Of requests for the same resource the last one counts, at the place of the first."""
    name = "soft" if job.soft else "hard"
    requests = dict(job.fields.get(name, []))
    for resource, value in parse_pairs(option.value):
        requests[resource] = "TRUE" if value is None else value
    job.fields[name] = list(requests.items())


def _queues(job: Description, option: Given) -> None:
    job.append("soft_queues" if job.soft else "hard_queues", [name for name in option.value.split(",") if name])


def _softness(soft: bool) -> _Reader:
    def read(job: Description, option: Given) -> None:
        job.soft = soft

    return read


def _name(job: Description, option: Given) -> None:
    if "/" in option.value:
        raise OptionError("argument to -N option must not contain / ")
    if not option.value:
        raise OptionError("empty string argument to -N option invalid")
    job.fields["name"] = option.value


def _priority(job: Description, option: Given) -> None:
    text = option.value
    if not re.fullmatch(r"[+-]?\d+", text) or not -1023 <= int(text) <= 1024:
        raise OptionError(f'invalid priority "{text}".  Must be an integer from -1023 to 1024', ESYNTAX)
    job.fields["priority"] = int(text)


def _parallel_environment(job: Description, option: Given) -> None:
    job.fields["pe"] = option.values[0]
    job.fields["pe_slots"] = parse_ranges(option.values[1])


def _tasks(job: Description, option: Given) -> None:
    parts = option.value.split(",")
    if len(parts) > 1:
        raise OptionError("Only one range is allowed", ESYNTAX)
    job.fields["tasks"] = parse_range(parts[0])


def _environment(job: Description, option: Given) -> None:
    """``-v NAME`` takes the value that NAME has where the command is typed."""
    variables: dict[str, str] = job.fields.setdefault("environment", {})
    for name, value in parse_pairs(option.value):
        variables[name] = job.environment.get(name, "") if value is None else value


def _whole_environment(job: Description, option: Given) -> None:
    job.fields.setdefault("environment", {}).update(job.environment)


def _context(job: Description, option: Given) -> None:
    context: dict[str, str] = {} if option.name == "-sc" else job.fields.setdefault("context", {})
    for name, value in parse_pairs(option.value):
        if option.name == "-dc":
            context.pop(name, None)
        else:
            context[name] = value or ""
    job.fields["context"] = context


def _mail_events(job: Description, option: Given) -> None:
    events = option.value.replace(",", "")
    if not events or set(events) - set("beasn"):
        raise OptionError(f'Wrong mail options list format "{option.value}" specified to -m option', ESYNTAX)
    job.fields["mail_on"] = "" if "n" in events else events


def _verification(job: Description, option: Given) -> None:
    if option.value not in ("e", "w", "n", "v", "p"):
        raise OptionError(f'invalid option argument "-w {option.value}"', ESYNTAX)
    job.fields["verify"] = option.value


def _working_directory(job: Description, option: Given) -> None:
    job.fields["cwd"] = option.value if option.values else job.cwd


def _reservation(job: Description, option: Given) -> None:
    if not option.value.isdecimal():
        raise OptionError("invalid advance reservation id, must be an unsigned integer")
    job.fields["advance_reservation"] = int(option.value)


def _command(name: str) -> _Reader:
    def read(job: Description, option: Given) -> None:
        setattr(job, name, yes_or_no(option) if option.values else True)

    return read


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
    "-b": _yes_no("binary"),
    "-C": _directive_prefix,
    "-clear": _nothing,
    "-cwd": _working_directory,
    "-dc": _context,
    "-dl": _date("deadline_at", "-dl"),
    "-e": _list("stderr"),
    "-h": _flag("holds", "u"),
    "-hard": _softness(False),
    "-help": _nothing,
    "-hold_jid": _list("hold_jobs"),
    "-hold_jid_ad": _list("hold_array_jobs"),
    "-i": _list("stdin"),
    "-j": _yes_no("merge_output"),
    "-js": _count("job_share", "invalid jobshare, must be an unsigned integer"),
    "-l": _resources,
    "-M": _list("mail_to"),
    "-m": _mail_events,
    "-masterq": _list("master_queues"),
    "-N": _name,
    "-notify": _flag("notify"),
    "-now": _yes_no("immediate"),
    "-o": _list("stdout"),
    "-P": _text("project"),
    "-p": _priority,
    "-pe": _parallel_environment,
    "-q": _queues,
    "-R": _yes_no("reserve"),
    "-r": _yes_no("rerun"),
    "-S": _list("shells"),
    "-sc": _context,
    "-shell": _yes_no("use_shell"),
    "-soft": _softness(True),
    "-sync": _command("sync"),
    "-t": _tasks,
    "-tc": _count("max_running_tasks", "invalid task concurrency, must be an unsigned integer"),
    "-terse": _command("terse"),
    "-V": _whole_environment,
    "-v": _environment,
    "-verify": _command("verify"),
    "-w": _verification,
    "-wd": _working_directory,
}
