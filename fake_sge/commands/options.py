"""Options of the q-programs: tables of data, and one parser that reads them.

Each command module declares its table, so that the coverage page of the documentation is made from what the code does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

__all__ = [
    "EEXIST",
    "ENOIMP",
    "ESEMANTIC",
    "ESYNTAX",
    "Enough",
    "Given",
    "Option",
    "OptionError",
    "OptionTable",
    "Standing",
]

ESEMANTIC = 2
"""Exit code for an option without its argument or an unknown one (sge_answer.h of 8.1.9)."""
EEXIST = 3
"""Exit code for what doesn't exist."""
ENOIMP = 5
"""Exit code for an option of another program."""
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
    *lacking* is what the complaint calls a missing one, ``|`` between several.
    """

    name: str
    arguments: str = ""
    standing: Standing = Standing.MODELLED
    reason: str = ""
    lacking: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """An option as it was given."""

    name: str
    values: tuple[str, ...] = ()

    @property
    def value(self) -> str:
        return self.values[0] if self.values else ""


class OptionError(Exception):
    """An option that can't be taken: the text in SGE's words and the exit code. *ahead* is said before, unasked."""

    def __init__(self, text: str, code: int = ESEMANTIC, option: str = "", ahead: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.code = code
        self.option = option
        self.ahead = ahead


class Enough(Exception):
    """A value after which the rest of the command line isn't looked at."""


class OptionTable:
    """The options of one q-program."""

    def __init__(self, *options: Option) -> None:
        self.options = options
        self._by_name = {option.name: option for option in options}

    def __iter__(self) -> Iterator[Option]:
        return iter(self.options)

    def named(self, name: str) -> Option | None:
        """The option of that name, None if there is none."""
        return self._by_name.get(name)

    def parse(
        self, argv: Sequence[str], *, stop_at_operand: bool = False, check: Callable[[Given], None] | None = None
    ) -> tuple[list[Given], list[str]]:
        """Split *argv* into options and operands. Raises `OptionError`.

        With *stop_at_operand* all from the first operand on is left alone, as qsub(1) does for a job's arguments.
        *check* sees each option before the next is read, and raises `OptionError` or `Enough`.
        """
        given: list[Given] = []
        operands: list[str] = []
        foreign = ""
        at = 0
        while at < len(argv):
            word = argv[at]
            at += 1
            if word == "--" and stop_at_operand:
                if at == len(argv):
                    raise OptionError("-- option must be followed by job arguments")
                operands += ["-", *argv[at:]]
                break
            if not word.startswith("-"):
                operands.append(word)
                if stop_at_operand:
                    operands += argv[at:]
                    break
                continue
            option = self._by_name.get(word)
            if option is None:
                raise OptionError(f'invalid option argument "{word}"', ESEMANTIC, word)
            values, at = self.values(option, argv, at)
            if option.standing is Standing.REFUSED:
                foreign = foreign or " ".join((word, *values))
                continue
            given.append(Given(word, values))
            try:
                if check is not None:
                    check(given[-1])
            except Enough:
                given.pop()
                break
        if foreign:
            raise OptionError(f"Unknown option {foreign}\n", ENOIMP, foreign)
        return [one for one in given if self._by_name[one.name].standing is Standing.MODELLED], operands

    @staticmethod
    def values(option: Option, argv: Sequence[str], at: int) -> tuple[tuple[str, ...], int]:
        """The option's arguments from *at* on, and where they end. Raises `OptionError`."""
        values: list[str] = []
        for name in option.arguments.split():
            optional = name.startswith("[") and name.endswith("]")
            if at >= len(argv):
                if optional:
                    break
                lacking = option.lacking.split("|")
                text = lacking[min(len(values), len(lacking) - 1)] or "argument"
                raise OptionError(f"{option.name} option must have {text}", ESEMANTIC, option.name)
            if optional and argv[at].startswith("-"):
                break
            if name.endswith("?") and argv[at] not in name[:-1].split("|"):
                continue
            values.append(argv[at])
            at += 1
        return tuple(values), at
