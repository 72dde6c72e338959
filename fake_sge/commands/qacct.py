"""qacct(1): what accounting(5) holds, job by job or in sums."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import tzinfo
from fnmatch import fnmatchcase
from pathlib import Path

from fake_sge.accounting import Record, parse_line
from fake_sge.commands.dates import NotADate, long_date, parse_date_time
from fake_sge.commands.options import ESYNTAX, Enough, Given, Option, OptionError, OptionTable
from fake_sge.commands.protocol import Cluster, Invocation, NeedFile, Reply, Running
from fake_sge.commands.queues import complaint_about, satisfies
from fake_sge.commands.ranges import parse_tasks
from fake_sge.commands.submission import parse_pairs
from fake_sge.commands.usage import usage
from fake_sge.core import TaskRange
from fake_sge.core.matching import queue_named
from fake_sge.core.texts import same_host

__all__ = ["FAILED", "OPTIONS", "Wish", "run"]

OPTIONS = OptionTable(
    Option("-A", "[account]"),
    Option("-ar", "[ar_id]"),
    Option("-b", "begin_time"),
    Option("-D", "[department]"),
    Option("-d", "days"),
    Option("-E"),
    Option("-e", "end_time"),
    Option("-f", "file"),
    Option("-g", "[group]"),
    Option("-h", "[host]"),
    Option("-help"),
    Option("-j", "[job]"),
    Option("-l", "resource=value,..."),
    Option("-m"),
    Option("-o", "[owner]"),
    Option("-P", "[project]"),
    Option("-pe", "[environment]"),
    Option("-q", "[queue]"),
    Option("-slots", "[slots]"),
    Option("-t", "first-last:step"),
    Option("-u", "[owner]"),
)

FAILED = {
    1: "assumedly before job",
    3: "before writing config",
    4: "before writing pid",
    5: "on reading config file",
    6: "setting processor set",
    7: "before prolog",
    8: "in prolog",
    9: "before pestart",
    10: "in pestart",
    11: "before job",
    12: "before pestop",
    13: "in pestop",
    14: "before epilog",
    15: "in epilog",
    16: "releasing processor set",
    17: "through signal",
    18: "shepherd returned error",
    19: "before writing exit_status",
    20: "found unexpected error file",
    21: "in recognizing job",
    24: "migrating",
    25: "rescheduling",
    26: "opening input/output file",
    27: "searching requested shell",
    28: "changing into working directory",
    29: "AFS setup",
    30: "application error returned",
    31: "accessing sgepasswd file",
    32: "entry is missing in sgepasswd file",
    33: "wrong password",
    34: "communicating with Grid Engine Helper Service",
    35: "before job in Grid Engine Helper Service",
    36: "checking configured daemons",
    37: "qmaster enforced h_rt, h_cpu, or h_vmem limit",
    38: "adding supplementary group",
    100: "assumedly after job",
}
"""sge_status(5): the *failed* codes in qacct's words."""

_Key = Callable[[Record], str]

_GROUPS: dict[str, tuple[str, _Key]] = {
    "-h": ("HOST", lambda record: record.hostname),
    "-q": ("CLUSTER QUEUE", lambda record: record.qname),
    "-g": ("GROUP", lambda record: record.group),
    "-o": ("OWNER", lambda record: record.owner),
    "-P": ("PROJECT", lambda record: record.project),
    "-D": ("DEPARTMENT", lambda record: record.department),
    "-pe": ("PE", lambda record: record.granted_pe),
    "-slots": ("SLOTS", lambda record: f"{record.slots:5d}"),
    "-ar": ("AR", lambda record: f"{record.arid:5d}"),
    "-A": ("ACCOUNT", lambda record: record.account),
}
"""Options that group, in the order of the columns."""


@dataclass(slots=True)
class Wish:
    """What the options ask for. *only* are the values that a grouping option was given."""

    groups: list[str] = field(default_factory=list)
    queues: list[str] = field(default_factory=list)
    only: dict[str, str] = field(default_factory=dict)
    job: str | None = None
    all_jobs: bool = False
    tasks: TaskRange | None = None
    begin: float | None = None
    end: float | None = None
    by_end: bool = False
    requests: list[tuple[str, str]] = field(default_factory=list)
    file: str | None = None


