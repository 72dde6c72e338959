"""The port's report: a port, from the server's own token, and nothing else."""

import json

import pytest

from hubstack.hub.handlers import port_in
from hubstack.hub.observed import ReferenceSpawner


@pytest.mark.parametrize("port", [1024, 8888, 65535])
def test_a_port_is_read(port):
    """The whole range that an ordinary user may bind."""
    assert port_in(json.dumps({"port": port}).encode()) == port


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"port"',
        b"8888",
        b"{}",
        b"{",
        b"\xff",
        b'{"port": 80}',
        b'{"port": 0}',
        b'{"port": -1}',
        b'{"port": 65536}',
        b'{"port": "8888"}',
        b'{"port": 8888.0}',
        b'{"port": true}',
        b'{"port": null}',
        b'{"port": [8888]}',
        b'{"port": 8888, "ip": "10.0.0.1"}',
        b'{"port": 8888, "port ": 1}',
        b'{"port": 1e4}',
        b'{"port": 8888}' + b" " * 300,
        b"9" * 5000,
        b"[" * 200,
    ],
)
def test_anything_else_is_refused(body):
    """Other types, other keys, keys besides, other ports, too much."""
    with pytest.raises(ValueError):  # noqa: PT011  which kind doesn't matter: the answer is 400
        port_in(body)


KEYS = sorted(name for name in dir(ReferenceSpawner) if not name.startswith("__"))
PATH = "/hub/api/batchspawner"


@pytest.mark.stack
def test_the_reference_hub_takes_ports_alone(hub, grid):
    """S2: of every key that a spawner has only `port` is taken, from the right token alone, and once."""
    grid.keep_pending()
    hub.start_small()
    for user in ("user001", "user002"):
        hub.spawn(user)
    hub.wait(lambda: len(grid.jobs()) == 2)
    tokens = {}
    for path in hub.directory.glob("secrets/*/spawn.json"):
        environment = json.loads(path.read_text())["environment"]
        tokens[environment["JUPYTERHUB_USER"]] = environment["JUPYTERHUB_API_TOKEN"]
    token = tokens["user001"]
    before = hub.ask("GET", "/hub/api/users/user001")[1]

    for key in KEYS:
        assert key == "port" or hub.ask("POST", PATH, {key: 50000}, token)[0] == 400, key
        assert hub.ask("POST", PATH, {"port": 50000, key + "_": "x"}, token)[0] == 400, key
    for body in (b"", b"{", b'{"port": 80}', b'{"port": "50000"}'):
        assert hub.ask("POST", PATH, raw=body, token=token)[0] == 400
    for other in (hub.api_token, "", "0" * 32):
        assert hub.ask("POST", PATH, {"port": 50000}, other or "none")[0] == 403
    assert hub.ask("GET", "/hub/api/users/user001")[1]["servers"] == before["servers"]
    assert "port_reported" not in {event["event"] for event in hub.events()}

    assert hub.ask("POST", PATH, {"port": 50001}, token)[0] == 200
    assert hub.ask("POST", PATH, {"port": 50001}, token)[0] == 200
    assert hub.ask("POST", PATH, {"port": 50002}, token)[0] == 403
    reports = [event["user"] for event in hub.events() if event["event"] == "port_reported"]
    assert reports == ["user001"]


@pytest.mark.stack
def test_the_stock_hub_takes_more(hub, grid):
    """The same request changes a stock spawner: the test above would notice its handler."""
    hub.describe("stock")
    grid.keep_pending()
    hub.start_small()
    hub.spawn()
    hub.wait(grid.jobs)
    token = grid.jobs()["1"]["listed"]["JUPYTERHUB_API_TOKEN"]
    assert hub.ask("POST", PATH, {"start_timeout": 50000}, token)[0] == 200
