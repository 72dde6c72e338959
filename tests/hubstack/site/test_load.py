from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from hubstack.site import SiteError, dump_site, load_site, named_sites, site_schema

SAMPLES = Path(__file__).parent / "samples"


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("invalid-*.yaml")), ids=lambda path: path.stem)
def test_what_is_wrong_gets_one_line_with_place_and_cure(sample: Path) -> None:
    """``file:line: what; fix``, as the sample's first line gives it."""
    expected = f"{sample}:{sample.read_text().splitlines()[0].removeprefix('# ')}"
    with pytest.raises(SiteError) as refused:
        load_site(sample)
    assert str(refused.value)[: len(expected)] == expected
    assert refused.value.fix


def test_a_cell_file_is_looked_for_beside_the_site() -> None:
    """A relative path is the site's folder's, whatever the working directory."""
    site = load_site(SAMPLES / "valid-cell-beside.yaml")
    assert list(site.cell.hosts) == ["cpu", "gpu"]
    assert site.user_names() == ["ann", "bob"]
    assert (site.time_zone, site.hub.config, site.hub.form.runtime) == ("UTC", "reference", 14400)


def test_what_is_wrong_in_a_cell_file_is_told_of_that_file(tmp_path: Path) -> None:
    """The line is in the file that a person has to change."""
    (tmp_path / "site.yaml").write_text("version: 1\nname: s\ncell: cell.yaml\nusers: {count: 1}\n")
    (tmp_path / "cell.yaml").write_text("hosts: {n: {}}\n\nqueues: [{name: q, hosts: [m]}]\n")
    with pytest.raises(SiteError, match=r"/cell\.yaml:3: there is no host or host group 'm'"):
        load_site(tmp_path / "site.yaml")


def test_sites_are_shipped_by_name() -> None:
    """Each loads, builds, and is described by the schema."""
    assert named_sites() == ["laptop", "sharc", "teaching"]
    schema = jsonschema.Draft202012Validator(site_schema())
    for name in named_sites():
        site = load_site(name)
        assert site.name == name
        assert site.cell.build().queues
        assert site.cell.enforce_rmem
        assert list(schema.iter_errors(yaml.safe_load(dump_site(site)))) == []


def test_the_schema_knows_unknown_keys_and_cells_by_name() -> None:
    """An editor that has the schema says what `load_site` says."""
    schema = jsonschema.Draft202012Validator(site_schema())
    site = {"version": 1, "name": "s", "cell": "laptop", "users": {"count": 3}}
    assert schema.is_valid(site)
    assert schema.is_valid({**site, "hub": {"form": {"runtime": "4h"}}})
    assert not schema.is_valid({**site, "huub": {}})
    assert not schema.is_valid({**site, "cell": {"hosts": {}, "queues": []}})


def test_unknown_sites_are_told_which_there_are(tmp_path: Path) -> None:
    """A wrong name and a wrong path have different cures."""
    with pytest.raises(
        SiteError, match=r"there is no site 'labtop'; did you mean laptop\? known: laptop, sharc, teaching"
    ):
        load_site("labtop")
    with pytest.raises(SiteError, match=r"nosuch\.yaml: there is no such file; give the path of a site file"):
        load_site(tmp_path / "nosuch.yaml")


@pytest.mark.parametrize("name", ["laptop", "teaching", "sharc"])
def test_a_dumped_site_is_the_same_site(name: str, tmp_path: Path) -> None:
    """`dump_site` writes what `load_site` reads, overrides included."""
    site = load_site(name, {"cell.scheduler.schedule_interval": "1m30s", "site.hub.idle_culling": "20m"})
    assert site.hub.idle_culling == 1200
    (tmp_path / "site.yaml").write_text(dump_site(site))
    again = load_site(tmp_path / "site.yaml")
    assert again == site
    assert again.cell.build() == site.cell.build()


def test_overrides_reach_site_and_cell_alike() -> None:
    """With or without ``site.`` in front, into a cell that the site names, and by a queue's name."""
    wanted = {"site.users.count": "3", "cell.queues.all.q.slots": "2", "site.cell.scheduler.flush_submit_sec": "0"}
    site = load_site("laptop", wanted)
    assert site.user_names() == ["user001", "user002", "user003"]
    assert site.cell.build().queues["all.q"]["slots"] == "2"
    assert site.cell.scheduler.flush_submit_sec == 0


def test_another_cell_can_be_put_under_a_site() -> None:
    """``--set site.cell=NAME`` swaps the cluster; further overrides go into the new one."""
    site = load_site("laptop", {"site.cell": "sharc", "site.cell.hosts.gpu.count": "5"})
    assert (site.name, site.cell.cluster_name, site.cell.hosts["gpu"].count) == ("laptop", "sharc", 5)


@pytest.mark.parametrize(
    "option, value, error",
    [
        ("site.cell.schedular.x", "1", "unknown key 'schedular'; did you mean scheduler?"),
        ("site.users.count", "many", "users.count must be a whole number"),
        ("site.hub.form.runtime", "[", "is not YAML"),
        ("site.cell", "nosuch", "there is no cell 'nosuch'"),
    ],
)
def test_a_wrong_override_is_named(option: str, value: str, error: str) -> None:
    """The error's place is the option, not a line of the file."""
    with pytest.raises(SiteError) as refused:
        load_site("laptop", {option: value})
    assert str(refused.value).startswith(f"--set {option}")
    assert error in str(refused.value)


def test_a_cell_keeps_the_site_s_time() -> None:
    """Its calendars go by the site's clocks unless the cell has a time zone of its own."""
    assert load_site("teaching").cell.build().time_zone == "Europe/London"
    own = load_site("teaching", {"site.cell.time_zone": "Europe/Paris"})
    assert (own.time_zone, own.cell.build().time_zone) == ("Europe/London", "Europe/Paris")