def run(invocation: Invocation, cluster: Cluster) -> Running:
    """Read the accounting file, the cell's own or that of -f."""
    try:
        given, operands = OPTIONS.parse(invocation.argv)
        if any(option.name == "-help" for option in given):
            return Reply(usage("qacct"))
        if operands:
            raise OptionError("an accounting file is named with -f")
        wish = _wish(given, cluster)
    except OptionError as error:
        return Reply(stderr=error.ahead + usage("qacct"), code=1)
    if wish.tasks is not None and wish.job is None:
        return Reply(stderr="error: -t option requires -j option with an argument\n" + usage("qacct"), code=1)
    complaint = complaint_about(cluster.cell, wish.requests)
    if complaint:
        return Reply(stderr=f"error: {complaint}\n", code=1)
    if wish.file is None:
        records, damaged = _own_records(cluster.accounting_path)
    else:
        content = yield NeedFile(str(Path(invocation.cwd) / wish.file))
        if isinstance(content, OSError):
            return Reply("no jobs running since startup\n", f"{wish.file}: {content.strerror}\n", 1)
        records, damaged = _read(content)
    if records is None:
        return Reply("no jobs running since startup\n", f"{cluster.accounting_path}: No such file or directory\n", 1)
    complaints = "".join(f"error: ignoring invalid entry in line {number}\n" for number in damaged)
    chosen = [record for record in records if _fits(cluster, record, wish)]
    if wish.job is not None and not chosen:
        return Reply(stderr=complaints + _not_found(wish), code=1)
    jobs = ""
    if wish.job is not None or wish.all_jobs:
        jobs = "".join(_job(record, cluster.zone) for record in chosen)
    if wish.job is not None:
        return Reply(jobs, complaints)
    return Reply(jobs + _sums(chosen, wish), complaints)


def _own_records(path: Path | None) -> tuple[list[Record] | None, list[int]]:
    if path is None or not path.exists():
        return None, []
    return _read(path.read_bytes())


def _read(content: bytes) -> tuple[list[Record], list[int]]:
    """The records, and the numbers of damaged lines."""
    records, damaged = [], []
    for number, line in enumerate(content.decode("utf-8", "surrogateescape").split("\n"), 1):
        if len(line) <= 1 or line.startswith("#"):
            continue
        try:
            records.append(parse_line(line))
        except ValueError:
            damaged.append(number)
    return records, damaged


def _wish(given: Iterable[Given], cluster: Cluster) -> Wish:
    wish = Wish()
    days: float | None = None
    for option in given:
        name = "-o" if option.name == "-u" else option.name
        value = option.value
        if name == "-q":
            # whoever names a queue is told the hosts too
            wish.groups += ["-q", "-h"] if value else ["-q"]
            wish.queues += [value] if value else []
        elif name in _GROUPS:
            wish.groups.append(name)
            if value:
                wish.only[name] = _resolved(cluster, name, value)
        elif name == "-j":
            wish.job, wish.all_jobs = (value, False) if value else (None, True)
        elif name == "-t":
            wish.tasks = _task_range(value)
        elif name in ("-b", "-e"):
            try:
                at = parse_date_time(value, cluster.now, cluster.zone)
            except NotADate as error:
                raise OptionError(str(error), ESYNTAX, ahead=f"\n{error}\n") from None
            if name == "-b":
                wish.begin = at
            else:
                wish.end = at
        elif name == "-d":
            try:
                days = float(int(value))
            except ValueError:
                raise OptionError("-d option must have a number of days", ESYNTAX) from None
        elif name == "-E":
            wish.by_end = True
        elif name == "-f":
            wish.file = value
        elif name == "-l":
            wish.requests += [(resource, text or "TRUE") for resource, text in parse_pairs(value)]
    _apply_days(wish, days, cluster.now)
    return wish


def _task_range(text: str) -> TaskRange:
    try:
        return parse_tasks(text)
    except (OptionError, Enough):
        raise OptionError("", ahead=f"invalid list of task id ranges: {text}\n") from None


def _resolved(cluster: Cluster, option: str, value: str) -> str:
    """The full name of a host that is known, and the number of slots or of a reservation as a number."""
    if option == "-h":
        return next((name for name in cluster.cell.hosts if same_host(value, name)), value)
    if option == "-ar" and not value.isdecimal():
        raise OptionError("", ahead="invalid advance reservation id, must be an unsigned integer\n")
    return f"{int(value):5d}" if option in ("-ar", "-slots") and value.isdecimal() else value


