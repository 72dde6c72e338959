"""Sample files: each valid one is a cell, each invalid one gets the line that its first line gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from fake_sge.cellfile import BadFile, load_cell, named_cells, override, parse_yaml
from fake_sge.cellfile.load import describe_cell
from fake_sge.core import Cell

SAMPLES = Path(__file__).parent / "samples"


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("invalid-*.yaml")), ids=lambda path: path.stem)
def test_what_is_wrong_gets_one_line_with_place_and_cure(sample: Path) -> None:
    """``file:line: what; fix``, in one line, for the first thing that is wrong."""
    expected = f"{sample}:{sample.read_text().splitlines()[0].removeprefix('# ')}"
    with pytest.raises(BadFile) as refused:
        load_cell(sample)
    assert str(refused.value)[: len(expected)] == expected
    assert "\n" not in str(refused.value)
    assert refused.value.fix


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("valid-*.yaml")), ids=lambda path: path.stem)
def test_what_is_right_is_a_cell(sample: Path) -> None:
    """A valid file builds, and its queues have every attribute of queue_conf(5)."""
    cell = load_cell(sample)
    assert cell.machines.keys() == cell.hosts.keys() - {"global"}
    assert {len(queue) for queue in cell.queues.values()} == {50}


def test_every_subject_reaches_the_cell() -> None:
    """Texts are SGE's own: overrides in brackets, lists in its separators, times as it prints them."""
    cell = load_cell(SAMPLES / "valid-everything.yaml")
    queue = cell.queues["all.q"]
    assert queue["hostlist"] == "@every"
    assert queue["slots"] == "8,[@fat=40],[thin1.example.org=4]"
    assert queue["seq_no"] == "0,[@odd=5]"
    assert queue["h_rt"] == "96:00:00,[@odd=04:00:00]"
    assert (queue["s_rt"], queue["h_vmem"], queue["notify"]) == ("95:30:00", "64G", "00:00:30")
    assert (queue["qtype"], queue["pe_list"], queue["rerun"]) == ("BATCH", "smp four", "TRUE")
    assert cell.queues["low.q"]["pe_list"] == "NONE,[thin3.example.org=smp]"
    assert cell.hosts["global"]["complex_values"] == "gpu=6"
    assert [row["name"] for row in cell.share_tree] == ["Root", "open", "ann", "default", "bob"]
    assert (queue["complex_values"], queue["xuser_lists"]) == ("scratch=100G", "guests")
    assert cell.host_groups["@every"] == ["@thin", "@fat"]
    assert cell.host_groups["@odd"] == ["thin1.example.org", "thin3.example.org"]
    assert cell.hosts["fat007.example.org"]["complex_values"] == "slots=40,gpu=2"
    assert cell.machines["fat007.example.org"].gpus == (0, 2)
    assert cell.machines["thin1.example.org"].address == "127.0.3.1"
    four = cell.parallel_environments["four"]
    assert (four["allocation_rule"], four["control_slaves"], four["job_is_first_task"]) == ("4", "FALSE", "FALSE")
    gpu, place = cell.complexes["gpu"], cell.complexes["site"]
    assert (gpu.consumable, gpu.relop, gpu.default, gpu.urgency) == ("JOB", "<=", "0", "100")
    assert (place.requestable, place.relop, place.default) == ("FORCED", "==", "NONE")
    assert cell.projects["closed"]["acl"] == "staff"
    assert cell.access_lists["guests"]["type"] == "ACL DEPT"
    assert cell.users["ann"]["default_project"] == "open"
    assert cell.resource_quotas["quota_1"].limits == ["users {*} hosts @thin,!thin2.example.org to slots=4"]
    assert cell.resource_quotas["gpus"].limits == ["name staff users @staff to gpu=4", "users {*} to gpu=1"]
    assert cell.calendars["nights"]["week"] == "mon-fri=20-6=on sat,sun=suspended"
    assert cell.scheduler["schedule_interval"] == "0:1:30"
    assert (cell.scheduler["weight_priority"], cell.scheduler["weight_urgency"]) == ("1.000000", "0.200000")
    assert (cell.scheduler["schedd_job_info"], cell.scheduler["default_duration"]) == ("false", "8:0:0")
    assert (cell.configuration["global"]["max_u_jobs"], cell.configuration["global"]["enforce_project"]) == (
        "100",
        "true",
    )
    assert cell.configuration["global"]["max_unheard"] == "00:01:30"
    assert cell.submit_hosts == ["head.example.org", "login.example.org"]


