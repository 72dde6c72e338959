"""qrstat(1): show advance reservations."""

from __future__ import annotations

import posixpath
from collections.abc import Generator, Iterator
from datetime import tzinfo
from fnmatch import fnmatchcase

from fake_sge.commands.dates import short_date, xml_date
from fake_sge.commands.options import Given, Option, OptionError, OptionTable
from fake_sge.commands.protocol import Answer, Cluster, Invocation, NeedFile, Reply, Request, Running
from fake_sge.commands.usage import usage
from fake_sge.commands.xml import HEADER, escape
from fake_sge.core import AdvanceReservation, Cell, reservation_state, reservation_trouble
from fake_sge.core.category import describe_slots

__all__ = ["OPTIONS", "run"]

OPTIONS = OptionTable(
    Option("-ar", "ar_id,..."), Option("-explain"), Option("-help"), Option("-u", "user,..."), Option("-xml")
)

_SCHEMA = "http://arc.liv.ac.uk/repos/darcs/sge/source/dist/util/resources/schemas/qrstat/qrstat.xsd"
_GROUP = "sgeadmin"
"""A reservation's group is the qmaster's own."""

_Row = tuple[str, str | list[tuple[str, ...]] | None]
"""What is said of a reservation: a name, and a text or the entries of a list."""


def run(invocation: Invocation, cluster: Cluster) -> Running:
    """A table, or with -ar everything about some; as text or XML."""
    try:
        given, operands = yield from _given(invocation)
    except OptionError as error:
        text = "-u option must have a list usernames" if error.option == "-u" else error.text
        return Reply(stderr=f"error: {text}\n", code=1)
    names = {option.name for option in given}
    if "-help" in names:
        return Reply(usage("qrstat"))
    wanted = [word for option in given if option.name == "-ar" for word in option.value.split(",")]
    if not all(word.isdecimal() for word in wanted):
        return Reply(stderr="error: ERROR! invalid id, must be an unsigned integer\n", code=1)
    if operands:
        return Reply(usage("qrstat"), "error: too many options\n", 1)
    owners = [owner for option in given if option.name == "-u" for owner in option.value.split(",")]
    owners = [invocation.user if owner == "$user" else owner for owner in owners or ["$user"]]
    numbers = [int(word) for word in wanted]
    chosen = [
        reservation
        for number, reservation in sorted(cluster.cell.advance_reservations.items())
        if (number in numbers if wanted else any(fnmatchcase(reservation.request.owner, owner) for owner in owners))
    ]
    show = _xml if "-xml" in names else _text
    return Reply(
        show(cluster.cell, cluster.zone, chosen, numbers, "-explain" in names), code=int(bool(wanted and not chosen))
    )


def _given(invocation: Invocation) -> Generator[Request, Answer, tuple[list[Given], list[str]]]:
    """The options of the cell's file, the user's and the command line."""
    root, cell = invocation.environment.get("SGE_ROOT"), invocation.environment.get("SGE_CELL", "default")
    words: list[str] = []
    for path in [f"{root}/{cell}/common/sge_qrstat"] * bool(root) + [posixpath.join(invocation.home, ".sge_qrstat")]:
        content = yield NeedFile(path)
        if isinstance(content, bytes):
            words += content.decode("utf-8", "surrogateescape").split()
    return OPTIONS.parse([*words, *invocation.argv])


def _duration(reservation: AdvanceReservation) -> str:
    seconds = reservation.duration_s
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _rows(cell: Cell, reservation: AdvanceReservation) -> Iterator[_Row]:
    """What only -ar shows, in its order."""
    request = reservation.request
    yield "group", _GROUP
    yield "account", request.account
    if request.hard:
        yield "resource_list", [*request.hard]
    if request.hard_errors:
        yield "error_handling", "true"
    yield "granted_slots_list", [(place, str(slots)) for place, slots in reservation.places.items()]
    if request.pe:
        yield "granted_parallel_environment", [(request.pe, describe_slots(request.pe_slots))]
    if request.master_queues:
        yield "master hard queue_list", ",".join(request.master_queues)
    if request.checkpoint:
        yield "checkpoint_name", request.checkpoint
    if request.mail_on:
        yield "mail_options", "".join(letter for letter in "abesn" if letter in request.mail_on)
    if request.mail_to:
        addresses = [address.partition("@") for address in request.mail_to]
        yield "mail_list", [(user, host or "NONE") for user, _, host in addresses]
    if request.users:
        yield "acl_list", [(user,) for user in request.users]
    if request.no_users:
        yield "xacl_list", [(user,) for user in request.no_users]