def _apply_days(wish: Wish, days: float | None, now: float) -> None:
    """-d counts from -b on, or back from -e or now."""
    if days is None:
        return
    if wish.begin is not None and wish.end is None:
        wish.end = wish.begin + days * 86400
    elif wish.begin is None:
        wish.begin = (now if wish.end is None else wish.end) - days * 86400


def _fits(cluster: Cluster, record: Record, wish: Wish) -> bool:
    if wish.job is not None:
        named = str(record.job_number) == wish.job if wish.job.isdecimal() else fnmatchcase(record.job_name, wish.job)
        if not named or (wish.tasks is not None and record.task_number not in wish.tasks):
            return False
    for option, value in wish.only.items():
        if not _is_of_group(cluster, record, option, value):
            return False
    if wish.queues and not any(_on_queue(cluster, record, pattern) for pattern in wish.queues):
        return False
    at = record.end_time if wish.by_end else record.start_time
    if (wish.begin is not None and at < wish.begin) or (wish.end is not None and at > wish.end):
        return False
    return not wish.requests or _ran_where(cluster, record, wish.requests)


def _is_of_group(cluster: Cluster, record: Record, option: str, value: str) -> bool:
    if option == "-h":
        return same_host(value, record.hostname)
    return _GROUPS[option][1](record).strip() == value.strip()


def _on_queue(cluster: Cluster, record: Record, pattern: str) -> bool:
    """A queue or queue instance is compared as a text; only host groups are looked up."""
    if "@@" in pattern:
        return queue_named([pattern], cluster.cell.layout, record.qname, record.hostname)
    queue, _, host = pattern.partition("@")
    return fnmatchcase(record.qname, queue) and fnmatchcase(record.hostname, host or "*")


def _ran_where(cluster: Cluster, record: Record, requests: Iterable[tuple[str, str]]) -> bool:
    name = f"{record.qname}@{record.hostname}"
    places = [place for place in cluster.cell.queue_instances if place.name == name]
    return any(satisfies(cluster.cell, place, requests) for place in places)


def _not_found(wish: Wish) -> str:
    job = wish.job or ""
    if wish.tasks is not None:
        tasks = f"{wish.tasks.first}-{wish.tasks.last}:{wish.tasks.step}"
        quoted = job if job.isdecimal() else f'"{job}"'
        return f"error: Job-array tasks {quoted}.{tasks} not found\n"
    return f"error: job {'id' if job.isdecimal() else 'name'} {job} not found\n"


def _size(number: float) -> str:
    """``0.000B``, ``4.395KB``, ``309.520MB``."""
    for unit, size in (("TB", 1024.0**4), ("GB", 1024.0**3), ("MB", 1024.0**2), ("KB", 1024.0)):
        if number >= size:
            return f"{number / size:.3f}{unit}"
    return f"{number:.3f}B"


def _date(seconds: int, zone: tzinfo | None) -> str:
    return long_date(seconds, zone) if seconds else "-/-"


