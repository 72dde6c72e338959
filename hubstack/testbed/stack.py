"""A stack: one hub, its proxy and its Grid Engine, as a directory.

The directory is the only memory there is: every command finds a stack by its name under
``$XDG_STATE_HOME/hubstack/stacks`` and reads what it needs from there. It belongs to the account that started the stack
and nobody else can read it.

    stack.json       what the stack is: stage, site, ports, addresses
    site.yaml        the site it was made from, with all overrides
    secrets/         password, tokens, cookie secret: a file each
    run/             which process each component is
    logs/            what each component says
    hub/             the hub's working directory: deployment.json, its database
    sge/             SGE_ROOT of the fake stage
    homes/           the users' home directories
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import re
import secrets
import shutil
import socket
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fake_sge.cellfile import BadFile
from hubstack.testbed.addresses import AddressBlock
from hubstack.testbed.errors import Refused

__all__ = [
    "COMPONENTS",
    "Record",
    "Stack",
    "StackInfo",
    "check_name",
    "read_json",
    "registry",
    "state_home",
    "write_json",
]

COMPONENTS = ("fake_sge", "proxy", "hub")
"""What a stack on the fake stage is made of, in the order of starting."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_SOCKET_PATH_MAX = 107  # unix(7): 108 bytes with the closing zero
_LOCK_RETRY_S = 0.05
_LONGEST_SOCKET = "sge/default/common/qmaster.sock"


@dataclass(frozen=True)
class StackInfo:
    """How to reach a stack: the keys of ``hubstack up -o json``.

    *password* is None unless the authenticator is dummy.
    """

    name: str
    url: str
    hub_url: str
    user: str
    password: str | None
    api_token: str
    stage: str
    directory: str


@dataclass(frozen=True)
class Record:
    """What a stack is (``stack.json``).

    *block* numbers its loopback addresses, *port* is the public one on 127.0.0.1.
    """

    stage: str
    site: str
    config: str
    port: int
    block: int
    user: str


