"""The verbs that most objects have: show, list, add and modify from a file, delete."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fake_sge.commands.protocol import Answer, Request
from fake_sge.commands.qconf.call import Act, Call, Refused, Steps
from fake_sge.commands.qconf.files import BadFile, parse_object
from fake_sge.commands.qconf.values import TEXT, ValueKind
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

    *field* is that of `CellConfig`, *what* its name in messages (``calendar``), *whole* that of their list
    (``calendar list``) and *word* what -mattr calls it; *key* is the attribute that names it. *kinds* say what values
    must be like; what isn't in it is any text.

    *check* looks at an object that is to be added (*before* is None) or modified: it returns the texts to be kept, or
    raises `Refused`. *load* and *store* turn an object into attributes and back, where the cell keeps another form.
    *unreadable* is said after what is wrong with a file, *unopened* after one that can't be opened (``{}`` is its
    path), *misedited* after what is wrong with an edited text, *unchanged* of one that is as it was ("": never
    mind).
    *template* is what a new object begins with. *label* is what list changes call the object: its name, if there is
    none. *full_name* gives the name under which the cell keeps what was typed; *always* are names that are there even
    if the cell keeps nothing under them.
    """

    field: str
    what: str
    whole: str
    word: str
    key: str
    fields: Sequence[str]
    check: Callable[[Call, Attributes, Attributes | None], Attributes]
    kinds: Mapping[str, ValueKind] = dataclasses.field(default_factory=dict)
    unreadable: str = "error reading in file"
    unopened: str = "error reading in file"
    misedited: str = "error reading in file"
    unchanged: str = "file unchanged"
    template: Attributes = dataclasses.field(default_factory=dict)
    label: str = ""
    load: Callable[[Cell, str, Any], Attributes] = lambda _cell, _name, found: dict(found)
    store: Callable[[Attributes], Any] = dict
    read_value: Callable[[ValueKind, str], str] = lambda kind, value: kind.read(value)
    full_name: Callable[[Cell, str], str] = lambda _cell, name: name
    always: Sequence[str] = ()

    def objects(self, call: Call) -> dict[str, Any]:
        """Those of the cell, by name."""
        found: dict[str, Any] = getattr(call.cell.config, self.field)
        return {name: {} for name in self.always} | found

    def get(self, call: Call, name: str) -> Attributes:
        """One of them. Raises `Refused` if there is none."""
        if name not in self.objects(call):
            raise Refused(f'denied: {self.what} "{name}" does not exist')
        return self.load(call.cell, name, self.objects(call)[name])

    def kind_of(self, attribute: str) -> ValueKind:
        return self.kinds.get(attribute, TEXT)

    def parse(self, text: str, path: str, *, complete: bool = True) -> Attributes:
        """The object that *text* is. Raises `Refused`, naming *path*."""
        try:
            return parse_object(text, self.fields, self.kinds, complete=complete, read=self.read_value)
        except BadFile as bad:
            lines = [f"error: {line}" for line in bad.lines]
            if "is missing" not in str(bad):
                lines.append(f'error: error reading file: "{path}"')
            raise Refused("\n".join([*lines, self.unreadable.format(path)])) from None

    def read(self, call: Call, path: str) -> Generator[Request, Answer, Attributes]:
        """The object in a file of the user's. Raises `Refused`."""
        try:
            text = yield from call.read(path)
        except Refused as refused:
            raise Refused("\n".join(filter(None, (refused.text, self.unopened.format(path))))) from None
        return self.parse(text, path)

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

    def edited(self, call: Call, texts: Attributes, unchanged: str = "") -> Generator[Request, Answer, Attributes]:
        """The object that the user's editor makes of *texts*. Raises `Refused`; with *unchanged* if nothing is new."""
        edited = yield from call.edit(self.printed(texts))
        if unchanged and not edited.changed:
            raise Refused(unchanged)
        try:
            return self.parse(edited.text, edited.path)
        except Refused as refused:
            lines = [line for line in refused.text.split("\n") if line.startswith("error: ")]
            raise Refused("\n".join([*lines, self.misedited])) from None

    def printed(self, texts: Attributes) -> str:
        """The text that is edited, as ``-s...`` prints the object."""
        width = max(map(len, self.fields)) + 1
        return "".join(f"{name:<{width}}{texts[name]}\n" for name in self.fields)

    def add_edited(self, call: Call) -> Steps:
        """``-a... name``: add an object that begins as the template and is edited."""
        call.must_be_manager()
        texts = self.template | {self.key: call.word()}
        given = yield from self.edited(call, texts, self.unchanged)
        self.add(call, given)

    def modify_edited(self, call: Call) -> Steps:
        """``-m... name``: edit an object."""
        call.must_be_manager()
        texts = self.get(call, self.full_name(call.cell, call.word()))
        given = yield from self.edited(call, texts, self.unchanged)
        self.modify(call, given)

    def add(self, call: Call, given: Attributes) -> None:
        """Add an object, or say that it is there."""
        name = given[self.key] = self.full_name(call.cell, given[self.key])
        if name in self.objects(call):
            call.fail(f'{self.what} "{name}" already exists')
            return
        call.configure(self.field, name, self.store(self.check(call, given, None)))
        call.tell(f'{call.who} added "{name}" to {self.whole}')

    def modify(self, call: Call, given: Attributes) -> None:
        """Replace an object, or say that there is none."""
        name = given[self.key] = self.full_name(call.cell, given[self.key])
        before = self.get(call, name)
        call.configure(self.field, name, self.store(self.check(call, given, before)))
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
