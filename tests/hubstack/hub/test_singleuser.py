"""The wrapper in the job: it reports a port that it holds, and waits for a hub that is away."""

import http.server
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import hubstack.hub

WRAPPER = Path(hubstack.hub.__file__).parent / "singleuser.py"
HELD = """
import json, os, socket, sys
url = os.environ["JUPYTERHUB_SERVICE_URL"]
port = int(url.rsplit(":", 1)[1].split("/")[0])
def bind(reuse):
    with socket.socket() as s:
        if reuse:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port)); s.listen()
            return True
        except OSError:
            return False
print(json.dumps({"url": url, "plain": bind(False), "as_tornado": bind(True), "environment": dict(os.environ)}))
"""


class Hub:
    """Takes port reports; answers what it is told to."""

    def __init__(self, *statuses):
        self.reports, statuses = [], list(statuses)

        class Desk(http.server.BaseHTTPRequestHandler):
            def do_POST(handler):  # noqa: N805
                body = handler.rfile.read(int(handler.headers["Content-Length"]))
                self.reports.append((handler.path, handler.headers["Authorization"], json.loads(body)))
                handler.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
                handler.send_header("Content-Length", "0")
                handler.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Desk)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hub/api"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def hub_of():
    """Makes hubs."""
    made = []

    def make(*statuses):
        made.append(Hub(*statuses))
        return made[-1]

    yield make
    for hub in made:
        hub.close()


def run(tmp_path, url, addresses=None, **environment):
    """Run the wrapper with a server that looks at what it was given."""
    spawn = tmp_path / "spawn.json"
    settings = {
        "JUPYTERHUB_API_URL": url,
        "JUPYTERHUB_API_TOKEN": "canary",
        "JUPYTERHUB_SERVICE_URL": "http://:0/user/user001/",
    }
    content = {"environment": settings, "addresses": addresses or {}, "command": [sys.executable, "-c", HELD]}
    spawn.write_text(json.dumps(content))
    command = [sys.executable, "-I", str(WRAPPER), str(spawn)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)


def test_it_reports_a_port_and_becomes_the_server(tmp_path, hub_of):
    """One report with the server's own token; the file is gone; the server is told its address."""
    hub = hub_of(200)
    done = run(tmp_path, hub.url, {"node001": "127.0.0.1"}, HOSTNAME="node001", HOME=str(tmp_path))
    seen = json.loads(done.stdout)
    [(path, authorization, report)] = hub.reports
    assert (path, authorization) == ("/hub/api/batchspawner", "token canary")
    assert seen["url"] == f"http://127.0.0.1:{report['port']}/user/user001/"
    assert not (tmp_path / "spawn.json").exists()


def test_the_port_is_held_until_the_server_has_it(tmp_path, hub_of):
    """Others can't bind it, nor are they given it; the server, which binds as tornado does, can."""
    seen = json.loads(run(tmp_path, hub_of(200).url, {"node001": "127.0.0.1"}, HOSTNAME="node001").stdout)
    assert not seen["plain"]
    assert seen["as_tornado"]


def test_without_a_mapping_it_binds_the_address_towards_the_hub(tmp_path, hub_of):
    """Not all interfaces: the one by which the hub can reach the server."""
    seen = json.loads(run(tmp_path, hub_of(200).url, HOSTNAME="elsewhere").stdout)
    assert seen["url"].startswith("http://127.0.0.1:")


def test_a_hub_that_is_away_is_waited_for(tmp_path, hub_of):
    """A hub that restarts meanwhile ends no start."""
    hub = hub_of(503, 200)
    assert run(tmp_path, hub.url).returncode == 0
    assert len(hub.reports) == 2


def test_a_hub_that_refuses_ends_the_job(tmp_path, hub_of):
    """With a line in the job's log; the token isn't in it."""
    done = run(tmp_path, hub_of(403).url)
    assert done.returncode == 1
    assert "doesn't take this server's port: it answered 403" in done.stderr
    assert "canary" not in done.stderr + done.stdout


def test_a_requeued_job_says_why_it_ends(tmp_path):
    """Its spawn file was read, and is gone."""
    command = [sys.executable, "-I", str(WRAPPER), str(tmp_path / "none.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "A notebook job starts once" in done.stderr


def test_the_environment_of_kernels_and_terminals(tmp_path, hub_of):
    """The job's scratch directory stays first on PATH, then the server's own programs; Python's settings are gone."""
    scratch = str(tmp_path / "scratch")
    done = run(
        tmp_path, hub_of(200).url, PATH=f"{scratch}:/usr/bin:/bin", TMPDIR=scratch, HOME="/home/x",
        NSLOTS="4", CUDA_VISIBLE_DEVICES="0", PYTHONSTARTUP="/x",
    )  # fmt: skip
    environment = json.loads(done.stdout)["environment"]
    assert environment["PATH"] == f"{scratch}:{Path(sys.executable).parent}:/usr/bin:/bin"
    assert (environment["NSLOTS"], environment["CUDA_VISIBLE_DEVICES"]) == ("4", "0")
    assert environment["JUPYTER_RUNTIME_DIR"] == f"{scratch}/jupyter"
    assert environment["JUPYTER_CONFIG_DIR"] == "/home/x/.jupyterhub/config"
    assert "PYTHONSTARTUP" not in environment


def test_it_needs_the_standard_library_alone():
    """Execution hosts need not have this project installed."""
    code = f"import sys; exec(compile(open({str(WRAPPER)!r}).read(), 'x', 'exec'), {{}}); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-IS", "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "json" in loaded
    assert not loaded & {"hubstack", "http.client", "urllib.parse", "pathlib", "ssl", "typing"}