class Stack:
    """The directory of one stack, which may exist or not."""

    def __init__(self, name: str) -> None:
        self.name = check_name(name)
        self.directory = state_home() / "stacks" / name

    @classmethod
    def existing(cls, name: str) -> Stack:
        """The stack of that name.

        Raises:
            Refused: there is none.
        """
        stack = cls(name)
        if not stack.exists():
            running = ", ".join(other.name for other in cls.all()) or "none"
            raise Refused(f"there is no stack {name!r} (running: {running})", "hubstack up --name " + name)
        return stack

    @classmethod
    def all(cls) -> list[Stack]:
        """Every stack of this account, by name."""
        home = state_home() / "stacks"
        names = sorted(entry.name for entry in home.iterdir()) if home.is_dir() else []
        return [cls(name) for name in names if _NAME.fullmatch(name)]

    @property
    def secrets(self) -> Path:
        """The directory of what only the stack may know."""
        return self.directory / "secrets"

    @property
    def run(self) -> Path:
        """The directory of process ids."""
        return self.directory / "run"

    @property
    def logs(self) -> Path:
        """The directory of logs."""
        return self.directory / "logs"

    @property
    def hub(self) -> Path:
        """The hub's working directory."""
        return self.directory / "hub"

    @property
    def homes(self) -> Path:
        """The directory of home directories."""
        return self.directory / "homes"

    @property
    def site_file(self) -> Path:
        """The site as the stack was made from it."""
        return self.directory / "site.yaml"

    def log(self, component: str) -> Path:
        """The log file of a component."""
        return self.logs / f"{component}.log"

    def home(self, user: str) -> Path:
        """A user's home directory; it is there from that user's first command on."""
        return self.homes / user

    def exists(self) -> bool:
        """Whether there is anything of that stack."""
        return self.directory.is_dir()

    def create(self) -> None:
        """Make the directory and its secrets.

        Raises:
            Refused: the path is too long for the sockets that will be in it.
            FileExistsError: the stack exists.
        """
        socket_path = self.directory / _LONGEST_SOCKET
        if len(os.fsencode(socket_path)) > _SOCKET_PATH_MAX:
            excess = len(os.fsencode(socket_path)) - _SOCKET_PATH_MAX
            raise Refused(
                f"the path {self.directory} is {excess} characters too long for a Unix socket",
                "choose a shorter --name or XDG_STATE_HOME",
            )
        self.directory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.directory.mkdir(mode=0o700)
        for part in (self.secrets, self.run, self.logs, self.hub, self.homes):
            part.mkdir(mode=0o700)
        self._write_secret("password", secrets.token_urlsafe(12))
        self._write_secret("proxy_token", secrets.token_hex(32))
        self._write_secret("cookie_secret", secrets.token_hex(32))
        self._write_secret("api_token", secrets.token_hex(32))

    def remove(self) -> None:
        """Remove the directory with all that is in it, and the parents that hold no other stack."""
        shutil.rmtree(self.directory, ignore_errors=True)
        for parent in (self.directory.parent, self.directory.parent.parent):
            with contextlib.suppress(OSError):
                parent.rmdir()

    def secret(self, name: str) -> str:
        """One of the stack's secrets: password, proxy_token, cookie_secret, api_token."""
        return (self.secrets / name).read_text().strip()

    def _write_secret(self, name: str, value: str) -> None:
        descriptor = os.open(self.secrets / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(value + "\n")

    def write(self, record: Record) -> None:
        """Keep what the stack is."""
        write_json(self.directory / "stack.json", asdict(record))

    def read(self) -> Record | None:
        """What the stack is; None if its start was cut off before that was known."""
        data = read_json(self.directory / "stack.json")
        return Record(**data) if data else None

    def record(self) -> Record:
        """What the stack is.

        Raises:
            Refused: its start was cut off.
        """
        record = self.read()
        if record is None:
            raise Refused(f"the start of stack {self.name!r} was cut off", f"hubstack down --name {self.name}")
        return record

    def info(self) -> StackInfo:
        """How to reach the stack; raises as `record` does."""
        record = self.record()
        url = f"http://127.0.0.1:{record.port}/"
        return StackInfo(
            name=self.name,
            url=url,
            hub_url=url + "hub/",
            user=record.user,
            password=self.secret("password"),
            api_token=self.secret("api_token"),
            stage=record.stage,
            directory=str(self.directory),
        )

    @property
    def addresses(self) -> AddressBlock:
        """The stack's loopback addresses."""
        return AddressBlock(self.record().block)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other commands from changing this stack meanwhile, whether it exists or not.

        The lock is a socket in Linux's abstract namespace: it leaves no file, and goes with its holder.
        """
        address = "\0" + str(self.directory)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as lock:
            while True:
                try:
                    lock.bind(address)
                    break
                except OSError as error:
                    if error.errno != errno.EADDRINUSE:
                        raise
                time.sleep(_LOCK_RETRY_S)
            yield


@contextlib.contextmanager
def registry() -> Iterator[list[Record]]:
    """What this account's stacks are, while nobody else makes one."""
    home = state_home() / "stacks"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield [record for stack in Stack.all() if (record := stack.read())]
    finally:
        os.close(descriptor)


def state_home() -> Path:
    """Where hubstack keeps its stacks: the XDG base directory specification's place for state."""
    base = Path(os.environ.get("XDG_STATE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".local" / "state") / "hubstack"


def check_name(name: str) -> str:
    """Return *name* if a stack may have it, else raise BadFile."""
    if not _NAME.fullmatch(name):
        raise BadFile(
            f"{name!r} can't be the name of a stack", "--name", "use up to 32 lower-case letters, digits, '-' and '_'"
        )
    return name


def write_json(path: Path, data: dict[str, Any]) -> None:
    """Write a file whole or not at all."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(data, indent=1) + "\n")
    partial.replace(path)


def read_json(path: Path) -> dict[str, Any] | None:
    """What `write_json` wrote; None if there is no such file."""
    try:
        data: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    return data
