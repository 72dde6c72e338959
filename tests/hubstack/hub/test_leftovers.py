"""The end of jobs: deleted until gone, found when they belong to nobody, and never somebody else's."""

import asyncio
import logging

import pytest

from hubstack.hub.leftovers import Leftovers, StillEnding
from hubstack.hub.qcommands import NoAnswer, QCommands
from hubstack.hub.queue_poller import QueuePoller

OURS = "hubstack_hub=here,hubstack_spawn=abc"


@pytest.fixture
async def leftovers(grid):
    """Leftovers of the hub called `here`; ids in `used` have a server."""
    commands = QCommands(grid.environment, timeout_s=5)
    poller = QueuePoller(commands.qstat_all, logging.getLogger("test"))
    used = set()
    made = Leftovers("here", commands, poller, lambda: used, logging.getLogger("test"))
    made.used = used
    yield made
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_job_without_a_server_is_deleted_at_the_second_look(grid, leftovers, until):
    """The first look may fall between qsub and its answer."""
    grid.add(5, context=OURS)
    await leftovers.sweep()
    assert grid.calls("qdel") == []
    await leftovers.sweep()
    await until(lambda: not grid.jobs())
    assert grid.calls("qdel")[0]["user"] == "user001"


async def test_other_jobs_are_left_alone(grid, leftovers):
    """Another name, another hub, no mark, or a server of ours: not touched, however often one looks."""
    grid.add(5, context=OURS, name="work")
    grid.add(6, context="hubstack_hub=elsewhere,hubstack_spawn=abc")
    grid.add(7, context="")
    grid.add(8, context=OURS)
    leftovers.used.add("8")
    for _ in range(3):
        await leftovers.sweep()
    await asyncio.sleep(0.2)
    assert grid.calls("qdel") == []
    assert set(grid.jobs()) == {"5", "6", "7", "8"}


async def test_nothing_is_concluded_while_grid_engine_does_not_answer(grid, leftovers):
    """A bad look is no look."""
    grid.add(5, context=OURS)
    await leftovers.sweep()
    grid.fault("qstat", "empty")
    with pytest.raises(NoAnswer):
        await leftovers.sweep()
    assert grid.calls("qdel") == []


async def test_qdel_is_tried_again_until_the_job_is_gone(grid, leftovers, until):
    """A refused qdel is repeated; the future is done when the job is really gone."""
    grid.add(5, context=OURS)
    grid.fault("qdel", "fail")
    over = leftovers.end("user001", "5")
    await until(lambda: grid.calls("qdel"))
    assert not over.done()
    grid.fault("qdel", "")
    async with asyncio.timeout(15):
        await over
    assert grid.jobs() == {}


async def test_ending_a_job_twice_is_one_end(grid, leftovers):
    """Whoever asks waits for the same end."""
    grid.add(5)
    assert leftovers.end("user001", "5") is leftovers.end("user001", "5")
    async with asyncio.timeout(15):
        await leftovers.end("user001", "5")
    assert len(grid.calls("qdel")) == 1


async def test_clear_waits_for_what_ends(grid, leftovers):
    """A user whose job doesn't go is not clear; afterwards they are, and are not asked about again."""
    grid.add(5, context=OURS)
    grid.fault("qdel", "slow")
    with pytest.raises(StillEnding, match="5"):
        await leftovers.clear("user001", within_s=0.3)
    grid.remove("5")
    await leftovers.clear("user001", within_s=15)
    asked = len(grid.calls("qstat"))
    await leftovers.clear("user001", within_s=1)
    assert len(grid.calls("qstat")) == asked
    leftovers.suspect("user001")
    await leftovers.clear("user001", within_s=1)
    assert len(grid.calls("qstat")) == asked + 1


async def test_a_job_is_found_by_its_tag(grid, leftovers):
    """Among that user's jobs of this hub; a wrong tag finds nothing."""
    grid.add(4, context="hubstack_hub=here,hubstack_spawn=old")
    grid.add(5, context=OURS)
    grid.add(6, context=OURS, owner="user002")
    assert await leftovers.find("user001", "abc") == "5"
    assert await leftovers.find("user001", "none") == ""
    grid.down()
    with pytest.raises(NoAnswer):
        await leftovers.find("user001", "abc")
