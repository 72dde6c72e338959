"""Reading options."""

from __future__ import annotations

import pytest

from fake_sge.commands import COMMANDS, COVERAGE, Enough, Given, Option, OptionError, OptionTable, Standing
from fake_sge.commands.binding import parse_binding
from fake_sge.commands.jobscript import option_words
from fake_sge.commands.ranges import parse_slots, parse_tasks, slot_range
from fake_sge.commands.submission import parse_pairs
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
        (["-jsv", "x", "-x"], "Unknown option -jsv x\n"),
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
        ("1-3,2-5", [TaskRange(1, 5)]),
        ("10,1-4", [TaskRange(1, 4), TaskRange(10, 10)]),
        ("4x", [TaskRange(4, 9999999)]),
        ("1.5", [TaskRange(1, 5)]),
    ],
)
def test_slot_ranges(text: str, spans: list[TaskRange]) -> None:
    """The ranges of -pe may be open at either end; any character is as good as the dash."""
    assert parse_slots(text) == spans


@pytest.mark.parametrize(
    ("text", "tasks"),
    [
        ("5", TaskRange(5, 5)),
        ("10-1", TaskRange(1, 10)),
        ("1-9:2", TaskRange(1, 9, 2)),
        ("1,2,3", TaskRange(1, 3)),
        ("1,3,5", TaskRange(1, 5, 2)),
    ],
)
def test_task_ranges(text: str, tasks: TaskRange) -> None:
    """-t takes one range, however it is written."""
    assert parse_tasks(text) == tasks


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("many", 'Numerical value invalid!\nThe initial portion of string "many" contains no decimal number'),
        ("1-2:x", 'Numerical value invalid!\nThe initial portion of string "x" contains no decimal number'),
        ("1-5:0", "Negative or zero step in range is not allowed"),
        ("-5", 'Range specifier "-5" has unknown trailer "5"'),
        ("1-3,5", "-t option only allows one range specification"),
    ],
)
def test_a_task_range_that_is_none(text: str, complaint: str) -> None:
    """8.1.9 says where it stopped reading."""
    with pytest.raises(OptionError) as error:
        parse_tasks(text)
    assert error.value.text == complaint


def test_an_open_task_range_ends_the_command_line() -> None:
    """8.1.9 reads on as if nothing followed."""
    with pytest.raises(Enough):
        parse_tasks("1-")


def test_two_slots_in_a_row_are_no_range() -> None:
    """As qstat -j shows them."""
    assert slot_range([TaskRange(2, 3), TaskRange(5, 7), TaskRange(9, 9)]) == "2,3,5-7,9"


def test_commas_between_quotes_part_nothing() -> None:
    """-v and -ac keep the quotes."""
    assert parse_pairs("A='x,y',B,,C=1=2") == [("A", "'x,y'"), ("B", None), ("C", "1=2")]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("linear",), "set linear:slots"),
        (("linear:2:0,0",), "set linear:2:0,0"),
        (("pe", "striding:2:1"), "pe striding:2:1"),
        (("explicit:0,0:0,1",), "set explicit:0,0:0,1"),
    ],
)
def test_a_binding_is_shown_in_full(words: tuple[str, ...], shown: str) -> None:
    """-binding of submit(1)."""
    assert parse_binding(words) == shown


@pytest.mark.parametrize("strategy", ["linear:x", "linear:-1", "striding:2", "explicit", "explicit:0,0:0,0", "foo:1"])
def test_a_binding_that_is_none_is_refused(strategy: str) -> None:
    """It begins with the same words for all."""
    with pytest.raises(OptionError, match="-binding option contains errors: "):
        parse_binding((strategy,))
