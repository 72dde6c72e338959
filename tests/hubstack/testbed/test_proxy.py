"""The proxy's own installation."""

from __future__ import annotations

import json
import subprocess
from importlib import resources
from pathlib import Path

import pytest

from hubstack.testbed import Refused
from hubstack.testbed.proxy import install_proxy, installed_proxy, node_binary

NODE = resources.files("hubstack.testbed") / "node"


def test_every_package_is_locked_by_integrity_and_names_no_registry() -> None:
    """The same bytes from whatever registry npm is set to."""
    lock = json.loads((NODE / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert len(packages) > 20
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert not any("resolved" in entry for entry in packages.values())


def test_the_proxy_is_named_by_exact_version() -> None:
    """The manifest, the lock and what JupyterHub 6 asks for agree on 5.x."""
    wanted = json.loads((NODE / "package.json").read_text())["dependencies"]["configurable-http-proxy"]
    locked = json.loads((NODE / "package-lock.json").read_text())["packages"]
    assert wanted == locked["node_modules/configurable-http-proxy"]["version"]
    assert wanted.startswith("5.")


def test_node_is_run_without_its_wrapper() -> None:
    """The wheel's command is a script that a signal would end while node lives on."""
    assert node_binary().read_bytes()[:4] == b"\x7fELF"


def test_the_installed_proxy_runs() -> None:
    """It says the version that the manifest names."""
    version = subprocess.run(
        [node_binary(), install_proxy(), "--version"], capture_output=True, text=True, check=True, timeout=60
    )
    assert (
        version.stdout.strip()
        == json.loads((NODE / "package.json").read_text())["dependencies"]["configurable-http-proxy"]
    )


def test_an_unreachable_registry_is_refused_with_the_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing half installed is left in the cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_fetch_retry_mintimeout", "1")
    monkeypatch.setenv("npm_config_fetch_retry_maxtimeout", "1")
    with pytest.raises(Refused, match="npm could not install configurable-http-proxy 5") as refused:
        install_proxy()
    assert "registry" in refused.value.fix
    assert installed_proxy() is None
    assert [path.name for path in (tmp_path / "cache/hubstack").iterdir()] == ["install.lock"]