def _text(cell: Cell, zone: tzinfo | None, chosen: list[AdvanceReservation], numbers: list[int], explain: bool) -> str:
    if numbers and not chosen:
        return f"Following advance reservations do not exist:\n{', '.join(map(str, numbers))}\n"
    if numbers:
        return "".join(_detail(cell, zone, reservation) for reservation in chosen)
    if not chosen:
        return ""
    form = "{:<7.7} {:<10.10} {:<12.12} {:<5.5} {:<20.20} {:<20.20} {:>8}\n"
    text = form.format("ar-id", "name", "owner", "state", "start at", "end at", "duration") + "-" * 90 + "\n"
    for reservation in chosen:
        request, state = reservation.request, reservation_state(cell, reservation)
        start, end = short_date(reservation.start_at, zone), short_date(reservation.end_at, zone)
        text += f"{reservation.id:7d} {request.name:<10.10} {request.owner:<12.12} {state:<5} {start:<20} {end:<20} "
        text += _duration(reservation)
        if explain:
            text += "".join(f"\n       {message}" for message in reservation_trouble(cell, reservation))
        text += "\n"
    return text


_JOINED = {"resource_list": ("=", ", "), "granted_slots_list": ("=", ","), "mail_list": ("@", ",")}
"""How the parts of an entry, and the entries, are joined."""


def _detail(cell: Cell, zone: tzinfo | None, reservation: AdvanceReservation) -> str:
    request = reservation.request
    lines = [
        ("id", str(reservation.id)),
        ("name", request.name),
        ("owner", request.owner),
        ("state", reservation_state(cell, reservation)),
        ("start_time", short_date(reservation.start_at, zone)),
        ("end_time", short_date(reservation.end_at, zone)),
        ("duration", _duration(reservation)),
        *(("message", message) for message in reservation_trouble(cell, reservation)),
        ("submission_time", short_date(reservation.submitted_at, zone)),
    ]
    for name, value in _rows(cell, reservation):
        between, after = _JOINED.get(name, (" slots ", ","))
        text = value if isinstance(value, str) else after.join(between.join(entry) for entry in value or ())
        lines.append((name, text))
    return "-" * 80 + "\n" + "".join(f"{name:<30.30} {text}\n" for name, text in lines)


_ENTRIES = {
    "resource_list": '<resource name="{}" type="{}"/>',
    "granted_slots_list": '<granted_slots  queue_instance="{}" slots="{}"/>',
    "granted_parallel_environment": "<parallel_environment>{}</parallel_environment>\n         <slots>{}</slots>",
    "mail_list": '<mail  user="{}" host="{}"/>',
    "acl_list": '<acl  user="{}"/>',
    "xacl_list": '<acl  user="{}"/>',
}


def _xml(cell: Cell, zone: tzinfo | None, chosen: list[AdvanceReservation], numbers: list[int], explain: bool) -> str:
    text = f'{HEADER}<qrstat xmlns:xsd="{_SCHEMA}">\n'
    if numbers and not chosen:
        text += "".join(f"   <ar_unknown>\n{_element('id', str(number))}   </ar_unknown>\n" for number in numbers)
    for reservation in chosen:
        text += f"   <ar_summary>\n{_summary(cell, zone, reservation, bool(numbers), explain)}   </ar_summary>\n"
    return f"{text}</qrstat>\n"


def _summary(cell: Cell, zone: tzinfo | None, reservation: AdvanceReservation, whole: bool, explain: bool) -> str:
    request = reservation.request
    text = _element("id", str(reservation.id)) + _element("name", request.name) + _element("owner", request.owner)
    text += _element("state", reservation_state(cell, reservation))
    text += _element("start_time", xml_date(reservation.start_at, zone))
    text += _element("end_time", xml_date(reservation.end_at, zone)) + _element("duration", _duration(reservation))
    if whole or explain:
        text += "".join(_element("message", message) for message in reservation_trouble(cell, reservation))
    if not whole:
        return text
    text += _element("submission_time", xml_date(reservation.submitted_at, zone))
    for name, value in _rows(cell, reservation):
        if isinstance(value, str):
            text += _element(name, value)
            continue
        inner = "".join(f"         {_ENTRIES[name].format(*map(escape, entry))}\n" for entry in value or ())
        text += f"      <{name}>\n{inner}      </{name}>\n"
    return text


def _element(name: str, text: str) -> str:
    return f"      <{name}>{escape(text)}</{name}>\n" if text else f"      <{name}/>\n"