def test_slots_of_a_queue_default_to_those_of_its_hosts() -> None:
    """One number where hosts agree, overrides for the groups that differ."""
    hosts = "hosts: {a: {slots: 4}, b: {slots: 4}, c: {slots: 8}}"
    text = f"{hosts}\nqueues: [{{name: q, hosts: [a, b]}}, {{name: r, hosts: [a, b, c]}}]"
    queues = describe_cell(parse_yaml(text, "cell.yaml")).build().queues
    assert (queues["q"]["slots"], queues["r"]["slots"]) == ("4", "4,[@c=8]")


def test_named_cells_are_shipped_and_whole() -> None:
    """``laptop`` has three hosts, one with two GPUs, and starts jobs at once; ``sharc`` says that it is a subset."""
    assert named_cells() == ["laptop", "recorded", "sharc"]
    laptop = load_cell("laptop")
    assert len(laptop.hosts) == 3
    assert sorted(machine.gpus for machine in laptop.machines.values()) == [(), (), (0, 1)]
    assert (laptop.scheduler["flush_submit_sec"], laptop.scheduler["flush_finish_sec"]) == ("1", "1")
    sharc = load_cell("sharc")
    assert (len(sharc.hosts), sharc.domain, sharc.scheduler["weight_priority"]) == (126, "shef.ac.uk", "1.000000")
    assert len(sharc.machines["sharc-node126.shef.ac.uk"].gpus) == 7
    assert sharc.complexes["gpu"].consumable == "YES"


@pytest.mark.parametrize("cell", named_cells())
def test_every_named_cell_can_be_run(cell: str) -> None:
    """The core takes it, with a queue instance for every queue on each of its hosts."""
    config = load_cell(cell)
    running = Cell(config)
    assert {instance.queue for instance in running.queue_instances} == config.queues.keys()
    assert sum(instance.slots for instance in running.queue_instances) > 0


def test_a_name_that_is_neither_file_nor_cell_is_told_which_there_are() -> None:
    """The cure lists the shipped cells."""
    with pytest.raises(
        BadFile, match=r"there is no cell 'labtop'; did you mean laptop\? known: laptop, recorded, sharc"
    ):
        load_cell("labtop")


def test_a_description_made_in_code_is_checked_too() -> None:
    """`build` refuses what doesn't fit, with the place in the description."""
    description = describe_cell(parse_yaml("hosts: {n: {}}\nqueues: [{name: q, hosts: [n]}]", "cell.yaml"))
    description.queues[0].hosts.append("m")
    with pytest.raises(BadFile, match=r"cell queues\.0\.hosts\.1: there is no host or host group 'm'; known: n"):
        description.build()


def test_an_override_takes_a_dotted_path_and_is_named_where_it_is_wrong() -> None:
    """Lists go by position or name, names may have dots, missing mappings are made, and errors name the option."""
    document = parse_yaml("hosts: {n: {}}\nqueues: [{name: all.q, hosts: [n]}]", "cell.yaml")
    override(document, "queues.all.q.slots", "3")
    override(document, "queues.0.h_rt", "4:00:00")
    override(document, "scheduler.flush_submit_sec", "1")
    cell = describe_cell(document).build()
    assert (cell.queues["all.q"]["slots"], cell.queues["all.q"]["h_rt"]) == ("3", "04:00:00")
    assert cell.scheduler["flush_submit_sec"] == "1"
    override(document, "hosts.n.count", "many")
    with pytest.raises(BadFile, match=r"^--set hosts\.n\.count: hosts\.n\.count must be a whole number"):
        describe_cell(document)
    with pytest.raises(BadFile, match=r"^--set queues\.b\.q\.slots: there is no 'b' in that list; .*all\.q"):
        override(document, "queues.b.q.slots", "3")
    with pytest.raises(BadFile, match=r"^--set queues\.\.slots: 'queues\.\.slots' is not a path of keys"):
        override(document, "queues..slots", "3")
