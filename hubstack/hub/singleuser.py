"""Starts the single-user server inside a job: reads the spawn file, takes a port, reports it, becomes the server.

Runs on the execution host as ``python -I singleuser.py SPAWN_FILE`` with the standard library alone, so that it is
quick and nothing in a user's home or environment can break it.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit, urlunsplit

__all__ = ["main"]

_HUB_AWAY_S = 120.0
_NOT_INHERITED = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "XDG_RUNTIME_DIR")


def main(arguments: list[str]) -> NoReturn:
    """Become the server. Ends the process with a line on standard error, which is the job's log, if that can't be."""
    spawn = _read(Path(arguments[0]))
    settings: dict[str, str] = spawn["environment"]
    hub = settings["JUPYTERHUB_API_URL"]
    address = spawn["addresses"].get(os.environ.get("HOSTNAME", "")) or _address_towards(hub)
    port = _reserve(address)
    _report(hub, settings["JUPYTERHUB_API_TOKEN"], port)
    command: list[str] = spawn["command"]
    service = urlsplit(settings["JUPYTERHUB_SERVICE_URL"])._replace(netloc=_netloc(address, port))
    environment = _environment(command) | settings | {"JUPYTERHUB_SERVICE_URL": urlunsplit(service)}
    os.execve(command[0], command, environment)


def _read(path: Path) -> Any:
    """The spawn file's content; the file is gone afterwards."""
    try:
        spawn = json.loads(path.read_bytes())
        path.unlink()
    except OSError as error:
        sys.exit(f"{path}: {error.strerror}. A notebook job starts once; please start a new server from the hub.")
    return spawn


def _address_towards(url: str) -> str:
    """This host's own address on the way to the hub, by which the hub can reach it, too."""
    hub = urlsplit(url)
    family, kind, protocol, _, hub_address = socket.getaddrinfo(
        hub.hostname, hub.port or hub.scheme, type=socket.SOCK_DGRAM
    )[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.connect(hub_address)
        return str(probe.getsockname()[0])


def _reserve(address: str) -> int:
    """A free port of *address*. The socket stays open until the server has bound the port, so nobody is given it."""
    holder = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind((address, 0))
    port = int(holder.getsockname()[1])
    os.set_inheritable(holder.detach(), True)
    return port


def _report(hub: str, token: str, port: int) -> None:
    """Tell the hub; one that is away, being restarted, is waited for."""
    give_up_at = time.monotonic() + _HUB_AWAY_S
    while True:
        try:
            status = _post(f"{hub.rstrip('/')}/batchspawner", token, {"port": port})
        except OSError as error:
            status, reason = 0, str(error)
        else:
            reason = f"it answered {status}"
        if 200 <= status < 300:
            return
        if 400 <= status < 500 or time.monotonic() > give_up_at:
            sys.exit(f"The hub at {hub} doesn't take this server's port: {reason}")
        time.sleep(1)


def _post(url: str, token: str, body: dict[str, int]) -> int:
    target = urlsplit(url)
    make = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
    connection = make(target.hostname or "", target.port, timeout=10)
    try:
        headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}
        connection.request("POST", target.path, json.dumps(body), headers)
        return connection.getresponse().status
    except http.client.HTTPException as error:
        raise OSError(f"no HTTP: {error}") from error
    finally:
        connection.close()


def _environment(command: list[str]) -> dict[str, str]:
    """The job's environment, made safe for the server and complete for kernels and terminals.

    Settings of other Jupyter installations (``~/.jupyter``) stay out; run-time files are the job's own.
    """
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
    first, _, rest = kept.get("PATH", "/usr/bin:/bin").partition(":")
    scratch = kept.get("TMPDIR", "")
    own = str(Path(command[0]).parent)
    kept["PATH"] = ":".join([first, own, rest] if first == scratch else [own, first, rest]).rstrip(":")
    kept["JUPYTER_CONFIG_DIR"] = os.path.join(kept.get("HOME", "/"), ".jupyterhub", "config")  # noqa: PTH118
    if scratch:
        kept["JUPYTER_RUNTIME_DIR"] = os.path.join(scratch, "jupyter")  # noqa: PTH118
    return kept


def _netloc(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


if __name__ == "__main__":
    main(sys.argv[1:])
