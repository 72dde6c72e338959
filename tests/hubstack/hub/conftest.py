"""A very small Grid Engine made of real programs, and real spawners of a real user."""

import asyncio
import contextlib
import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jupyterhub import orm
from jupyterhub.objects import Hub, Server
from jupyterhub.user import User
from traitlets.config import Config

import hubstack.hub
from hubstack.hub import AdminService, Deployment, ExternalProxy, SubmitHost

PROGRAMS = Path(__file__).parent / "programs"


class Grid:
    """What the programs share: their state, their faults, and a look at what they were asked."""

    def __init__(self, directory: Path) -> None:
        self.state = directory / "state"
        self.bin = directory / "bin"
        self.homes = directory / "homes"
        self.started: list[subprocess.Popen] = []
        for path in (self.state, self.bin, self.homes):
            path.mkdir()
        text = (PROGRAMS / "q_program.py").read_text()
        for name in ("qsub", "qstat", "qdel", "sudo"):
            program = self.bin / name
            program.write_text(f"#!{sys.executable} -IS\n{text}")
            program.chmod(0o755)
        self.environment = {"PATH": f"{self.bin}:/usr/bin:/bin"}

    def fault(self, program: str, kind: str) -> None:
        """Let *program* go wrong; ``""`` mends it."""
        (self.state / f"fault.{program}").write_text(kind)

    def down(self, down: bool = True) -> None:
        """The qmaster goes away, or comes back."""
        for program in ("qsub", "qstat", "qdel"):
            self.fault(program, "down" if down else "")

    def keep_pending(self) -> None:
        """Jobs submitted from now on find no host."""
        (self.state / "pending").touch()

    def job_environment(self, **variables: str) -> None:
        """What jobs find in their environment besides."""
        (self.state / "job_environment").write_text(json.dumps(variables))

    def jobs(self) -> dict[str, dict]:
        """All jobs' records by id."""
        paths = sorted(self.state.glob("job.*.json"))
        return {path.name.split(".")[1]: json.loads(path.read_text()) for path in paths}

    def change(self, job_id: str, **fields) -> None:
        """Change what is seen of a job."""
        path = self.state / f"job.{job_id}.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | fields))

    def add(self, job_id: int, **fields) -> None:
        """A job that nobody here submitted."""
        job = {"id": job_id, "owner": "user001", "name": "jupyterhub", "context": "", "letters": "r", "host": "node001"}
        job |= {"listed": {}}
        (self.state / f"job.{job_id}.json").write_text(json.dumps(job | fields))

    def run(self, job_id: str) -> None:
        """A waiting job finds a host."""
        record = self.jobs()[job_id]
        home = self.homes / record["owner"]
        home.mkdir(exist_ok=True)
        environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "HOSTNAME": "node001", "JOB_ID": job_id}
        with (home / ".jupyterhub.sge.out").open("a") as log:
            job = subprocess.Popen(
                ["/bin/sh", "-c", record["script"]],
                cwd=home,
                env=environment,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.change(job_id, letters="r", host="node001", pid=job.pid)
        self.started.append(job)

    def remove(self, job_id: str) -> None:
        """The job ends."""
        record = self.jobs()[job_id]
        (self.state / f"job.{job_id}.json").unlink()
        _kill(record)

    def calls(self, program: str) -> list[dict]:
        """What *program* was asked, in order."""
        path = self.state / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [call for call in map(json.loads, lines) if call["program"] == program]

    def end(self) -> None:
        """Leave no process behind."""
        self.down(down=False)
        for record in self.jobs().values():
            _kill(record)
        for job in self.started:
            job.wait(10)


def _kill(record: dict) -> None:
    if "pid" in record:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(record["pid"], signal.SIGKILL)


@pytest.fixture
def grid(tmp_path):
    """A Grid Engine of four scripts."""
    grid = Grid(tmp_path)
    yield grid
    grid.end()


async def _until(condition, within_s: float = 15.0):
    """Wait until *condition* gives something true; returns it."""
    give_up_at = time.monotonic() + within_s
    while not (value := condition()):
        assert time.monotonic() < give_up_at, "waited in vain"
        await asyncio.sleep(0.02)
    return value


class Desk:
    """Where jobs report their ports, in place of the hub's API: asks the spawner, as the handler does."""

    def __init__(self) -> None:
        self.spawners: list = []
        self.port = 0
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Listen no longer."""
        self._server.close()

    async def _answer(self, reader, writer) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        body = json.loads(await reader.readexactly(int(fields["Content-Length"])))
        token = fields["Authorization"].removeprefix("token ")
        taken = any(one.owns_token(token) and one.accept_port(body["port"]) for one in self.spawners)
        writer.write(b"HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n" % (b"200 OK" if taken else b"403 Forbidden"))
        await writer.drain()
        writer.close()


class House:
    """A hub's users and their spawners, without the hub: the same classes, the same database."""

    def __init__(self, grid: Grid, directory: Path, desk: Desk, spawner_class) -> None:
        self.grid, self.desk = grid, desk
        self.database = orm.new_session_factory(f"sqlite:///{directory / 'hub.sqlite'}")()
        config = Config()
        settings = config.GridengineSpawner
        settings.submit_environment = grid.environment
        settings.homes = f"{grid.homes}/{{user}}"
        settings.secrets_directory = str(directory / "secrets")
        settings.host_addresses = {"node001": "127.0.0.1"}
        settings.real_accounts = False
        settings.jobs_python = sys.executable
        settings.cmd = [sys.executable, str(PROGRAMS / "server.py")]
        settings.command_timeout = 3.0
        settings.snapshot_age = 0.0
        settings.startup_poll_interval = 0.1
        settings.start_timeout = 20
        settings.stop_timeout = 5.0
        self.config = config
        self.spawner_class = spawner_class

    def user(self, name: str = "user001") -> User:
        """The user, as the database knows them: a new object each time, as after a restart."""
        record = orm.User.find(self.database, name)
        if record is None:
            record = orm.User(name=name)
            self.database.add(record)
            self.database.commit()
        hub = Hub(ip="127.0.0.1", port=self.desk.port, base_url="/hub/")
        return User(record, {"spawner_class": self.spawner_class, "hub": hub, "config": self.config}, self.database)

    def spawner(self, name: str = "user001"):
        """A new spawner for a new start."""
        user = self.user(name)
        spawner = user.get_or_create_spawner("", "")
        record = orm.Server(base_url=f"/user/{name}/")
        self.database.add(record)
        self.database.commit()
        spawner.server = Server(orm_server=record)
        spawner.api_token = f"canary-{name}-{os.urandom(8).hex()}"
        self.desk.spawners = [spawner]
        return spawner

    def spawner_after_restart(self, name: str = "user001"):
        """The spawner as a new hub process makes it from the database."""
        self.database.expire_all()
        spawner = self.user(name).spawners[""]
        self.desk.spawners = [spawner]
        return spawner


@pytest.fixture
async def house(grid, tmp_path):
    """A house with the reference spawner."""
    from hubstack.hub.spawn_events import SpawnEvents
    from hubstack.hub.spawner import GridengineSpawner

    class Spawner(SpawnEvents, GridengineSpawner):
        pass

    desk = Desk()
    await desk.open()
    house = House(grid, tmp_path, desk, Spawner)
    yield house
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    desk.close()
    house.database.close()


SITE = """\
version: 1
name: tiny
cell:
  hosts:
    cpu: {count: 1, slots: 4, memory: 16G, names: "node{n:03d}"}
  queues:
    - {name: all.q, hosts: [cpu], pe: [smp]}
  parallel_environments: {smp: {rule: $pe_slots}}
  complexes: {rmem: {type: MEMORY, consumable: true, default: 2G}}
hub: {poll_interval: 1s}
users: {count: 3, names: "user{n:03d}"}
"""


class RealHub:
    """JupyterHub itself with the configuration under test; routes are kept by a stand-in for the proxy's API."""

    def __init__(self, grid: Grid, directory: Path) -> None:
        self.grid, self.directory = grid, directory / "hub"
        self.directory.mkdir()
        self.routes_port, self.port = _free_port(), _free_port()
        self.password, self.api_token = "a-generated-password", "admin-service-token-0123456789"
        self._processes: dict[str, subprocess.Popen] = {}

    def describe(self, config: str = "reference", site: str = SITE, **changes) -> None:
        """Write deployment.json and the files that it names."""
        for name, secret in {"password": self.password, "api": self.api_token, "proxy": "proxy-token"}.items():
            path = self.directory / name
            path.write_text(secret)
            path.chmod(0o600)
        (self.directory / "site.yaml").write_text(site)
        fields = {
            "name": "tiny",
            "config": config,
            "site": self.directory / "site.yaml",
            "hub_port": self.port,
            "submit_host": SubmitHost(environment=self.grid.environment, addresses={"node001": "127.0.0.1"}),
            "bind_url": f"http://127.0.0.1:{_free_port()}/",
            "password_file": self.directory / "password",
            "proxy": ExternalProxy(
                api_url=f"http://127.0.0.1:{self.routes_port}", auth_token_file=self.directory / "proxy"
            ),
            "admin_service": AdminService(api_token_file=self.directory / "api"),
            "homes": f"{self.grid.homes}/{{user}}",
            "python": Path(sys.executable),
            "jobs_python": Path(sys.executable),
            "secrets": self.directory / "secrets",
        }
        Deployment(**fields | changes).write(self.directory)

    def start(self, *arguments: str) -> None:
        """Start the routes' keeper, if it isn't there, and the hub; returns when the hub answers."""
        if "routes" not in self._processes:
            self._run("routes", sys.executable, "-IS", str(PROGRAMS / "proxy_api.py"), str(self.routes_port))
        config = Path(hubstack.hub.__file__).parent / "jupyterhub_config.py"
        self._run("hub", sys.executable, "-m", "jupyterhub", "-f", str(config), *arguments)
        give_up_at = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError):
                if self.ask("GET", "/hub/api/")[0] == 200:
                    return
            assert self._processes["hub"].poll() is None, self.log()
            assert time.monotonic() < give_up_at, self.log()
            time.sleep(0.05)

    def end(self, name: str = "hub", number: int = signal.SIGKILL) -> None:
        """End a process."""
        process = self._processes.pop(name)
        process.send_signal(number)
        process.wait(30)

    def close(self) -> None:
        """Leave nothing behind."""
        for name in list(self._processes):
            self.end(name)

    def log(self) -> str:
        """What the hub has logged, this test's own questions left out."""
        lines = (self.directory / "hub.log").read_text().splitlines(keepends=True)
        return "".join(line for line in lines if " 200 GET /hub/api/" not in line)

    def ask(self, method: str, path: str, body=None, token: str | None = None, raw: bytes | None = None):
        """The hub's status and JSON answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            data = raw if raw is not None else None if body is None else json.dumps(body)
            connection.request(method, path, data, {"Authorization": f"token {token or self.api_token}"})
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text.startswith((b"{", b"[")) else text
        finally:
            connection.close()

    def start_small(self, *arguments: str) -> None:
        """Start with a small single-user server, which is there at once."""
        program = self.directory / "small-server"
        program.write_text(f"#!{sys.executable} -I\n{(PROGRAMS / 'server.py').read_text()}")
        program.chmod(0o755)
        self.start(f"--Spawner.cmd={program}", *arguments)

    def spawn(self, user: str = "user001", options=None):
        """Ask for a server."""
        return self.ask("POST", f"/hub/api/users/{user}/server", options or {})

    def server(self, user: str = "user001") -> dict:
        """What the hub says of the user's server; nothing if there is none."""
        return self.ask("GET", f"/hub/api/users/{user}")[1]["servers"].get("", {})

    def wait(self, condition, within_s: float = 30.0):
        """Wait until *condition* gives something true; returns it."""
        give_up_at = time.monotonic() + within_s
        while not (value := condition()):
            assert time.monotonic() < give_up_at, self.log()
            time.sleep(0.05)
        return value

    def ready(self, user: str = "user001") -> dict:
        """Wait until the user's server is ready."""
        return self.wait(lambda: (server := self.server(user)).get("ready") and server)

    def events(self) -> list[dict]:
        """What was noted of the spawns."""
        path = self.directory / "spawn_events.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def _run(self, name: str, *command: str) -> None:
        with (self.directory / f"{name}.log").open("a") as log:
            self._processes[name] = subprocess.Popen(command, cwd=self.directory, stdout=log, stderr=log)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def hub(grid, tmp_path):
    """A hub that isn't started yet."""
    hub = RealHub(grid, tmp_path)
    hub.describe()
    yield hub
    hub.close()


@pytest.fixture
def mode():
    """The permission bits of a path."""
    return lambda path: stat.S_IMODE(Path(path).stat().st_mode)


@pytest.fixture
def until():
    """Wait until a condition gives something true; returns it."""
    return _until
