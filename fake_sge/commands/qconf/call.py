"""One option of qconf(1) as it is carried out: its words, what it says, what it asks of the user's machine."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from fake_sge.commands.options import Standing
from fake_sge.commands.protocol import Answer, Cluster, Edited, Invocation, NeedEditor, NeedFile, Request
from fake_sge.commands.usage import usage
from fake_sge.core import Cell, Denied

__all__ = ["Act", "Call", "Refused", "Steps", "Verb"]

Steps = Generator[Request, Answer, None]
"""An option that asks for files."""


class Refused(Exception):
    """The rest of the command line isn't looked at any more: *text* goes to standard error, the exit code is 1."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(slots=True)
class Call:
    """The command line from an option on. *words* are those not taken yet; *stdout*, *stderr* what has been said."""

    option: str
    words: list[str]
    invocation: Invocation
    cluster: Cluster
    stdout: list[str] = field(default_factory=list)
    stderr: list[str] = field(default_factory=list)
    code: int = 0
    last: str = ""

    @property
    def cell(self) -> Cell:
        return self.cluster.cell

    @property
    def user(self) -> str:
        return self.invocation.user

    @property
    def who(self) -> str:
        """``root@master``: the beginning of what is said of a change."""
        return f"{self.invocation.user}@{self.invocation.host}"

    @property
    def has_word(self) -> bool:
        """Does a word follow that isn't an option?"""
        return bool(self.words) and not self.words[0].startswith("-")

    def word(self) -> str:
        """Take the next word. Raises `Refused` where there is none."""
        if not self.has_word:
            raise Refused(f'error: no option argument provided to "{self.last or self.option}"\n' + usage("qconf")[:-1])
        self.last = self.words.pop(0)
        return self.last

    def any_word(self) -> str:
        """Take the next word, whatever it looks like. Raises `Refused` where there is none."""
        if not self.words:
            return self.word()
        self.last = self.words.pop(0)
        return self.last

    def names(self) -> list[str]:
        """Take the next word, a list of names joined by commas."""
        return [name for name in self.word().split(",") if name]

    def say(self, text: str) -> None:
        """A line for standard output."""
        self.stdout.append(f"{text}\n")

    def tell(self, text: str) -> None:
        """A line for standard error, where qconf says what it has changed."""
        self.stderr.append(f"{text}\n")

    def fail(self, text: str) -> None:
        """What went wrong; the options that follow are looked at all the same."""
        self.tell(text)
        self.code = 1

    def show(self, text: str) -> None:
        """An object, as it is printed."""
        self.stdout.append(text)

    def must_be_manager(self) -> None:
        """Raises `Refused` for anybody else."""
        if not self.cell.is_manager(self.user):
            raise Refused(f'denied: "{self.user}" must be manager for this operation')

    def must_be_operator(self) -> None:
        """Raises `Refused` for anybody else."""
        if not self.cell.is_operator(self.user):
            raise Refused(f'denied: "{self.user}" must be operator for this operation')

    def configure(self, kind: str, name: str, value: Any) -> None:
        """Change the cell. Raises `Refused` with what the cell has against it."""
        try:
            self.cluster.input("configure", kind=kind, name=name, value=value, user=self.user)
        except Denied as denied:
            raise Refused(denied.text) from None

    def read(self, path: str) -> Generator[Request, Answer, str]:
        """The text of one of the user's files. Raises `Refused`."""
        answer = yield NeedFile(path)
        if isinstance(answer, IsADirectoryError):
            raise Refused(f'error: error opening file "{path}" for reading: Success')
        if isinstance(answer, OSError):
            raise Refused(f'error: error opening file "{path}" for reading: {answer.strerror}')
        return bytes(answer).decode("utf-8", "surrogateescape")

    def edit(self, text: str) -> Generator[Request, Answer, Edited]:
        """The text as the user's editor leaves it. Raises `Refused` where the editor fails."""
        edited: Edited = yield NeedEditor(text)
        if edited.complaint:
            raise Refused(f"{edited.complaint}\nedit failed")
        return edited


Act = Callable[[Call], Steps | None]


@dataclass(frozen=True, slots=True)
class Verb:
    """An option of qconf(1): what it does, and its place in the coverage table."""

    option: str
    act: Act | None
    arguments: str = ""
    standing: Standing = Standing.MODELLED
    reason: str = ""
