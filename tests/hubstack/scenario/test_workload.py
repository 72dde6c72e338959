"""Other load: traces in the Standard Workload Format, accounting files, generators."""

from __future__ import annotations

import contextlib
import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_sge.cellfile import BadFile
from hubstack.scenario import LoadGenerator, LoadSource, Streams, Swf, Work, jobs_of, read_ledger

HEADER = "; Version: 2.2\n; MaxProcs: 240\n"
HOUR_S = 3600.0


def line(number: int, submit: float, run: float = 100, slots: int = 2, limit: float = 600, user: int = 3) -> str:
    """A line as the archive's cleaned logs have them."""
    numbers = [number, submit, 5, run, slots, run, -1, slots, limit, -1, 1, user, 5, 1, -1, 1, -1, -1]
    return " ".join(map(str, numbers)) + "\n"


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """Three jobs, an hour apart, of which the first was submitted at second 1000."""
    path = tmp_path / "trace.swf"
    path.write_text(HEADER + line(1, 1000) + line(2, 1000 + HOUR_S, run=50.5, slots=8) + line(3, 1000 + 2 * HOUR_S))
    return path


def test_a_trace_gives_its_jobs(trace: Path) -> None:
    """Submission, run time, processors, requested time and user are fields 2, 4, 5, 9 and 12."""
    jobs = list(Swf(trace))
    assert [(job.at_s, job.run_s, job.slots) for job in jobs] == [(1000, 100, 2), (4600, 50.5, 8), (8200, 100, 2)]
    assert {(job.limit_s, job.owner, job.project) for job in jobs} == {(600, "swf3", None)}


def test_a_compressed_trace_is_the_same_trace(trace: Path, tmp_path: Path) -> None:
    """gzip is seen by what is in the file, not by its name."""
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(trace.read_bytes()))
    assert list(Swf(packed)) == list(Swf(trace))


def test_what_never_ran_is_left_out_and_counted(tmp_path: Path) -> None:
    """Run time or size -1: nothing to simulate."""
    path = tmp_path / "trace.swf"
    path.write_text(line(1, 0, run=-1) + line(2, 1) + line(3, 2, slots=-1))
    trace = Swf(path)
    assert [job.at_s for job in trace] == [1]
    assert trace.without_a_run == 2


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("1 2 3\n", "this line has 3"),
        (line(2, 5).replace("600", "soon"), "could not convert"),
        (line(2, 5).replace("600", "nan"), "finite"),
        (line(2, 0.5), "before the one above it"),
    ],
    ids=["short", "word", "nan", "order"],
)
def test_damage_is_refused_by_line_or_skipped(tmp_path: Path, damage: str, said: str) -> None:
    """A damaged line is one clear error with file and line; asked to, the reader skips it and goes on."""
    path = tmp_path / "trace.swf"
    path.write_text(HEADER + line(1, 1) + damage + line(3, 9))
    with pytest.raises(BadFile, match=said) as problem:
        list(Swf(path))
    assert f"{path}:4" in str(problem.value)
    patient = Swf(path, strict=False)
    assert [job.at_s for job in patient] == [1, 9]
    assert patient.damaged == 1


@given(st.binary(max_size=300))
def test_no_file_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Whatever the bytes, every line is a job, left out, damaged, a comment or empty; or the file can't be read."""
    path = tmp_path_factory.mktemp("swf") / "any"
    path.write_bytes(content)
    trace = Swf(path, strict=False)
    with contextlib.suppress(BadFile):
        found = len(list(trace)) + trace.without_a_run + trace.damaged
        assert found <= len(content.decode("utf-8", "replace").splitlines())


def test_an_accounting_file_gives_what_ran(tmp_path: Path) -> None:
    """Each task that ran is a job of its slots, its h_rt and its project, in order of submission; a job that was
    deleted before it started isn't one.
    """

    def record(number: int, submitted: int, started: int, ended: int, category: str) -> str:
        usage = ":".join(["0"] * 18)
        return (
            f"all.q:node001:cs:user1:name:{number}:sge:0:{submitted}:{started}:{ended}:0:0:{usage}:rse:"
            f"defaultdepartment:smp:4:0:1.0:1.0:0.0:{category}:0.0:NONE:1.0:0:0\n"
        )

    path = tmp_path / "accounting"
    path.write_text(
        "# Version: 8.1.9\n"
        + record(2, 2000, 2010, 2110, "-l h_rt=600 -pe smp 4")
        + record(1, 1000, 1500, 1530, "NONE")
        + record(3, 3000, 0, 0, "NONE")
    )
    jobs = read_ledger(path)
    assert [(job.at_s, job.run_s, job.slots, job.limit_s, job.owner, job.project) for job in jobs] == [
        (1000, 30, 4, None, "user1", "rse"),
        (2000, 100, 4, 600, "user1", "rse"),
    ]
    path.write_text(path.read_text() + "half a line:\n")
    with pytest.raises(BadFile, match="1 lines"):
        read_ledger(path)
    assert read_ledger(path, strict=False) == jobs


def test_a_source_is_scaled_cut_and_given_away(trace: Path) -> None:
    """*rate* makes jobs come denser, *size* makes them wider, *skip* leaves out a beginning, the horizon ends it."""
    source = LoadSource(swf="trace.swf", rate=2, size=0.5, skip=HOUR_S, owner="batch", project="rse")
    jobs = list(jobs_of(source, trace, HOUR_S, Streams(1, 1), "load.0"))
    assert [(job.at_s, job.slots, job.owner, job.project) for job in jobs] == [
        (0, 4, "batch", "rse"),
        (1800, 1, "batch", "rse"),
    ]
    assert [job.at_s for job in jobs_of(source, trace, 1800, Streams(1, 1), "load.0")] == [0]


def test_a_generator_is_a_poisson_process() -> None:
    """Over 2,000 hours with a job every six minutes, 20,000 are expected; five standard deviations are 708. The same
    seed gives the same jobs, another replication others.
    """
    source = LoadSource(generator=LoadGenerator(every=360, slots=[1, 2], run=Work(fixed=60), users=3))

    def drawn(replication: int) -> list[tuple[float, int, str]]:
        jobs = jobs_of(source, None, 2000 * HOUR_S, Streams(1, replication), "load.0")
        return [(job.at_s, job.slots, job.owner) for job in jobs]

    first = drawn(1)
    assert abs(len(first) - 20_000) < 708
    assert {slots for _, slots, _ in first} == {1, 2}
    assert {owner for _, _, owner in first} == {"load001", "load002", "load003"}
    assert drawn(1) == first != drawn(2)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{swf: nowhere.swf}", "there is no file"),
        ("{generator: {every: 3m, run: {fixed: 1m}}, queue: no.q}", "the cell has no queue 'no.q'"),
        ("{swf: a, accounting: b}", "exactly one source"),
        ("{generator: {every: 0s, run: {fixed: 1m}}}", "every"),
    ],
)
def test_load_that_cannot_be_is_refused_with_its_line(load, entry: str, said: str) -> None:
    """What a source names must be there; the error points to the entry."""
    with pytest.raises(BadFile, match=said) as problem:
        load(("gates:", f"load:\n  - {entry}\ngates:"))
    assert "lecture.yaml:15" in str(problem.value)
