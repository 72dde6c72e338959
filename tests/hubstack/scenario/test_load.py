from __future__ import annotations

import json

import pytest

from fake_sge.cellfile import BadFile
from hubstack.scenario import load_scenario, scenario_schema, shipped_scenarios


def test_a_whole_file_is_read(load):
    """Units, defaults and the site."""
    loaded = load()
    assert loaded.scenario.horizon == 7200
    assert loaded.scenario.replications == 1
    assert loaded.scenario.users[0].patience.retries == 3
    assert loaded.site.name == "small"


@pytest.mark.parametrize(
    "old, new, line, says",
    [
        ("seed: 7", "seeds: 7", 6, "seed"),
        ("horizon: 2h", "horizon: two hours", 5, "not a duration"),
        ("count: 20", "count: 0", 9, "greater than or equal to 1"),
        ("spread: 5m", "at: [1s]", 10, "exactly one pattern"),
        ("lognormal: {median: 20m, sigma: 0.4}", "fixed: 1s, lognormal: {median: 1s, sigma: 1}", 12, "one length"),
        ("start: 2026-10-05T08:00", "start: monday", 4, "write one like 2026-10-05T08:00"),
        ("seed: 7", "seed: 7\nload: [{swf: trace.swf}]", 7, "there is no file"),
        ("seed: 7", "seed: 7\nwarm_up: 3h", 1, "warm-up"),
        ("site: small.yaml", "site: sites/none.yaml", 3, "no site file"),
        ("cores: 1}", "cores: many}", 11, "whole number"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(load, scenario_file, old, new, line, says):
    """One line: file, line, what, and the cure."""
    with pytest.raises(BadFile) as refused:
        load((old, new))
    assert refused.value.where == f"{scenario_file}:{line}"
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_value_can_be_set_by_its_path(load):
    """Scenario and site values alike, checked as if they stood in the files."""
    overrides = {"replications": "3", "users.0.count": "4", "gates": "[]", "site.users.count": "9"}
    loaded = load(overrides=overrides)
    assert (loaded.scenario.replications, loaded.scenario.users[0].count, loaded.scenario.gates) == (3, 4, [])
    assert len(loaded.site.user_names()) == 9


@pytest.mark.parametrize(
    "path, text, says",
    [
        ("users.5.count", "1", "5"),
        ("users.0.count", "none", "whole number"),
        ("sed", "1", "unknown key 'sed'"),
    ],
)
def test_an_override_that_fits_nowhere_names_itself(load, path, text, says):
    """The error points to the command line, not to a line of the file."""
    with pytest.raises(BadFile, match=says) as refused:
        load(overrides={path: text})
    assert refused.value.where == f"--set {path}"


def test_the_name_of_a_run_depends_on_all_that_decides_it(load):
    """The same scenario, site and seed have one name; a changed site has another."""
    assert load().run_name == load().run_name
    assert load().run_name != load(overrides={"site.users.count": "29"}).run_name


def test_an_unknown_scenario_names_the_shipped_ones():
    """A typing error gets the nearest name."""
    with pytest.raises(BadFile, match="small_class"):
        load_scenario("small_clas")


@pytest.mark.parametrize("name", shipped_scenarios())
def test_every_shipped_scenario_loads(name):
    """What is shipped must be right."""
    assert load_scenario(name).scenario.name == name


def test_the_schema_is_json_and_closed():
    """Editors complete it, and mark unknown keys."""
    schema = json.loads(json.dumps(scenario_schema()))
    assert schema["additionalProperties"] is False
    assert "class" in schema["$defs"]["UserClass"]["properties"]
