"""The cell `recorded`, described in one file, is the cluster that ``qconf`` showed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fake_sge.cellfile import load_cell, read_qconf
from fake_sge.core import CellConfig

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def described() -> CellConfig:
    return load_cell("recorded")


@pytest.fixture(scope="module")
def shown() -> CellConfig:
    """What a real Son of Grid Engine 8.1.9 printed."""
    return read_qconf(HERE / "recorded")


@pytest.mark.parametrize(
    "kind", ["queues", "hosts", "parallel_environments", "projects", "access_lists", "host_groups", "machines"]
)
def test_objects_are_as_qconf_showed_them(kind: str, described: CellConfig, shown: CellConfig) -> None:
    """Every attribute of every recorded object has the recorded text, in the recorded order."""
    recorded = getattr(shown, kind)
    assert recorded
    built = {name: getattr(described, kind)[name] for name in recorded}
    assert built == recorded
    for name, attributes in recorded.items():
        if isinstance(attributes, dict):
            assert list(built[name]) == list(attributes)


@pytest.mark.parametrize("kind", ["scheduler", "configuration", "complexes"])
def test_settings_are_as_qconf_showed_them(kind: str, described: CellConfig, shown: CellConfig) -> None:
    """``qconf -ssconf``, ``-sconf`` and ``-sc`` are complete, and in order."""
    recorded, built = getattr(shown, kind), getattr(described, kind)
    assert json.dumps(built, default=repr) == json.dumps(recorded, default=repr)


@pytest.mark.parametrize("kind", ["admin_hosts", "submit_hosts", "managers", "operators"])
def test_lists_are_as_qconf_showed_them(kind: str, described: CellConfig, shown: CellConfig) -> None:
    """``qconf -sh``, ``-ss``, ``-sm`` and ``-so``."""
    assert getattr(described, kind) == getattr(shown, kind)


def test_the_rest_of_the_recorded_cell(described: CellConfig) -> None:
    """What no single object shows: hosts, groups and lists in full."""
    assert sorted(described.hosts) == ["gpu001.sharc.test", "node001.sharc.test", "node002.sharc.test"]
    assert list(described.host_groups) == ["@allhosts", "@cpuhosts", "@gpuhosts"]
    assert sorted(described.queues) == ["all.q", "gpu.q", "interactive.q"]
    assert list(described.access_lists) == ["arusers", "deadlineusers", "defaultdepartment", "gpuacl"]
    assert described.queues["interactive.q"]["h_rt"] == "08:00:00"
    assert (described.qmaster, described.domain, described.cluster_name) == ("master.sharc.test", "sharc.test", "sharc")
