"""What the pages show can be done."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from hubstack.cli import app

TOP = Path(__file__).parents[1]
PAGES = sorted(page for page in [TOP / "README.md", *TOP.glob("docs/*/*.md")])
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(kind: str) -> list[object]:
    return [
        pytest.param(text, id=f"{page.relative_to(TOP)}-{number}")
        for page in PAGES
        for number, (language, text) in enumerate(BLOCK.findall(page.read_text()))
        if language == kind
    ]


def hubstack_lines() -> list[str]:
    """Each line on the pages that calls hubstack, once."""
    texts = [text for page in PAGES for kind, text in BLOCK.findall(page.read_text()) if kind in {"sh", "console"}]
    lines = [line.removeprefix("$ ") for text in texts for line in text.splitlines()]
    return sorted({line for line in lines if line.startswith("hubstack ")})


@pytest.mark.parametrize("line", hubstack_lines())
def test_commands_on_the_pages_exist(line: str) -> None:
    """Every ``hubstack`` command that a page shows is there, with the options that it shows."""
    command, *rest = shlex.split(line, comments=True)[1:]
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "300", "NO_COLOR": "1"})
    assert shown.exit_code == 0, shown.output
    ours = rest[: rest.index("--")] if "--" in rest else rest
    assert [word for word in ours if word.startswith("--") and word not in shown.output] == []


@pytest.mark.parametrize("text", blocks("python"))
def test_examples_in_python_pass(text: str, tmp_path: Path) -> None:
    """A test that a page shows passes as it stands, in a project that has nothing but the fixture."""
    (tmp_path / "test_example.py").write_text(text)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    example = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", str(tmp_path)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert example.returncode == 0, example.stdout + example.stderr


@pytest.mark.parametrize("text", [block for block in blocks("yaml") if "cell:" in block.values[0]])
def test_sites_on_the_pages_are_valid(text: str, tmp_path: Path) -> None:
    """A site file that a page shows is taken as it stands."""
    from hubstack.site import load_site

    site = tmp_path / "site.yaml"
    site.write_text(text)
    assert load_site(str(site)).name == yaml.safe_load(text)["name"]


@pytest.mark.parametrize("text", [block for block in blocks("yaml") if "seed:" in block.values[0]])
def test_scenarios_on_the_pages_are_valid(text: str) -> None:
    """A scenario file that a page shows is taken as it stands."""
    from hubstack.scenario import Scenario

    assert Scenario.model_validate(yaml.safe_load(text)).name


def test_following_a_page_stops_at_the_first_failure(tmp_path: Path) -> None:
    """``sh`` blocks are run in order in one shell; other blocks aren't, nor is what comes after a failure."""
    page = tmp_path / "page.md"
    page.write_text("```sh\nsaid=one\n```\n```console\n$ echo two\n```\n```sh\necho $said\nfalse\necho three\n```\n")
    followed = subprocess.run([TOP / "tools/follow", page], capture_output=True, text=True, check=False)
    assert (followed.returncode, followed.stdout) == (1, "one\n")
