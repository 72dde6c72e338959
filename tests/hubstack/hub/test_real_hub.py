"""The configuration in a real JupyterHub: sessions outlive what happens to the hub and to Grid Engine.

Where batchspawner's own spawner fails the same test, the test says so with ``stock``: it must go on failing there.
"""

import json
import signal
import time
import urllib.request

import pytest

pytestmark = pytest.mark.stack


def also_on_stock(why):
    """The same test on the stock configuration, which doesn't hold it."""
    stock = pytest.param("stock", marks=pytest.mark.xfail(strict=True, raises=AssertionError, reason=why))
    return pytest.mark.parametrize("config", ["reference", stock])


def answers(server):
    """Whether the session's own server answers where the hub's route leads."""
    with urllib.request.urlopen(server) as answer:
        return answer.status == 200


def session(hub, user="user001"):
    """Start a session; returns the address of its server."""
    hub.spawn(user)
    try:
        hub.ready(user)
    except AssertionError as error:  # what a test expects of `stock` is something else
        raise RuntimeError("no session to try this with") from error
    seen = json.loads((hub.grid.homes / user / "server.json").read_text())
    return seen["environment"]["JUPYTERHUB_SERVICE_URL"]


def polls(grid, number):
    """A condition: qstat was run so many times more."""
    before = len(grid.calls("qstat"))
    return lambda: len(grid.calls("qstat")) >= before + number


def test_jupyterlab_starts_and_stops(hub, grid, mode):
    """JupyterLab itself in the job: ready, reachable, and gone after a stop; what the hub wrote is for itself alone."""
    hub.start()
    assert hub.spawn()[0] in {201, 202}
    hub.ready()
    assert [event["event"] for event in hub.events()][-2:] == ["listening", "ready"]
    assert hub.ask("DELETE", "/hub/api/users/user001/server")[0] in {202, 204}
    hub.wait(lambda: not grid.jobs())
    hub.wait(lambda: not hub.server())
    for path in hub.directory.iterdir():
        if path.name in {"jupyterhub_cookie_secret", "spawn_events.jsonl"}:
            assert mode(path) == 0o600


@also_on_stock("a poll that fails when the hub starts is taken for the end of the server")
def test_a_hub_killed_while_the_qmaster_is_down_keeps_sessions(hub, grid, config):
    """R1: the row, the job and the server are there when hub and qmaster are back; nothing was deleted or doubled."""
    hub.describe(config)
    hub.start_small()
    server = session(hub)
    grid.down()
    hub.end("hub", signal.SIGKILL)
    hub.start_small()
    time.sleep(1.5)
    grid.down(False)
    assert hub.server().get("ready")
    assert list(grid.jobs()) == ["1"]
    assert answers(server)
    assert grid.calls("qdel") == []


@also_on_stock("an empty answer is taken for the end of the job")
def test_an_empty_answer_of_qstat_ends_no_session(hub, grid, config):
    """R2: exit status 0 and nothing printed says nothing."""
    hub.describe(config)
    hub.start_small()
    session(hub)
    grid.fault("qstat", "empty")
    enough = polls(grid, 3)
    hub.wait(lambda: enough() or not hub.server())
    assert hub.server().get("ready")


@also_on_stock("the state is cleared whatever qdel said")
def test_a_failing_qdel_is_repeated(hub, grid, config):
    """R3: the job is deleted when qdel works again, though the server is long gone from the hub."""
    hub.describe(config)
    hub.start_small("--GridengineSpawner.stop_timeout=1")
    session(hub)
    grid.fault("qdel", "fail")
    hub.ask("DELETE", "/hub/api/users/user001/server")
    hub.wait(lambda: not hub.server())
    grid.fault("qdel", "")
    hub.wait(lambda: not grid.jobs(), within_s=8)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_hub_that_stops_leaves_sessions_alone(hub, grid, number):
    """R5: a shutdown or reboot of the hub's host ends no session, and the session is found again."""
    hub.start_small()
    server = session(hub)
    hub.end("hub", number)
    assert answers(server)
    hub.start_small()
    hub.ready()
    assert grid.calls("qdel") == []


def test_a_hung_qstat_stops_neither_hub_nor_session(hub, grid):
    """R6: each command has a time limit, and the hub answers meanwhile."""
    hub.start_small("--GridengineSpawner.command_timeout=1")
    session(hub)
    grid.fault("qstat", "hang")
    hub.wait(polls(grid, 2))
    asked_at = time.monotonic()
    assert hub.server().get("ready")
    assert time.monotonic() - asked_at < 1


def test_a_start_goes_on_in_the_next_hub(hub, grid):
    """A hub killed while the job waits: the next one waits on, and the session is ready when the job has a host."""
    grid.keep_pending()
    hub.start_small()
    hub.spawn()
    hub.wait(grid.jobs)
    hub.wait(lambda: hub.events()[-1]["event"] == "queued")
    hub.end("hub", signal.SIGKILL)
    hub.start_small()
    grid.run("1")
    hub.ready()
    assert list(grid.jobs()) == ["1"]


def test_a_submission_in_doubt_is_found_again(hub, grid):
    """A hub killed after qsub was accepted and before it was told: the job is found by its tag, and not doubled."""
    grid.fault("qsub", "hang_after")
    hub.start_small()
    hub.spawn()
    hub.wait(grid.jobs)
    hub.end("hub", signal.SIGKILL)
    grid.fault("qsub", "")
    hub.start_small()
    hub.ready()
    assert len(grid.calls("qsub")) == 1


def test_options_are_checked_before_any_job(hub, grid):
    """S1: what a REST client sends is checked as the form is: 400, and nothing is submitted."""
    hub.start_small()
    for options in ({"options": "-q other.q"}, {"project": "default\n#$ -q other.q"}, {"cores": 10**6}, {"cmd": "id"}):
        status, answer = hub.spawn(options=options)
        assert status == 400
        assert answer["message"]
    assert grid.calls("qsub") == []


def test_the_services_token_can_do_no_more_than_its_work(hub):
    """Least rights: it can look and start and stop servers, not make users, tokens, or read server state."""
    hub.start_small()
    assert hub.ask("GET", "/hub/api/users")[0] == 200
    assert hub.ask("POST", "/hub/api/users/mallory", {})[0] in {403, 404}
    assert hub.ask("POST", "/hub/api/users/user001/tokens", {})[0] in {403, 404}
    assert hub.ask("POST", "/hub/api/shutdown", {})[0] == 403
    assert hub.ask("GET", "/hub/api/proxy")[0] == 403
    assert "state" not in json.dumps(hub.ask("GET", "/hub/api/users")[1]).replace('"stopped"', "")


@also_on_stock("the token is named in -v, and so in the job's environment list")
def test_no_secret_in_log_or_queue(hub, grid, config):
    """S3: the server's token is in no log and in nothing that qstat -j shows."""
    hub.describe(config)
    hub.start_small("--log-level=DEBUG")
    session(hub)
    token = json.loads((grid.homes / "user001" / "server.json").read_text())["environment"]["JUPYTERHUB_API_TOKEN"]
    assert token not in json.dumps(grid.jobs())
    assert token not in json.dumps(grid.calls("qsub") + grid.calls("sudo"))
    assert token not in (hub.directory / "hub.log").read_text()
