"""``python -m fake_sge import-cell`` and ``export-cell``, and the loop that collects a live cluster's objects."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from typer.testing import CliRunner

from fake_sge.__main__ import app
from fake_sge.cellfile import cell_document, load_cell
from fake_sge.commands import COLLECT
from fake_sge.daemon import RunningCell

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "your-cluster-as-a-cell.md"


def test_there_and_back(tmp_path: Path) -> None:
    """export-cell fills a directory, import-cell makes a cell file of it that loads."""
    directory, file = tmp_path / "out", tmp_path / "cell.yaml"
    assert CliRunner().invoke(app, ["export-cell", "laptop", str(directory)]).exit_code == 0
    assert CliRunner().invoke(app, ["import-cell", str(directory), "-o", str(file)]).exit_code == 0
    assert load_cell(file).queues == load_cell("laptop").queues


def test_a_directory_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    """export-cell overwrites nothing: exit code 2."""
    (tmp_path / "mine").write_text("")
    refused = CliRunner().invoke(app, ["export-cell", "laptop", str(tmp_path)])
    assert (refused.exit_code, refused.stderr) == (2, f"{tmp_path}: is not empty; give a new directory\n")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_what_is_no_cell_is_refused(tmp_path: Path) -> None:
    """One line, exit code 2."""
    refused = CliRunner().invoke(app, ["import-cell", str(tmp_path)])
    assert refused.exit_code == 2
    assert refused.stderr.startswith(f"{tmp_path}: holds no cell; ")


def test_the_guide_collects_what_is_read(fake_sge_factory: Callable[..., RunningCell], tmp_path: Path) -> None:
    """The loop on the page is the one in the code, and what it collects from a running cell is that cell."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", GUIDE.read_text(), re.DOTALL | re.MULTILINE)
    assert blocks == [COLLECT]
    cell = {**cell_document("laptop").data, "admin_hosts": ["hub"]}
    environment = fake_sge_factory(cell).environment
    collected = tmp_path / "collected"
    collected.mkdir()
    subprocess.run(["sh", "-c", COLLECT], cwd=collected, env=environment, check=True, capture_output=True)
    assert load_cell(collected).queues == load_cell("laptop").queues
    assert load_cell(collected).host_groups == load_cell("laptop").host_groups
