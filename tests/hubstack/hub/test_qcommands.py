"""Running the q-programs: lists, checked words, time limits."""

import time

import pytest

from hubstack.hub.qcommands import NoAnswer, QCommands, checked_job_id, checked_user, parse_job_id


@pytest.mark.parametrize(
    "printed, job_id",
    [
        ('Your job 42 ("jupyterhub") has been submitted\n', "42"),
        ('warning: no suitable queues\nYour job 91 ("sleep.sh") has been submitted\n', "91"),
        ('bar\nYour job-array 42.1-3:1 ("x") has been submitted\n', "42"),
        ('\x1b[1mWelcome\nSome Your job 1\nYour job 7 ("x") has been submitted', "7"),
        ("", ""),
        ("Unable to run job: no", ""),
        ('my Your job 5 ("x") has been submitted', ""),
        ('Your job 12345678 ("x") has been submitted', ""),
        ('Your job ; id ("x") has been submitted', ""),
    ],
)
def test_the_job_id_in_what_qsub_printed(printed, job_id):
    """R7: a line that begins with SGE's own words, whatever stands before it."""
    assert parse_job_id(printed) == job_id


@pytest.mark.parametrize(
    "name", ["", "-u", "Root", "a b", "a;b", "a\nb", "$(id)", "é", "9a", "a" * 33, "../x", "a\x00"]
)
def test_names_that_no_account_has(name):
    """S5: what becomes an argument of sudo is an account's name."""
    with pytest.raises(ValueError, match="no name of an account"):
        checked_user(name)


@pytest.mark.parametrize("job_id", ["", "*", "suitable", "1 2", "-u", "1;id", "12345678", "1\n", "\u0663"])
def test_ids_that_no_job_has(job_id):
    """S5: qdel takes anything else for a pattern of names, and deletes all that match."""
    with pytest.raises(ValueError, match="no job id"):
        checked_job_id(job_id)


async def test_a_command_that_hangs_is_given_up(grid):
    """R6: no call is without a time limit."""
    grid.fault("qstat", "hang")
    commands = QCommands(grid.environment, timeout_s=0.5)
    begun_at = time.monotonic()
    with pytest.raises(NoAnswer, match=r"qstat gave no answer in 0.5 s"):
        await commands.qstat_all()
    assert time.monotonic() - begun_at < 3


async def test_an_unreachable_qmaster_is_no_answer(grid):
    """The clients fail, with commlib's words: nothing is known of any job."""
    grid.down()
    commands = QCommands(grid.environment)
    for call in (commands.qstat_all(), commands.qstat_job("1"), commands.qdel("user001", "1")):
        with pytest.raises(NoAnswer, match="commlib error"):
            await call


async def test_programs_are_run_by_their_whole_path(grid):
    """sudo has a search path of its own; what isn't there is said."""
    commands = QCommands({"PATH": "/nowhere"})
    with pytest.raises(NoAnswer, match="no qstat on the hub's PATH"):
        await commands.qstat_all()


async def test_without_sudo_programs_are_called_as_they_are(grid):
    """A hub that submits as itself has an empty prefix."""
    grid.add(3)
    await QCommands(grid.environment, sudo=()).qdel("user001", "3")
    assert grid.calls("sudo") == []
    assert grid.jobs() == {}


async def test_details_of_a_job_that_is_not_there(grid):
    """`qstat -j` fails for an unknown job; that is an answer."""
    assert await QCommands(grid.environment).qstat_job("5") == ""
