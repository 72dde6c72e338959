"""How qstat, qhost, qselect, qquota and qmod read their words: an option takes every word up to the next one."""

from __future__ import annotations

from collections.abc import Sequence

from fake_sge.commands.options import ESEMANTIC, Given, Option, OptionError, OptionTable, Standing
from fake_sge.commands.protocol import Reply
from fake_sge.commands.usage import usage

__all__ = ["WordTable", "items", "read_words"]


class WordTable(OptionTable):
    """Options whose arguments are lists of words. Those of an argument in brackets may be missing."""

    def parse_words(self, argv: Sequence[str]) -> list[Given]:
        """The options in order. Raises `OptionError`: all complaints, a line each; *option* is one that is unknown."""
        given: list[Given] = []
        complaints: list[str] = []
        at = 0
        while at < len(argv):
            option = self.named(argv[at])
            if option is None:
                complaints.append(f'invalid option argument "{argv[at]}"')
                raise OptionError("\n".join(complaints), ESEMANTIC, argv[at] or "empty")
            end = _end(option, argv, at + 1)
            values = tuple(argv[at + 1 : end])
            if option.arguments and not option.arguments.startswith("[") and not "".join(values[:1]):
                complaints.append(f"{argv[at]} option must have argument")
                end = at + 1
            elif option.standing is Standing.MODELLED:
                given.append(Given(option.name, values))
            at = end
        if complaints:
            raise OptionError("\n".join(complaints))
        return given


def _end(option: Option, argv: Sequence[str], at: int) -> int:
    while option.arguments and at < len(argv) and not argv[at].startswith("-"):
        at += 1
    return at


def read_words(command: str, table: WordTable, argv: Sequence[str], prefix: str = "") -> list[Given] | Reply:
    """The options of a program that lists things, or the answer that ends it: its help, or what is wrong with them.

    *prefix* stands before each complaint.
    """
    try:
        given = table.parse_words(argv)
    except OptionError as error:
        complaints = "".join(f"{prefix}{line}\n" for line in error.text.split("\n"))
        return Reply(stderr=(usage(command) if error.option else "") + complaints, code=1)
    if any(option.name == "-help" for option in given):
        return Reply(usage(command))
    return given


def items(option: Given) -> list[str]:
    """What an option names, in one word or several, between commas."""
    return [name for word in option.values for name in word.split(",") if name]
