"""A start on small stand-in programs: what is submitted, what reaches the job, and what a waiting user is told."""

import asyncio
import json
from pathlib import Path

import pytest
from jupyterhub.spawner import SpawnException


async def test_a_start_ends_where_the_server_listens(house, grid):
    """start() returns the mapped address and the port that the job reported, once somebody listens there."""
    spawner = house.spawner()
    address = await spawner.start()
    assert address == ("127.0.0.1", spawner.port)
    _, writer = await asyncio.open_connection(*address)
    writer.close()
    assert await spawner.poll() is None
    await spawner.stop()
    assert grid.jobs() == {}
    assert await spawner.poll() == 1


async def test_qsub_is_called_with_a_list_as_the_user(house, grid):
    """No shell: sudo -n -u USER, then the program's whole path; the script comes on standard input and is constant."""
    spawner = house.spawner()
    spawner.resource_arguments = ["-l", "h_rt=04:00:00", "-M", "a$(touch x)@example.org"]
    await spawner.start()
    sudo = grid.calls("sudo")[0]["arguments"]
    assert sudo[:4] == ["-n", "-u", "user001", str(grid.bin / "qsub")]
    asked = grid.calls("qsub")[0]["arguments"]
    assert asked[:3] == ["-clear", "-C", ""]
    assert asked[-4:] == ["-l", "h_rt=04:00:00", "-M", "a$(touch x)@example.org"]
    home = str(grid.homes / "user001")
    for option, value in {
        "-N": "jupyterhub",
        "-wd": home,
        "-o": f"{home}/.jupyterhub.sge.out",
        "-j": "y",
        "-r": "n",
    }.items():
        assert asked[asked.index(option) + 1] == value
    assert "$(touch" not in grid.jobs()[spawner.job_id]["script"]
    await spawner.stop()


async def test_no_secret_is_where_others_can_read(house, grid, mode, until):
    """Neither qsub's arguments nor the script hold the token, and the file that does is the owner's alone."""
    spawner = house.spawner()
    grid.keep_pending()
    starting = asyncio.ensure_future(spawner.start())
    await until(lambda: spawner.job_id)
    secret = Path(spawner.spawn_file)
    assert spawner.api_token in secret.read_text()
    assert mode(secret) == 0o600
    assert mode(secret.parent) == 0o700
    job = grid.jobs()[spawner.job_id]
    assert spawner.api_token not in json.dumps(job)
    assert "canary" not in json.dumps(grid.calls("qsub") + grid.calls("sudo"))
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await spawner.stop()
    spawner.clear_state()
    assert not secret.parent.exists()


async def test_the_job_removes_the_file_it_reads(house):
    """The wrapper unlinks the spawn file; the server gets what was in it, through its environment."""
    spawner = house.spawner()
    await spawner.start()
    assert not Path(spawner.spawn_file).exists()
    seen = json.loads((house.grid.homes / "user001" / "server.json").read_text())
    assert seen["environment"]["JUPYTERHUB_API_TOKEN"] == spawner.api_token
    assert spawner.api_token not in " ".join(seen["arguments"])
    await spawner.stop()


async def test_the_server_binds_its_own_hosts_address(house, grid):
    """The wrapper binds the address that the mapping gives for the job's host, never all interfaces."""
    house.config.GridengineSpawner.host_addresses = {"node001": "127.3.2.1"}
    spawner = house.spawner()
    assert await spawner.start() == ("127.3.2.1", spawner.port)
    seen = json.loads((grid.homes / "user001" / "server.json").read_text())
    assert seen["environment"]["JUPYTERHUB_SERVICE_URL"] == f"http://127.3.2.1:{spawner.port}/user/user001/"
    await spawner.stop()


async def test_a_users_environment_does_not_break_the_start(house, grid, tmp_path):
    """PYTHONPATH and XDG_RUNTIME_DIR of the job don't reach the server; ~/.jupyter isn't its configuration."""
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "json.py").write_text("raise SystemExit('shadowed')")
    grid.job_environment(
        PYTHONPATH=str(broken), PYTHONHOME="/nowhere", XDG_RUNTIME_DIR="/nowhere", TMPDIR=str(tmp_path)
    )
    spawner = house.spawner()
    await spawner.start()
    seen = json.loads((grid.homes / "user001" / "server.json").read_text())["environment"]
    assert not {"PYTHONPATH", "PYTHONHOME", "XDG_RUNTIME_DIR"} & set(seen)
    assert seen["JUPYTER_CONFIG_DIR"] == str(grid.homes / "user001" / ".jupyterhub" / "config")
    assert seen["JUPYTER_RUNTIME_DIR"] == str(tmp_path / "jupyter")
    await spawner.stop()