def _job(record: Record, zone: tzinfo | None) -> str:
    """One record as ``qacct -j`` prints it."""
    giga = 1024.0**3
    died = ""
    if record.exit_status > 127:
        died = f" ({signal.strsignal(record.exit_status - 128) or f'Unknown signal {record.exit_status - 128}'})"
    failed = FAILED.get(record.failed, "") if record.failed else ""
    plain: list[tuple[str, object]] = [
        ("qname", record.qname),
        ("hostname", record.hostname),
        ("group", record.group),
        ("owner", record.owner),
        ("project", record.project),
        ("department", record.department),
        ("jobname", record.job_name),
        ("jobnumber", record.job_number),
    ]
    lines = [f"{name:<13}{value!s:<20}" for name, value in plain]
    lines.append(f"{'taskid':<13}{f'{record.task_number:<20}' if record.task_number else 'undefined'}")
    lines += [f"{'account':<13}{record.account:<20}", f"{'priority':<13}{record.priority:<20}"]
    lines.append(f"{'qsub_time':<13}{long_date(record.submission_time, zone):<20}")
    lines += [f"{'start_time':<13}{_date(record.start_time, zone)}", f"{'end_time':<13}{_date(record.end_time, zone)}"]
    lines += [f"{'granted_pe':<13}{record.granted_pe:<20}", f"{'slots':<13}{record.slots:<20}"]
    lines.append(f"{'failed':<13}{record.failed:<3} {':' if record.failed else ''} {failed}")
    lines.append(f"{'exit_status':<13}{record.exit_status:<20}{died}")
    lines.append(f"{'ru_wallclock':<13}{record.ru_wallclock}s")
    lines += [f"{'ru_utime':<13}{record.ru_utime:.3f}s", f"{'ru_stime':<13}{record.ru_stime:.3f}s"]
    for name in ("ru_maxrss", "ru_ixrss", "ru_ismrss", "ru_idrss", "ru_isrss"):
        lines.append(f"{name:<13}{_size(float(getattr(record, name)))}")
    for name in ("minflt", "majflt", "nswap", "inblock", "oublock", "msgsnd", "msgrcv", "nsignals", "nvcsw", "nivcsw"):
        lines.append(f"{f'ru_{name}':<13}{int(getattr(record, f'ru_{name}')):<20}")
    lines += [f"{'cpu':<13}{record.cpu:.3f}s", f"{'mem':<13}{_size(record.mem * giga)}s"]
    lines += [f"{'io':<13}{_size(record.io * giga)}", f"{'iow':<13}{record.iow:.3f}s"]
    lines.append(f"{'maxvmem':<13}{_size(record.maxvmem)}")
    lines.append(f"{'arid':<13}{f'{record.arid:<20}' if record.arid else 'undefined'}")
    submitted = record.ar_submission_time
    lines.append(f"{'ar_sub_time':<13}{long_date(submitted, zone) if submitted else 'undefined'}")
    lines.append(f"{'category':<13}{record.category}")
    return "=" * 62 + "\n" + "\n".join(lines) + "\n"


_SUMS: tuple[Callable[[Record], float], ...] = (
    lambda record: record.ru_wallclock,
    lambda record: record.ru_utime,
    lambda record: record.ru_stime,
    lambda record: record.cpu,
    lambda record: record.mem,
    lambda record: record.io,
    lambda record: record.iow,
)


def _sums(records: list[Record], wish: Wish) -> str:
    """A row for each combination of what is grouped by; without any grouping the whole system's."""
    groups = [name for name in _GROUPS if name in wish.groups]
    rows: dict[tuple[str, ...], list[float]] = {}
    for record in records:
        key = tuple(_GROUPS[name][1](record) for name in groups)
        total = rows.setdefault(key, [0.0] * len(_SUMS))
        for position, figure in enumerate(_SUMS):
            total[position] += figure(record)
    widths = [_width(name, wish, [key[at] for key in rows]) for at, name in enumerate(groups)]
    head = "".join(f"{_GROUPS[name][0]:<{width}.{width}}" for name, width in zip(groups, widths, strict=True))
    names = ("WALLCLOCK", "UTIME", "STIME", "CPU", "MEMORY", "IO", "IOW")
    head += " ".join([f"{name:>13}" for name in names[:4]] + [f"{name:>18}" for name in names[4:]])
    parts = ["" if groups else "Total System Usage\n", f"{head}\n{'=' * len(head)}\n"]
    if any(total[0] for total in rows.values()):
        # accounts aren't sorted: of otherwise equal rows the last that appeared comes first
        sorted_by = [at for at, name in enumerate(groups) if name != "-A"]
        latest = [*reversed(rows)]
        for key in sorted(latest, key=lambda row: [row[at] for at in sorted_by]):
            total = rows[key]
            labels = "".join(f"{label:<{width}}" for label, width in zip(key, widths, strict=True))
            numbers = [f"{total[0]:13.0f}", *(f"{value:13.3f}" for value in total[1:4])]
            numbers += [f"{value:18.3f}" for value in total[4:]]
            parts.append(f"{labels}{' '.join(numbers)}\n")
    return "".join(parts)


def _width(option: str, wish: Wish, labels: Iterable[str]) -> int:
    """A column is as wide as its title, the value that was asked for, and its longest label."""
    if option in ("-slots", "-ar"):
        return 5 if option in wish.only else max([5, *(len(label) + 1 for label in labels)])
    return max(len(label) + 1 for label in (_GROUPS[option][0], wish.only.get(option, ""), *labels))
