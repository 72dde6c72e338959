"""Starts the single-user server inside a job: reads the spawn file, takes a port, reports it, becomes the server.

Runs on the execution host as ``python -I singleuser.py SPAWN_FILE`` with the standard library alone, so that it is
quick and nothing in a user's home or environment can break it.
"""

# pathlib and urllib would take longer to load than all the rest of this takes.
# ruff: noqa: PTH108, PTH118, PTH120

from __future__ import annotations

import json
import os
import socket
import sys
import time

TYPE_CHECKING = False  # as typing's, which would have to be loaded
if TYPE_CHECKING:
    from typing import Any, NoReturn

__all__ = ["main"]

_HUB_AWAY_S = 120.0
_NOT_INHERITED = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "XDG_RUNTIME_DIR")


def main(arguments: list[str]) -> NoReturn:
    """Become the server. Ends the process with a line on standard error, which is the job's log, if that can't be."""
    spawn = _read(arguments[0])
    settings: dict[str, str] = spawn["environment"]
    hub = settings["JUPYTERHUB_API_URL"]
    address = spawn["addresses"].get(os.environ.get("HOSTNAME", "")) or _address_towards(hub)
    port = _reserve(address)
    _report(hub, settings["JUPYTERHUB_API_TOKEN"], port)
    command: list[str] = spawn["command"]
    here = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    scheme, _, _, path = _parts(settings["JUPYTERHUB_SERVICE_URL"])
    own = {"JUPYTERHUB_SERVICE_URL": f"{scheme}://{here}{path}"}
    os.execve(command[0], command, _environment(command) | settings | own)


def _read(path: str) -> Any:
    """The spawn file's content; the file is gone afterwards."""
    try:
        with open(path, "rb") as file:
            spawn = json.load(file)
        os.unlink(path)
    except OSError as error:
        sys.exit(f"{path}: {error.strerror}. A notebook job starts once; please start a new server from the hub.")
    return spawn


def _parts(url: str) -> tuple[str, str, int, str]:
    """Scheme, host, port and path."""
    scheme, _, rest = url.partition("://")
    netloc, slash, path = rest.partition("/")
    host, colon, port = netloc.rpartition(":")
    if not colon or port.endswith("]"):
        host, port = netloc, "443" if scheme == "https" else "80"
    return scheme, host.strip("[]"), int(port), slash + path


def _address_towards(url: str) -> str:
    """This host's own address on the way to the hub, by which the hub can reach it, too."""
    _, host, port, _ = _parts(url)
    family, kind, protocol, _, hub = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.connect(hub)
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
    """The status of the answer; 0 if it is none of HTTP."""
    scheme, host, port, path = _parts(url)
    content = json.dumps(body)
    request = (
        f"POST {path} HTTP/1.0\r\nHost: {host}:{port}\r\nAuthorization: token {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n{content}"
    )
    with _connected(host, port, scheme) as connection, connection.makefile("rb") as answer:
        connection.sendall(request.encode())
        words = answer.readline().split()
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0


def _connected(host: str, port: int, scheme: str) -> socket.socket:
    connection = socket.create_connection((host, port), timeout=10)
    if scheme != "https":
        return connection
    import ssl

    return ssl.create_default_context().wrap_socket(connection, server_hostname=host)


def _environment(command: list[str]) -> dict[str, str]:
    """The job's environment, made safe for the server and complete for kernels and terminals.

    Settings of other Jupyter installations (``~/.jupyter``) stay out; run-time files are the job's own.
    """
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
    first, _, rest = kept.get("PATH", "/usr/bin:/bin").partition(":")
    scratch = kept.get("TMPDIR", "")
    own = os.path.dirname(command[0])
    kept["PATH"] = ":".join([first, own, rest] if first == scratch else [own, first, rest]).rstrip(":")
    kept["JUPYTER_CONFIG_DIR"] = os.path.join(kept.get("HOME", "/"), ".jupyterhub", "config")
    if scratch:
        kept["JUPYTER_RUNTIME_DIR"] = os.path.join(scratch, "jupyter")
    return kept


if __name__ == "__main__":
    main(sys.argv[1:])