async def test_the_job_id_is_found_behind_a_warning(house, grid):
    """`-w w` prints a warning on standard output before "Your job"."""
    grid.fault("qsub", "warn")
    spawner = house.spawner()
    await spawner.start()
    assert spawner.job_id == "1"
    await spawner.stop()


async def test_a_refusal_is_told_in_grid_engines_words(house, grid):
    """A rejected job fails at once, with the reason, and leaves nothing to look for."""
    grid.fault("qsub", "refuse")
    spawner = house.spawner()
    with pytest.raises(SpawnException, match=r'no access to project "gpu" for user "x"$'):
        await spawner.start()
    assert await spawner.poll() == 0
    assert len(grid.calls("qsub")) == 1


async def test_a_job_in_error_ends_the_start_with_its_reason(house, grid, until):
    """Eqw is attribute "pending" to qstat; waiting for start_timeout would be in vain."""
    grid.keep_pending()
    spawner = house.spawner()
    starting = asyncio.ensure_future(spawner.start())
    await until(grid.jobs)
    grid.change("1", letters="Eqw", errors=["11/23/2026 05:21:33 [3001:2249]: error: can't chdir to /home/user001"])
    with pytest.raises(SpawnException, match="can't chdir to /home/user001"):
        await starting
    assert await spawner.poll() == 1
    await until(lambda: not grid.jobs())


async def test_a_job_that_ends_early_ends_the_start(house, grid, until):
    """A vanished job isn't waited for until start_timeout."""
    grid.keep_pending()
    spawner = house.spawner()
    starting = asyncio.ensure_future(spawner.start())
    await until(grid.jobs)
    grid.remove("1")
    with pytest.raises(SpawnException, match=r"ended before Jupyter answered.*\.jupyterhub\.sge\.out"):
        await starting


async def test_a_start_that_waits_too_long_says_for_what(house, grid):
    """A timeout names what it waited for."""
    house.config.GridengineSpawner.start_timeout = 4
    grid.keep_pending()
    grid.add(90, owner="other", name="big", letters="qw", host="")
    spawner = house.spawner()
    with pytest.raises(SpawnException, match=r"No server after 4 s. Waiting in the queue: 2 of 2"):
        await spawner.start()
    await spawner.stop()


@pytest.mark.parametrize("kind", ["down", "empty", "truncated", "text"])
async def test_hiccups_of_qstat_do_not_end_a_start(house, grid, kind, until):
    """One bad answer ends no start; the next good one goes on."""
    grid.keep_pending()
    spawner = house.spawner()
    starting = asyncio.ensure_future(spawner.start())
    await until(lambda: spawner.stage == "queued")
    grid.fault("qstat", kind)
    await until(lambda: "does not answer" in spawner.message)
    grid.fault("qstat", "")
    await until(lambda: "queue" in spawner.message)
    assert not starting.done()
    starting.cancel()
    await asyncio.wait([starting])
    await spawner.stop()


async def test_progress_says_what_is_waited_for(house, grid):
    """Place in the queue, then the host; percentages grow."""
    grid.keep_pending()
    grid.add(90, owner="other", name="big", letters="hqw", host="")
    spawner = house.spawner()
    starting = asyncio.ensure_future(spawner.start())
    events = spawner.progress()
    seen = [await anext(events)]
    while "queue" not in seen[-1]["message"]:
        seen.append(await anext(events))
    assert seen[-1] == {"progress": 20, "message": "Waiting in the queue: 2 of 2."}
    grid.change("91", letters="t", host="node001")
    seen.append(await anext(events))
    assert seen[-1] == {"progress": 50, "message": "Running on all.q@node001: starting Jupyter"}
    await events.aclose()
    starting.cancel()
    await asyncio.wait([starting])
    await spawner.stop()


async def test_a_name_that_no_account_has_is_not_submitted(house, grid):
    """The name becomes an argument of sudo: what isn't an account's name is refused."""
    for name in ("-i", "root user", "Üser", "a" * 33, "$(id)"):
        spawner = house.spawner(name)
        with pytest.raises(SpawnException, match="no name of an account"):
            await spawner.start()
    assert grid.calls("sudo") == []


async def test_steps_of_a_spawn_are_noted(house, grid, tmp_path):
    """spawn_events.jsonl holds each step once, in order, with its time and job."""
    house.config.SpawnEvents.spawn_events = str(tmp_path / "events.jsonl")
    spawner = house.spawner()
    await spawner.start()
    spawner.add_poll_callback(print)
    await spawner.stop()
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    names = [event["event"] for event in events]
    assert names[:3] == ["spawn_requested", "submit", "submitted"]
    assert set(names[3:5]) == {"running", "port_reported"}
    assert names[5:] == ["listening", "ready", "stop_requested", "stopped"]
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)
    assert {event["job"] for event in events[2:]} == {"1"}
    assert {(event["user"], event["server"]) for event in events} == {("user001", "")}
