"""What is killed comes back, and sessions that were running are there afterwards, kernels and all."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import websocket

from hubstack.testbed import Request, Stack, StackInfo, ask, bring_up, disturb, hub_api, is_running, running_stack
from hubstack.testbed.components import process_of

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]

NAME = "restarts"
USER = "user001"


class Session:
    """A user's server with a kernel in it, reached through the proxy alone, as a browser would."""

    def __init__(self, info: StackInfo) -> None:
        self.info = info
        self.server = f"{info.url}user/{USER}/"
        self.http = requests.Session()
        self.http.trust_env = False
        self.kernel = ""

    def start(self, **asked: str) -> None:
        """Log in, ask for a server as the form does, and start a kernel."""
        login = f"{self.info.hub_url}login"
        self.http.get(login).raise_for_status()
        answer = self.http.post(login, data={**self._xsrf(), "username": USER, "password": self.info.password})
        answer.raise_for_status()
        self.http.get(f"{self.info.hub_url}spawn").raise_for_status()
        form = {
            "project": "default",
            "queue": "any",
            "email": "",
            "cores": "1",
            "pe": "none",
            "memory": "1",
            "gpus": "0",
        } | asked
        self.http.post(f"{self.info.hub_url}spawn", params=self._xsrf(), data=form).raise_for_status()
        wait_until(self.ready, 90)
        token = self.http.post(f"{self.info.hub_url}api/users/{USER}/tokens", headers=self._xsrf_header(), json={})
        token.raise_for_status()
        self.http.headers["Authorization"] = f"token {token.json()['token']}"
        self.http.cookies.clear()
        self.kernel = self.http.post(f"{self.server}api/kernels", json={}).json()["id"]

    def ready(self) -> bool:
        """Whether the hub says that the server runs."""
        server = hub_api(Stack(NAME), f"users/{USER}")["servers"].get("")
        return bool(server and server["ready"])

    def answers(self) -> bool:
        """Whether the server answers through the proxy."""
        try:
            return self.http.get(f"{self.server}api/kernels/{self.kernel}", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def run(self, code: str) -> str:
        """What the kernel prints."""
        url = f"{self.server.replace('http', 'ws', 1)}api/kernels/{self.kernel}/channels"
        header = {"Authorization": self.http.headers["Authorization"]}
        channel = websocket.create_connection(url, header=header, timeout=30)
        try:
            identity = uuid.uuid4().hex
            channel.send(json.dumps(_execute_request(identity, code)))
            return "".join(_outputs(channel, identity))
        finally:
            channel.close()

    def _xsrf(self) -> dict[str, str]:
        return {"_xsrf": self.http.cookies.get("_xsrf", path="/hub/")}

    def _xsrf_header(self) -> dict[str, str]:
        return {"X-XSRFToken": self._xsrf()["_xsrf"]}


def _execute_request(identity: str, code: str) -> dict[str, Any]:
    """See the messaging protocol of Jupyter kernels."""
    header = {"msg_id": identity, "msg_type": "execute_request", "username": "", "session": identity, "version": "5.3"}
    content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}
    return {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}


def _outputs(channel: websocket.WebSocket, identity: str) -> Iterator[str]:
    while True:
        message = json.loads(channel.recv())
        if message["parent_header"].get("msg_id") != identity:
            continue
        if message["msg_type"] == "stream":
            yield message["content"]["text"]
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            return


def wait_until(condition: Callable[[], object], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def stack(short_directory: Path) -> Iterator[StackInfo]:
    """One stack for all tests here: what one of them leaves must serve the next."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(short_directory / "restarts"))
        with running_stack(Request(site="laptop", port=0), name=NAME) as info:
            yield info


@pytest.fixture(scope="module")
def session(stack: StackInfo) -> Session:
    """A session that lives through all tests here."""
    session = Session(stack)
    session.start()
    return session


def pids() -> dict[str, int]:
    found = {name: process_of(Stack(NAME), name) for name in ("hub", "proxy", "fake_sge")}
    return {name: process.pid for name, process in found.items() if process}


@pytest.mark.parametrize(
    "kind, target, replaced",
    [
        ("kill", "hub", {"hub"}),
        ("kill", "proxy", {"proxy"}),
        ("kill", "qmaster", {"fake_sge"}),
        ("reboot", "hub", {"hub", "proxy"}),
    ],
)
def test_a_session_survives(session: Session, kind: str, target: str, replaced: set[str]) -> None:
    """The same job, the same kernel with its variables, reachable again through the proxy without another start."""
    session.run(f"before = {target!r}")
    jobs, before = ask(Stack(NAME), "qstat", "-u", USER), pids()

    outage = disturb(NAME, kind, target, 1.0)

    wait_until(session.answers, 30)
    assert session.run("print(before)") == f"{target}\n"
    assert session.ready()
    assert ask(Stack(NAME), "qstat", "-u", USER) == jobs
    assert outage.end_at - outage.start_at >= 1.0
    assert {name for name, pid in pids().items() if pid != before[name]} == replaced


def test_a_running_session_goes_on_while_the_hub_is_away(session: Session) -> None:
    """The proxy keeps its routes: who works doesn't notice."""
    hub = process_of(Stack(NAME), "hub")
    assert hub
    hub.signal(9)
    hub.wait(5)
    try:
        assert session.run("print('still here')") == "still here\n"
    finally:
        bring_up(Request(), name=NAME)
    assert is_running(NAME)


def test_the_stack_is_well_afterwards(session: Session) -> None:
    """After all that, the server can be stopped, and its job is gone from the queue and present in the accounting."""
    listing = ask(Stack(NAME), "qstat", "-u", USER)
    job = listing.splitlines()[-1].split()[0]
    session.http.delete(f"{session.info.hub_url}api/users/{USER}/server").raise_for_status()
    wait_until(lambda: ask(Stack(NAME), "qstat", "-u", USER) == "", 30)
    assert f"owner        {USER}" in ask(Stack(NAME), "qacct", "-j", job)
