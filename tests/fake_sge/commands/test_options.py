"""Reading options."""

from __future__ import annotations

import pytest

from fake_sge.commands import COMMANDS, COVERAGE, Given, Option, OptionError, OptionTable, Standing
from fake_sge.commands.jobscript import option_words
from fake_sge.commands.submission import parse_range, parse_ranges
from fake_sge.core import TaskRange

TABLE = OptionTable(
    Option("-x"),
    Option("-pe", "name slots"),
    Option("-F", "[resources]"),
    Option("-binding", "env|pe|set? strategy", Standing.IGNORED, "no cores"),
    Option("-jsv", "url", Standing.REFUSED, "runs code"),
)


def test_arguments_belong_to_their_option() -> None:
    """An option takes as many words as it names."""
    assert TABLE.parse(["-pe", "smp", "4", "-x", "a"]) == ([Given("-pe", ("smp", "4")), Given("-x")], ["a"])


def test_an_optional_argument_may_be_missing() -> None:
    """A word in brackets isn't taken if the next one is an option."""
    assert TABLE.parse(["-F", "-x"])[0] == [Given("-F"), Given("-x")]


def test_a_job_s_arguments_are_left_alone() -> None:
    """qsub(1) reads options up to the script."""
    assert TABLE.parse(["-x", "script", "-x"], stop_at_operand=True) == ([Given("-x")], ["script", "-x"])


def test_an_ignored_option_leaves_no_trace() -> None:
    """What is accepted and ignored takes its argument with it."""
    assert TABLE.parse(["-binding", "linear:1", "a"]) == ([], ["a"])
    assert TABLE.parse(["-binding", "set", "linear:1", "a"]) == ([], ["a"])


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (["-zz"], 'invalid option argument "-zz"'),
        (["-pe", "smp"], "-pe option must have argument"),
        (["-jsv", "x"], 'Unsupported: "-jsv" is not supported in this version'),
    ],
)
def test_what_cannot_be_taken_is_refused_in_words(argv: list[str], text: str) -> None:
    """Unknown options, missing arguments and refused options say which."""
    with pytest.raises(OptionError) as error:
        TABLE.parse(argv)
    assert error.value.text == text


def test_every_command_declares_its_options() -> None:
    """The coverage page is made from these tables."""
    assert set(COVERAGE) == set(COMMANDS)


def test_what_is_not_modelled_has_a_reason() -> None:
    """Nothing is ignored or refused without saying why."""
    assert [
        (command, option.name)
        for command, table in COVERAGE.items()
        for option in table
        if option.standing is not Standing.MODELLED and not option.reason
    ] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#!/bin/sh\n#$ -N abc -j y\necho hi\n", ["-N", "abc", "-j", "y"]),
        ("#$ -N abc # the name\n", ["-N", "abc"]),
        ("#$ \nsleep 1\n", []),
        ("#!/bin/bash\r\n#$ -N abc\r\n", ["-N", "abc"]),
        ('#$ -ac "a=b c"\n', ["-ac", "a=b c"]),
        (" #$ -N late\n", []),
    ],
)
def test_lines_with_the_prefix_hold_options(text: str, words: list[str]) -> None:
    """Only in the first column; a second # begins a comment; a carriage return is dropped."""
    assert option_words(text, "#$") == words


def test_default_files_hold_options_in_every_line_but_comments() -> None:
    """sge_request(5)."""
    assert option_words("# ours\n-j y\n-cwd\n", "") == ["-j", "y", "-cwd"]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("4", [TaskRange(4, 4)]),
        ("2-8", [TaskRange(2, 8)]),
        ("2-", [TaskRange(2, 9999999)]),
        ("-4", [TaskRange(1, 4)]),
        ("1,4-6", [TaskRange(1, 1), TaskRange(4, 6)]),
    ],
)
def test_slot_ranges(text: str, spans: list[TaskRange]) -> None:
    """The ranges of -pe may be open at either end."""
    assert parse_ranges(text) == spans


def test_a_task_range_needs_a_number() -> None:
    """-t takes no open ranges and no words."""
    with pytest.raises(OptionError):
        parse_range("1-")
    with pytest.raises(OptionError):
        parse_range("many")
