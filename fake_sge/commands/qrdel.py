"""qrdel(1): delete advance reservations, and their jobs with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from fake_sge.commands.options import Given, Option, OptionError, OptionTable
from fake_sge.commands.protocol import Cluster, Invocation, Reply, Running
from fake_sge.commands.usage import usage
from fake_sge.core import Denied, ReservationChanged

__all__ = ["OPTIONS", "run"]

OPTIONS = OptionTable(Option("-f"), Option("-help"), Option("-u", "user,..."))

_WILD = frozenset("*?[")
_FORBIDDEN = {
    "\n": "Return", "\t": "Tab", "\r": "Carriage return", "/": "Slash", ":": "Colon", "@": "At sign", "\\": "Backslash"
}  # fmt: skip


def run(invocation: Invocation, cluster: Cluster) -> Running:
    """Delete by number, name or pattern; of the users that -u names; all answers go to standard output."""
    yield from ()
    try:
        given, operands = OPTIONS.parse(invocation.argv)
    except OptionError as error:
        return Reply(stderr=f'{usage("qrdel")}error: invalid option argument "{error.option}"\n', code=1)
    if any(option.name == "-help" for option in given):
        return Reply(usage("qrdel"))
    wanted = [word for operand in operands for word in operand.split(",") if word]
    owners = _owners(given)
    if not wanted and not owners:
        return Reply(stderr=f"{usage('qrdel')}ERROR! no option argument\n", code=1)
    forced = any(option.name == "-f" for option in given)
    answers = [line for word in wanted or [""] for line in _delete(invocation, cluster, word, owners, forced)]
    return Reply("".join(f"{text}\n" for text, _ in answers), code=max(code for _, code in answers))


def _owners(given: Sequence[Given]) -> list[str]:
    return [owner for option in given if option.name == "-u" for owner in option.value.split(",") if owner]


def _delete(
    invocation: Invocation, cluster: Cluster, word: str, owners: list[str], forced: bool
) -> Iterator[tuple[str, int]]:
    user = invocation.user
    if any(_WILD.intersection(owner) for owner in owners) and not cluster.cell.is_manager(user):
        yield f'denied: "{user}" must be manager to modify all advance reservations', 1
        return
    if word and (complaint := _complaint(word)):
        yield complaint, 1
        return
    chosen = _chosen(cluster, word, owners or ([user] if _WILD.intersection(word) else []))
    for number in chosen:
        try:
            events = cluster.input("unreserve", reservation=number, user=user, forced=forced)
        except Denied as denied:
            yield denied.text, 1
            continue
        gone = any(isinstance(event, ReservationChanged) and event.what == "deleted" for event in events)
        if gone:
            yield f"{user} has deleted advance_reservation {number}", 0
        else:
            yield f"{user} has registered the advance_reservation {number} for deletion", 0
    if not chosen:
        nobody = f"There is no advance_reservation registered for the following users: {_listed(owners)}"
        yield f'denied: advance_reservation "{word}" does not exist' if word else nobody, 1


def _complaint(word: str) -> str | None:
    if word.isdecimal():
        return None
    if word[0].isdigit():
        return f'denied: "{word}" is not a valid object name (cannot start with a digit)'
    return next((f"{_FORBIDDEN[c]} ('{c}') not allowed in objectname" for c in word if c in _FORBIDDEN), None)


def _chosen(cluster: Cluster, word: str, owners: Sequence[str]) -> list[int]:
    found = []
    for number, reservation in cluster.cell.advance_reservations.items():
        request = reservation.request
        if owners and not any(fnmatchcase(request.owner, owner) for owner in owners):
            continue
        if not word or (number == int(word) if word.isdecimal() else fnmatchcase(request.name, word)):
            found.append(number)
    return found


def _listed(owners: Sequence[str]) -> str:
    """The client names five of them."""
    return ",".join([*owners[:5], "..."] if len(owners) > 5 else owners)
