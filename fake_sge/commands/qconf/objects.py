"""The verbs that most objects have: show, list, add and modify from a file, delete."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from fake_sge.commands.protocol import Answer, Request
from fake_sge.commands.qconf.call import Act, Call, Refused, Steps
from fake_sge.commands.qconf.files import BadFile, parse_object
from fake_sge.core import Cell
from fake_sge.core.config import Attributes

__all__ = ["ObjectKind", "each", "listing"]


def listing(of: Callable[[Cell], Iterable[str]], what: str) -> Act:
    """An option that shows names in order, or that there are none."""

    def show(call: Call) -> None:
        found = sorted(of(call.cell))
        if found:
            call.show("".join(f"{name}\n" for name in found))
        else:
            call.fail(f"no {what} defined")

    return show


def each(show: Callable[[Cell, str], str]) -> Act:
    """An option that shows objects of a comma list of names. *show* raises `Refused` for what isn't there."""

    def act(call: Call) -> None:
        for name in call.names():
            call.show(show(call.cell, name))

    return act


@dataclass(frozen=True, slots=True)
class ObjectKind:
    """One kind of object.

    *field* is that of `CellConfig`, *what* its name in messages (``calendar``) and *whole* that of their list
    (``calendar list``); *key* is the attribute that names it. *check* looks at an object that is to be added (*before*
    is None) or modified: it returns the texts to be kept, or raises `Refused`. *unreadable* is said after what is wrong
    with a file; ``{}`` stands for its path.
    """

    field: str
    what: str
    whole: str
    key: str
    fields: Sequence[str]
    check: Callable[[Call, Attributes, Attributes | None], Attributes]
    unreadable: str = "error reading in file"
    unopened: str = "error reading in file"

    def objects(self, call: Call) -> dict[str, Any]:
        """Those of the cell, by name."""
        found: dict[str, Any] = getattr(call.cell.config, self.field)
        return found

    def read(self, call: Call, path: str) -> Generator[Request, Answer, Attributes]:
        """The object in a file of the user's. Raises `Refused`."""
        try:
            text = yield from call.read(path)
        except Refused as refused:
            raise Refused("\n".join(filter(None, (refused.text, self.unopened)))) from None
        try:
            return parse_object(text, self.fields)
        except BadFile as bad:
            lines = [f"error: {bad}"]
            if "is missing" not in str(bad):
                lines.append(f'error: error reading file: "{path}"')
            raise Refused("\n".join([*lines, self.unreadable.format(path)])) from None

    def add_file(self, call: Call) -> Steps:
        """``-A...``: add the object in a file."""
        call.must_be_manager()
        given = yield from self.read(call, call.word())
        self.add(call, given)

    def modify_file(self, call: Call) -> Steps:
        """``-M...``: replace an object by that in a file."""
        call.must_be_manager()
        given = yield from self.read(call, call.word())
        self.modify(call, given)

    def add(self, call: Call, given: Attributes) -> None:
        """Add an object, or say that it is there."""
        name = given[self.key]
        if name in self.objects(call):
            call.fail(f'{self.what} "{name}" already exists')
            return
        call.configure(self.field, name, self.check(call, given, None))
        call.tell(f'{call.who} added "{name}" to {self.whole}')

    def modify(self, call: Call, given: Attributes) -> None:
        """Replace an object, or say that there is none."""
        name = given[self.key]
        if name not in self.objects(call):
            call.fail(f'denied: {self.what} "{name}" does not exist')
            return
        call.configure(self.field, name, self.check(call, given, self.objects(call)[name]))
        call.tell(f'{call.who} modified "{name}" in {self.whole}')

    def delete(self, call: Call) -> None:
        """``-d...`` with a comma list of names."""
        call.must_be_manager()
        for name in call.names():
            self.remove(call, name)

    def remove(self, call: Call, name: str) -> None:
        """Remove an object, or say that there is none."""
        if name not in self.objects(call):
            call.fail(f'denied: {self.what} "{name}" does not exist')
            return
        call.configure(self.field, name, None)
        call.tell(f'{call.who} removed "{name}" from {self.whole}')
