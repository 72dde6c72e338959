"""qrsub(1): reserve slots in advance."""

from __future__ import annotations

import posixpath
from collections.abc import Generator, Sequence
from typing import Any

from fake_sge.commands.dates import NotADate, parse_date_time
from fake_sge.commands.jobscript import option_words
from fake_sge.commands.options import Given, Option, OptionError, OptionTable, Standing
from fake_sge.commands.protocol import Answer, Cluster, Invocation, NeedFile, Reply, Request, Running
from fake_sge.commands.submission import Description, yes_or_no
from fake_sge.commands.submitoptions import SUBMIT_OPTIONS
from fake_sge.commands.usage import usage
from fake_sge.core import Denied, ReservationGranted, ReservationRequest

__all__ = ["OPTIONS", "run"]

OPTIONS = OptionTable(
    Option("-@", "optionfile"),
    Option("-a", "date_time"),
    Option("-A", "account"),
    Option("-ckpt", "name"),
    Option("-d", "time"),
    Option("-e", "date_time"),
    Option("-he", "y|n"),
    Option("-help"),
    Option("-l", "resource=value,..."),
    Option("-M", "address,...", Standing.IGNORED, "shown by qrstat; no mail is sent about reservations"),
    Option("-m", "b|e|a|n", Standing.IGNORED, "shown by qrstat; no mail is sent about reservations"),
    Option("-masterq", "queue,..."),
    Option("-N", "name"),
    Option("-now", "y|n"),
    Option("-pe", "name slots"),
    Option("-q", "queue,..."),
    Option("-u", "user|@list|!user,..."),
    Option("-w", "e|v"),
)

_KEPT = tuple(
    Option(option.name, option.arguments)
    for option in OPTIONS
    if option.name not in ("-m", "-M", "-pe") and option.name != "-u"
)
_OWN = {option.name for option in OPTIONS}
_READS = OptionTable(
    *_KEPT,
    Option("-M", "address,..."),
    Option("-m", "events"),
    Option("-pe", "name [slots]"),
    Option("-u", "[user,...]"),
    *(Option(option.name, option.arguments) for option in SUBMIT_OPTIONS if option.name not in _OWN),
)
"""What the real client's parser reads: qsub's options too, to refuse them later."""

_AS_QSUB = ("-A", "-l", "-M", "-m", "-masterq", "-N", "-now", "-pe", "-q")


def run(invocation: Invocation, cluster: Cluster) -> Running:
    """Ask for a reservation; all the qmaster's answers go to standard output."""
    if not invocation.argv:
        return Reply(stderr=f"{usage('qrsub')}ERROR! no option argument\n", code=1)
    try:
        given = yield from _given(invocation)
        if any(option.name == "-help" for option in given):
            return Reply(usage("qrsub"))
        for option in given:
            if option.name not in _OWN:
                name = "-wd" if option.name == "-cwd" else option.name
                return Reply(stderr=f'error: invalid option argument "{name}"\n', code=1)
        request = _request(invocation, cluster, given)
    except OptionError as error:
        return Reply(stderr=f"{error.ahead}qrsub: {error.text}\n", code=1)
    try:
        events = cluster.input("reserve", request=request)
    except Denied as denied:
        return Reply(f"{denied.text}\n", code=denied.exit_code)
    granted = next(event for event in events if isinstance(event, ReservationGranted))
    lines = [*granted.remarks, f"Your advance reservation {granted.reservation} has been granted"]
    return Reply("".join(f"{line}\n" for line in lines))


def _given(invocation: Invocation) -> Generator[Request, Answer, list[Given]]:
    """The options of the cell's file, of the user's, and of the command line; those of -@ files in their places."""
    root, cell = invocation.environment.get("SGE_ROOT"), invocation.environment.get("SGE_CELL", "default")
    paths = [f"{root}/{cell}/common/sge_ar_request"] if root else []
    given: list[Given] = []
    for path in (*paths, posixpath.join(invocation.home, ".sge_ar_request")):
        given += yield from _from_file(path)
    for option in _parse(invocation.argv):
        if option.name == "-@":
            given += yield from _from_file(posixpath.join(invocation.cwd, option.value))
        else:
            given.append(option)
    return given


def _from_file(path: str) -> Generator[Request, Answer, list[Given]]:
    content = yield NeedFile(path)
    return _parse(option_words(content.decode("utf-8", "surrogateescape"), "")) if isinstance(content, bytes) else []


def _parse(argv: Sequence[str]) -> list[Given]:
    given, _ = _READS.parse(argv)
    for option in given:
        if option.name == "-pe" and len(option.values) < 2:
            raise OptionError("-pe option must have range as 2nd argument")
        if option.name == "-u" and not option.values:
            raise OptionError("-u option must have a list usernames")
    return given


def _request(invocation: Invocation, cluster: Cluster, given: list[Given]) -> ReservationRequest:
    job = Description(cluster.now, cluster.zone, invocation.cwd, invocation.environment)
    job.read(option for option in given if option.name in _AS_QSUB)
    last = {option.name: option for option in given}
    fields: dict[str, Any] = dict(job.fields)
    for name, field in (("-a", "start_at"), ("-e", "end_at")):
        if name in last:
            fields[field] = _date(last[name], cluster)
    if "-d" in last:
        fields["duration_s"] = _duration(last["-d"])
    if "-he" in last:
        fields["hard_errors"] = yes_or_no(last["-he"])
    if "-w" in last:
        if last["-w"].value not in ("e", "v"):
            raise OptionError(f'invalid option argument "-w {last["-w"].value}"')
        fields["verify_only"] = last["-w"].value == "v"
    if "-ckpt" in last:
        fields["checkpoint"] = last["-ckpt"].value
    users = [user for option in given if option.name == "-u" for user in option.value.split(",") if user]
    fields["users"] = [user for user in users if not user.startswith("!")]
    fields["no_users"] = [user[1:] for user in users if user.startswith("!")]
    if fields.get("end_at") and fields.get("duration_s") and not fields.get("start_at"):
        fields["start_at"] = fields["end_at"] - fields["duration_s"]
    return ReservationRequest(owner=invocation.user, group=invocation.group, **fields)


def _date(option: Given, cluster: Cluster) -> float:
    try:
        return parse_date_time(option.value, cluster.now, cluster.zone)
    except NotADate as error:
        # the client names -a for -e too
        text = f'Wrong date/time format "{option.value}" specified to -a option'
        raise OptionError(text, ahead=f"\n{error}\n") from None


def _duration(option: Given) -> float:
    """``hours:minutes:seconds`` or seconds."""
    parts = option.value.split(":")
    if len(parts) not in (1, 3) or not all(part.isdecimal() or (not part and len(parts) == 3) for part in parts):
        raise OptionError(f'Wrong time format "{option.value}" specified to -d option')
    numbers = [int(part or "0") for part in parts]
    return float(numbers[0] if len(numbers) == 1 else numbers[0] * 3600 + numbers[1] * 60 + numbers[2])
