"""A hub of a few pages, whose users' names say what happens to them; and a driver in its own process that visits it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

LOGIN = '<form action="/hub/login" method="post"><input type="hidden" name="_xsrf" value="x"/>{}</form>'
LOGIN = LOGIN.format('<input name="username"><input name="password" type="password"><input type="submit" name="s">')
FORM = '<form id="spawn_form" action="/hub/spawn" method="post"><input type="hidden" name="_xsrf" value="x">'
FORM += '<select name="project"><option value="default">-</option></select><input name="cores" value="1"></form>'
PENDING = '<script>var evtSource = new EventSource("/hub/api/users/{0}/server/progress?_xsrf=x");</script>'
READY, FAILED = {"progress": 100, "ready": True}, {"progress": 100, "failed": True, "message": "Spawn failed: no room"}


class StubHub(ThreadingHTTPServer):
    """What it has been asked is in *asked*: counts by user and what."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Pages)
        self.asked: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.url = f"http://127.0.0.1:{self.server_port}/"


class _Pages(BaseHTTPRequestHandler):
    server: StubHub

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/hub/login":
            self._page(LOGIN)
        elif path == "/hub/home":
            self._page("home")
        elif path == "/hub/spawn":
            self._page(FORM, 503 if self._nth("form") == 1 and self._user() == "away" else 200)
        elif path.endswith("/progress"):
            self._progress()
        elif path == f"/user/{self._user()}/lab":
            self._page("JupyterLab")
        else:
            self._page("", 404)

    def do_POST(self) -> None:
        path, body = urlsplit(self.path).path, self.rfile.read(int(self.headers["Content-Length"])).decode()
        if path == "/hub/login":
            user = parse_qs(body)["username"][0]
            self._page("", 302, ("Location", "/hub/home"), ("Set-Cookie", f"user={user}; Path=/"))
        elif path == "/hub/spawn":
            self._spawn(body)
        else:
            self._page("", 500)

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""

    def _spawn(self, body: str) -> None:
        user, click = self._user(), self._nth("spawn")
        if user == "busy" and click == 1:
            self._page("", 429, ("Retry-After", "1"))
        elif 'name="cores"\r\n\r\n2' in body:
            self._page('<p class="spawn-error-msg alert">Error: too many <b>cores</b></p>' + FORM)
        else:
            self._page(PENDING.format(user))

    def _progress(self) -> None:
        user, time_asked = self._user(), self._nth("progress")
        if user == "slow":
            time.sleep(10)
        bad = user == "unlucky" or (user == "second" and time_asked == 1)
        self._page(f"data: {json.dumps(FAILED if bad else READY)}\n\n")

    def _page(self, text: str, status: int = 200, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        self.send_header("X-JupyterHub-Version", "6.1.1")
        for name, value in (("Content-Length", str(len(text.encode()))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def _user(self) -> str:
        return self.headers.get("Cookie", "").partition("user=")[2].partition(";")[0]

    def _nth(self, what: str) -> int:
        self.server.asked[self._user()][what] += 1
        return self.server.asked[self._user()][what]


@pytest.fixture(scope="session")
def stub_hub() -> Iterator[StubHub]:
    """A running stub."""
    hub = StubHub()
    thread = threading.Thread(target=hub.serve_forever)
    thread.start()
    yield hub
    hub.shutdown()
    thread.join()
    hub.server_close()


@pytest.fixture(scope="session")
def drive(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Carries out a plan in a process of its own; the folder with what it recorded."""

    def run(url: str, sessions: list[dict[str, object]], until_s: float) -> Path:
        out = tmp_path_factory.mktemp("driver")
        (out / "password").write_text("secret\n")
        plan = {"run": "r", "replication": 1, "stage": "fake", "url": url, "password_file": str(out / "password")}
        plan |= {"start_at": time.time() + 1, "until_s": until_s, "sessions": sessions}
        (out / "plan.json").write_text(json.dumps(plan))
        argv = [sys.executable, "-m", "loadtests", str(out / "plan.json"), str(out)]
        subprocess.run(argv, check=True, timeout=100, capture_output=True)
        return out

    return run
