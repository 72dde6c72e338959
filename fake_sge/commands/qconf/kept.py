"""Objects that others refer to: their names are looked at, and they stay as long as they are in use."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass

from fake_sge.commands.protocol import Answer, Request
from fake_sge.commands.qconf.call import Act, Call, Refused, Steps
from fake_sge.commands.qconf.naming import check_name
from fake_sge.commands.qconf.objects import ObjectKind
from fake_sge.commands.qconf.values import NUMBER, BadValue, ValueKind
from fake_sge.core import Cell
from fake_sge.core.config import Attributes

__all__ = ["LISTS", "TICKETS", "KeptKind", "single"]


def _whole(name: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.startswith("-"):
            raise BadValue(f'parameter "{name}" must be a positive number')
        return NUMBER.read(text)

    return read


TICKETS = {name: ValueKind(_whole(name)) for name in ("oticket", "fshare", "delete_time", "slots")}
"""Numbers that are told by their names when they are negative."""


LISTS = ValueKind(lambda text: " ".join(text.split()), " ")
"""Names of access lists, separated by blanks alone."""


def single(show: Callable[[Cell, str], str]) -> Act:
    """An option that shows one object. *show* raises `Refused` for what isn't there."""
    return lambda call: call.show(show(call.cell, call.word()))


@dataclass(frozen=True, slots=True)
class KeptKind(ObjectKind):
    """An `ObjectKind` whose files qconf reads before the qmaster asks who wants it.

    *look* is what qconf finds wrong with what it read (lines), *used* what speaks against removing an object (lines).
    *absent* is said when there is nothing to modify, *unknown* when there is nothing to edit. *one* if ``-d...`` takes
    one name, not a list; *unnamed* if ``-a...`` takes none. *removed* is what removals call the object. *by_operators*
    if operators may, *aloud* if changes are told on standard output.
    """

    look: Callable[[Attributes], Iterable[str]] = lambda _given: ()
    used: Callable[[Cell, str], Iterable[str]] = lambda _cell, _name: ()
    absent: str = ""
    unknown: str = ""
    one: bool = False
    removed: str = ""
    unnamed: bool = False
    by_operators: bool = False
    aloud: bool = False

    def ask(self, call: Call) -> None:
        """May this user change such objects? Raises `Refused`."""
        if self.by_operators:
            call.must_be_operator()
        else:
            call.must_be_manager()

    def _read(self, call: Call) -> Generator[Request, Answer, Attributes]:
        given = yield from self.read(call, call.word())
        wrong = [f"error: {line}" for line in self.look(given)]
        if wrong:
            raise Refused("\n".join([*wrong, self.unreadable]))
        self.ask(call)
        return given

    def add_file(self, call: Call) -> Steps:
        """``-A...``: add the object in a file."""
        given = yield from self._read(call)
        self.add(call, given)

    def modify_file(self, call: Call) -> Steps:
        """``-M...``: replace an object by that in a file."""
        given = yield from self._read(call)
        self.modify(call, given)

    def add_edited(self, call: Call) -> Steps:
        """``-a...``: add an object that begins as the template and is edited."""
        texts = self.template if self.unnamed else {**self.template, self.key: call.word()}
        self.ask(call)
        given = yield from self.edited(call, texts, self.unchanged)
        self.add(call, given)

    def modify_edited(self, call: Call) -> Steps:
        """``-m... name``: edit an object."""
        name = call.word()
        self.ask(call)
        if name not in self.objects(call):
            raise Refused(self.unknown.format(name) or self._absent(name))
        given = yield from self.edited(call, self.objects(call)[name], self.unchanged)
        self.modify(call, given)

    def add(self, call: Call, given: Attributes) -> None:
        """Add an object, or say what is against it."""
        name = given[self.key]
        if name in self.objects(call):
            raise Refused(f'{self.what} "{name}" already exists')
        check_name(name)
        call.configure(self.field, name, self.check(call, given, None))
        self._tell(call, f'{call.who} added "{name}" to {self.whole}')

    def modify(self, call: Call, given: Attributes) -> None:
        """Replace an object, or say what is against it."""
        name = given[self.key]
        if name not in self.objects(call):
            raise Refused(self._absent(name))
        call.configure(self.field, name, self.check(call, given, self.objects(call)[name]))
        self._tell(call, f'{call.who} modified "{name}" in {self.whole}')

    def delete(self, call: Call) -> None:
        """``-d...``: a name, or a comma list of them."""
        names = [call.word()] if self.one else call.names()
        self.ask(call)
        for name in names:
            self.remove(call, name)

    def remove(self, call: Call, name: str) -> None:
        """Remove an object, or say what is against it."""
        if name not in self.objects(call):
            call.fail(f'denied: {self.removed or self.what} "{name}" does not exist')
            return
        against = list(self.used(call.cell, name))
        if against:
            call.fail("\n".join(against))
            return
        call.configure(self.field, name, None)
        call.tell(f'{call.who} removed "{name}" from {f"{self.removed} list" if self.removed else self.whole}')

    def _absent(self, name: str) -> str:
        return self.absent.format(name) or f'denied: {self.what} "{name}" does not exist'

    def _tell(self, call: Call, text: str) -> None:
        if self.aloud:
            call.say(text)
        else:
            call.tell(text)
