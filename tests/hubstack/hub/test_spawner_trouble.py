"""What goes wrong with Grid Engine or the hub while a server runs, starts or ends."""

import asyncio

import pytest
from jupyterhub.spawner import SpawnException


@pytest.mark.parametrize(
    "kind", ["down", "hang", "empty", "truncated", "binary", "other", "text", "doctype", "no_parts", "huge"]
)
async def test_no_bad_answer_ends_a_running_server(house, grid, kind):
    """Fault catalogue 1, 3 and 4: unknown isn't gone."""
    spawner = house.spawner()
    await spawner.start()
    grid.fault("qstat", kind)
    assert await spawner.poll() is None
    grid.fault("qstat", "")
    assert await spawner.poll() is None
    assert spawner.job_id == "1"
    await spawner.stop()


async def test_a_job_that_has_ended_ends_the_server(house, grid):
    """Two good looks without it."""
    spawner = house.spawner()
    await spawner.start()
    grid.remove("1")
    assert await spawner.poll() == 1


@pytest.mark.parametrize("letters", ["s", "S", "T", "t", "Rr", "dr"])
async def test_a_job_that_lives_is_no_dead_server(house, grid, letters):
    """Suspended, or being deleted and not gone: the server is kept."""
    spawner = house.spawner()
    await spawner.start()
    grid.change("1", letters=letters)
    assert await spawner.poll() is None
    await spawner.stop()


@pytest.mark.parametrize("letters", ["Eqw", "Rq", "qw"])
async def test_a_running_job_that_waits_again_is_ended(house, grid, letters, until):
    """It would start without its secrets; it is deleted, not left in the queue."""
    spawner = house.spawner()
    await spawner.start()
    grid.change("1", letters=letters, host="")
    assert await spawner.poll() == 1
    await until(lambda: not grid.jobs())


@pytest.mark.parametrize("kind", ["fail", "down", "hang"])
async def test_stop_does_not_raise_and_the_job_ends_later(house, grid, kind, until):
    """R3: JupyterHub forgets the job whatever stop() does, so the deletion must go on."""
    house.config.GridengineSpawner.stop_timeout = 0.5
    house.config.GridengineSpawner.command_timeout = 1.0
    spawner = house.spawner()
    await spawner.start()
    grid.fault("qdel", kind)
    await spawner.stop()
    spawner.clear_state()
    assert grid.jobs()
    grid.fault("qdel", "")
    await until(lambda: not grid.jobs())
    await spawner.cluster.leftovers.clear(spawner.user.name, within_s=10)


async def test_stop_waits_until_the_job_is_gone(house, grid, until):
    """A job in `dr` still is there."""
    spawner = house.spawner()
    await spawner.start()
    grid.fault("qdel", "slow")
    stopping = asyncio.ensure_future(spawner.stop())
    await until(lambda: grid.jobs()["1"]["letters"] == "dr")
    await asyncio.sleep(0.5)
    assert not stopping.done()
    grid.remove("1")
    await stopping


async def test_nobody_gets_a_second_job_beside_a_first(house, grid):
    """I3: as long as an earlier job isn't gone, a start is refused, with the job's id."""
    house.config.GridengineSpawner.stop_timeout = 0.5
    spawner = house.spawner()
    await spawner.start()
    grid.fault("qdel", "slow")
    await spawner.stop()
    spawner.clear_state()
    with pytest.raises(SpawnException, match=r"previous session \(job 1\) is still being ended"):
        await house.spawner().start()
    assert len(grid.calls("qsub")) == 1
    grid.remove("1")
    house.config.GridengineSpawner.stop_timeout = 15
    second = house.spawner()
    await second.start()
    assert second.job_id != ""
    grid.fault("qdel", "")
    await second.stop()


async def test_a_start_ends_what_an_earlier_hub_left(house, grid):
    """A job of this hub and user that belongs to no server is deleted before a new one is submitted; others aren't."""
    grid.add(50, context="hubstack_hub=hubstack,hubstack_spawn=lost")
    grid.add(51, context="hubstack_hub=another,hubstack_spawn=x")
    grid.add(52, context="")
    grid.add(53, owner="user002", context="hubstack_hub=hubstack,hubstack_spawn=y")
    spawner = house.spawner()
    await spawner.start()
    assert set(grid.jobs()) == {"51", "52", "53", spawner.job_id}
    await spawner.stop()


async def test_a_submission_without_an_answer_is_found(house, grid):
    """Fault 5: qsub hung after the job was accepted. The job is found by its tag; there is no second qsub."""
    grid.fault("qsub", "hang_after")
    spawner = house.spawner()
    await spawner.start()
    assert spawner.job_id == "1"
    assert len(grid.calls("qsub")) == 1
    await spawner.stop()


async def test_a_submission_that_did_not_happen_is_no_job(house, grid):
    """Fault 1: the qmaster is down: the start fails at once and says so; nothing is left to end."""
    spawner = house.spawner()
    grid.fault("qsub", "down")
    with pytest.raises(SpawnException, match="Running servers are not affected"):
        await spawner.start()
    assert await spawner.poll() == 0


async def test_state_is_there_before_anything_else_happens(house, grid, until):
    """A hub killed at any await finds the tag before qsub runs, and the job's id as soon as there is one."""
    grid.fault("qsub", "hang")
    spawner = house.spawner()
    starting = asyncio.ensure_future(spawner.start())
    await until(lambda: grid.calls("qsub"))
    again = house.spawner_after_restart()
    assert again.spawn_tag == spawner.spawn_tag != ""
    assert again.job_id == ""
    grid.fault("qsub", "")
    await until(lambda: spawner.job_id)
    assert house.spawner_after_restart().job_id == "1"
    house.desk.spawners = [spawner]
    await starting
    again = house.spawner_after_restart()
    assert (again.ip, again.port, again.reached) == (spawner.ip, spawner.port, True)
    assert again.owns_token(spawner.api_token)
    await spawner.stop()


async def test_the_token_itself_is_not_kept(house):
    """The database holds a digest of it."""
    spawner = house.spawner()
    await spawner.start()
    assert spawner.api_token not in repr(spawner.orm_spawner.state)
    await spawner.stop()


async def test_poll_before_and_after_a_server(house):
    """No job, no server."""
    spawner = house.spawner()
    assert await spawner.poll() == 0
    await spawner.start()
    await spawner.stop()
    spawner.clear_state()
    assert await spawner.poll() == 0
    assert spawner.get_state() == {}
