"""A live cluster's qconf output becomes a cell file, and a cell becomes such output."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from fake_sge.cellfile import BadFile, import_cell, load_cell, parse_yaml, read_qconf
from fake_sge.cellfile.load import describe_cell
from fake_sge.commands import qconf_files
from fake_sge.core import CellConfig

HERE = Path(__file__).parent
TRACES = sorted((HERE.parents[1] / "transcripts" / "traces").glob("*/qconf"))
UNTOLD = {
    "cell": "default",
    "cluster_name": "",
    "domain": "",
    "enforce_rmem": False,
    "load_follows_jobs": False,
    "time_zone": "UTC",
}
"""What qconf doesn't tell."""


def exported(config: CellConfig, directory: Path) -> Path:
    directory.mkdir()
    for name, text in qconf_files(config).items():
        (directory / name).write_text(text)
    return directory


def told(config: CellConfig) -> CellConfig:
    machines = {name: replace(one, address="") for name, one in config.machines.items()}
    return replace(config, machines=machines, **UNTOLD)  # type: ignore[arg-type]


def differences(one: CellConfig, other: CellConfig) -> dict[str, object]:
    return {
        field.name: (getattr(one, field.name), getattr(other, field.name))
        for field in fields(CellConfig)
        if getattr(one, field.name) != getattr(other, field.name)
    }


@pytest.mark.parametrize(
    "source",
    [*TRACES, "recorded", "sharc"],
    ids=lambda path: getattr(path, "parent", path).name if isinstance(path, Path) else path,
)
def test_a_cell_that_is_printed_reads_the_same(source: str | Path, tmp_path: Path) -> None:
    """Cell -> files of qconf -> cell: every object has the texts that it had."""
    config = load_cell(source)
    assert differences(told(config), told(read_qconf(exported(config, tmp_path / "out")))) == {}


@pytest.mark.parametrize("source", [*TRACES, HERE / "samples" / "valid-everything.yaml", "sharc"], ids=str)
def test_an_imported_cell_is_the_cell(source: str | Path, tmp_path: Path) -> None:
    """Files of qconf -> cell file -> cell: nothing is lost but what the notes tell, which is nothing here."""
    config = load_cell(source)
    directory = exported(
        replace(config, machines={n: replace(m, gpus=tuple(range(len(m.gpus)))) for n, m in config.machines.items()}),
        tmp_path / "out",
    )
    imported = import_cell(directory)
    assert imported.notes == ()
    again = describe_cell(parse_yaml(imported.text, "cell.yaml")).build()
    for kind in (
        "queues",
        "parallel_environments",
        "projects",
        "calendars",
        "share_tree",
        "resource_quotas",
        "scheduler",
    ):
        assert getattr(again, kind).__len__() == getattr(config, kind).__len__()
    assert sorted(again.hosts) == sorted(config.hosts)


def test_hosts_of_one_kind_become_a_group(tmp_path: Path) -> None:
    """A group takes the name of the host group with the same hosts, and has a count and a pattern of names."""
    text = import_cell(exported(load_cell("sharc"), tmp_path / "out")).text
    assert "general: {count: 94, names: 'sharc-node{n:03d}', slots: 16, memory: 64G, sockets: 2}" in text
    assert "@general" not in text.partition("host_groups:")[0]


def test_what_differs_between_hosts_becomes_overrides(tmp_path: Path) -> None:
    """Any attribute of queue_conf(5) may differ from host to host."""
    config = load_cell("recorded")
    config.queues["all.q"]["load_thresholds"] = "np_load_avg=1.75,[node002.sharc.test=NONE],[@gpuhosts=mem_free=1G]"
    config.queues["all.q"]["pe_list"] = "smp mpi,[@cpuhosts=mpirr smp]"
    imported = import_cell(exported(config, tmp_path / "out"))
    again = describe_cell(parse_yaml(imported.text, "cell.yaml")).build()
    assert imported.notes == ()
    for name in ("load_thresholds", "pe_list"):
        assert again.queues["all.q"][name] == config.queues["all.q"][name]


BROKEN = {
    "not an attribute": ("sq_all.q", "denied: host is not an admin host\n", "sq_all.q:1: 'denied: host"),
    "no name": ("sq_all.q", "seq_no 0\n", "sq_all.q: has no line qname"),
    "twice": ("sp_smp", "pe_name smp\nslots 4\nslots 5\n", "sp_smp:3: the attribute slots is there twice"),
    "two files": ("sp_other", "pe_name smp\nslots 4\n", "sp_smp: describes smp, as another file does"),
    "columns": ("sc", "arch a STRING == YES NO NONE\n", "sc:1: 'arch a STRING == YES NO NONE' is not a line"),
    "open set": ("srqs", "{\nname x\nlimit to slots=1\n", "srqs:3: a set isn't closed by }"),
    "words": ("srqs", "{\n  name x\n  foo bar\n}\n", "srqs:3: 'foo bar' has no place in a resource quota set"),
    "tree": ("sstree", "id=0\nname=Root\nshares=1\nchildnodes=1\n", "sstree: a share tree's node"),
    "load": ("se_node001.sharc.test", "hostname node001.sharc.test\nprocessors many\n", "se_node001.sharc.test: what"),
    "slots": ("sq_all.q", "qname all.q\nhostlist @cpuhosts\nslots many\n", "sq_all.q:3: queues.0.slots"),
    "calendar": ("scal_c", "calendar_name c\nyear NONE\nweek xyz\n", "scal_c:3: 'xyz' is not a rule"),
    "missing pe": ("sq_all.q", "qname all.q\nhostlist @cpuhosts\npe_list nope\n", "sq_all.q:3: there is no parallel"),
}


@pytest.mark.parametrize(("name", "text", "said"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_imported_is_told_with_its_line(name: str, text: str, said: str, tmp_path: Path) -> None:
    """One line: the file, the line in it, what is wrong."""
    directory = exported(load_cell("recorded"), tmp_path / "out")
    (directory / name).write_text(text)
    with pytest.raises(BadFile) as refused:
        import_cell(directory)
    assert str(refused.value).startswith(f"{directory}/{said}")


def test_what_a_cell_file_cannot_say_is_noted(tmp_path: Path) -> None:
    """Settings of other versions and local configurations are left out, never silently."""
    directory = exported(load_cell("recorded"), tmp_path / "out")
    with (directory / "sq_all.q").open("a") as file:
        file.write("speed_limit 30\n")
    (directory / "sconf_node001.sharc.test").write_text("#node001:\nmailer /bin/mail\n")
    assert import_cell(directory).notes == (
        "queues.all.q.speed_limit: left out, a cell file can't say it",
        "configuration.node001.sharc.test: left out, a cell file can't say it",
    )
