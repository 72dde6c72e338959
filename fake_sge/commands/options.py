"""Options of the q-programs: tables of data, and one parser that reads them.

Each command module declares its table, so that the coverage page of the documentation is made from what the code does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

__all__ = ["ESEMANTIC", "ESYNTAX", "Given", "Option", "OptionError", "OptionTable", "Standing"]

ESEMANTIC = 2
"""Exit code for an option without its argument or an unknown one (sge_answer.h of 8.1.9)."""
ESYNTAX = 7
"""Exit code for an option whose argument can't be read."""


class Standing(Enum):
    """What is done about an option."""

    MODELLED = "modelled"
    IGNORED = "accepted and ignored"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a q-program. *arguments* names what follows it.

    One in brackets may be missing; one that ends in a question mark is taken only if it is one of the words it lists.
    """

    name: str
    arguments: str = ""
    standing: Standing = Standing.MODELLED
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """An option as it was given."""

    name: str
    values: tuple[str, ...] = ()

    @property
    def value(self) -> str:
        return self.values[0] if self.values else ""


class OptionError(Exception):
    """An option that can't be taken: the text in SGE's words and the exit code."""

    def __init__(self, text: str, code: int = ESEMANTIC, option: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.code = code
        self.option = option


class OptionTable:
    """The options of one q-program."""

    def __init__(self, *options: Option) -> None:
        self.options = options
        self._by_name = {option.name: option for option in options}

    def __iter__(self) -> Iterator[Option]:
        return iter(self.options)

    def parse(self, argv: Sequence[str], *, stop_at_operand: bool = False) -> tuple[list[Given], list[str]]:
        """Split *argv* into options and operands. Raises `OptionError`.

        With *stop_at_operand* all from the first operand on is left alone, as qsub(1) does for a job's arguments.
        """
        given: list[Given] = []
        operands: list[str] = []
        at = 0
        while at < len(argv):
            word = argv[at]
            at += 1
            if not word.startswith("-"):
                operands.append(word)
                if stop_at_operand:
                    return given, operands + list(argv[at:])
                continue
            if word == "--" and stop_at_operand:
                return given, list(argv[at:])
            option = self._by_name.get(word)
            if option is None:
                raise OptionError(f'invalid option argument "{word}"', ESEMANTIC, word)
            if option.standing is Standing.REFUSED:
                raise OptionError(f'Unsupported: "{word}" is not supported in this version', ESEMANTIC, word)
            values, at = self._values(option, argv, at)
            if option.standing is Standing.MODELLED:
                given.append(Given(word, values))
        return given, operands

    @staticmethod
    def _values(option: Option, argv: Sequence[str], at: int) -> tuple[tuple[str, ...], int]:
        values: list[str] = []
        for name in option.arguments.split():
            if at >= len(argv):
                if name.startswith("["):
                    break
                raise OptionError(f"{option.name} option must have argument", ESEMANTIC, option.name)
            if name.startswith("[") and argv[at].startswith("-"):
                break
            if name.endswith("?") and argv[at] not in name[:-1].split("|"):
                continue
            values.append(argv[at])
            at += 1
        return tuple(values), at
