"""What is shipped is whole, and what is locked names no address."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser
from importlib.metadata import version
from pathlib import Path

import pytest

import fake_sge
import hubstack

LOCKS = ("dev", "installer", "lowest")


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=checkout,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def tracked(checkout: Path, *patterns: str) -> set[str]:
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=checkout, capture_output=True, check=True)
    return {name for name in listed.stdout.decode().split("\0") if name}


def test_the_wheel_holds_every_file_of_the_packages(wheel: zipfile.ZipFile, checkout: Path) -> None:
    """Cells, templates, client scripts and Node's package files come along, not the Python sources alone."""
    assert tracked(checkout, "fake_sge", "hubstack", "loadtests") - set(wheel.namelist()) == set()


def test_the_wheel_holds_the_scenarios(wheel: zipfile.ZipFile, checkout: Path) -> None:
    """They lie at the top of a checkout and inside the package of a wheel."""
    assert {f"hubstack/{name}" for name in tracked(checkout, "scenarios")} - set(wheel.namelist()) == set()


def test_programs_stay_executable_in_the_wheel(wheel: zipfile.ZipFile, checkout: Path) -> None:
    """What may be run in the checkout may be run from the wheel."""
    programs = {name for name in tracked(checkout, "fake_sge", "hubstack") if (checkout / name).stat().st_mode & 0o111}
    assert {name for name in programs if not wheel.getinfo(name).external_attr >> 16 & 0o111} == set()


def test_the_base_is_light(wheel: zipfile.ZipFile) -> None:
    """fake_sge and the command line need five packages; all else is an extra."""
    (name,) = (entry for entry in wheel.namelist() if entry.endswith(".dist-info/METADATA"))
    needed = Parser().parsestr(wheel.read(name).decode()).get_all("Requires-Dist", [])
    base = {re.split(r"[^\w.-]", need)[0].lower() for need in needed if "extra ==" not in need}
    assert base == {"simpy", "pydantic", "pyyaml", "typer", "rich"}


def test_there_is_one_version() -> None:
    """Both packages and the distribution say the same."""
    assert fake_sge.__version__ == hubstack.__version__ == version("hubstack")


@pytest.mark.parametrize("name", LOCKS)
def test_locks_name_no_address(checkout: Path, name: str) -> None:
    """Any index that has the packages will do: a lock holds names, versions and hashes, not where it was made."""
    for line in (checkout / "locks" / f"{name}.txt").read_text().splitlines():
        assert re.fullmatch(r"[a-z0-9.-]+==[\w.+!]+( ; [^/@]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line), line


def test_node_packages_are_locked_by_integrity_alone(checkout: Path) -> None:
    """Each has an exact version and a digest, none an address."""
    lock = json.loads((checkout / "hubstack/testbed/node/package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert [name for name, entry in packages.items() if not entry.get("version") or not entry.get("integrity")] == []
    assert [name for name, entry in packages.items() if "resolved" in entry] == []


def test_lower_bounds_are_those_that_are_tested(checkout: Path) -> None:
    """``locks/lowest.txt`` holds, for each dependency of our own, the very version that ``pyproject.toml`` gives."""
    project = tomllib.loads((checkout / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    ours = [need for needs in (project["dependencies"], *extras) for need in needs if not need.startswith("hubstack[")]
    locked = dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", (checkout / "locks/lowest.txt").read_text(), re.MULTILINE))
    for need in ours:
        name, bound = re.match(r"([\w.-]+)[>=]=([\d.]+)", need).groups()
        assert re.fullmatch(rf"{re.escape(bound)}(\.0)*", locked[name.lower()]), (need, locked[name.lower()])
