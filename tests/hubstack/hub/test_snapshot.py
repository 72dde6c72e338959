"""Reading `qstat -xml`: what the real one printed is read, anything else is refused."""

import json
from pathlib import Path

import pytest

from hubstack.hub.snapshot import BadAnswer, parse_snapshot

RECORDED = Path(__file__).parents[2] / "transcripts"
ONE = (
    "<job_info><queue_info><job_list state='running'><JB_job_number>7</JB_job_number><JB_name>jupyterhub</JB_name>"
    "<JB_owner>user001</JB_owner><state>{letters}</state><queue_name>{queue}</queue_name></job_list></queue_info>"
    "<job_info></job_info></job_info>"
)


def one(letters="r", queue="all.q@node001"):
    """The job of a document with one."""
    return parse_snapshot(ONE.format(letters=letters, queue=queue).encode(), 0.0).jobs["7"]


def test_a_job_is_read():
    """Id, owner, name, state letters; queue and host are one text in qstat."""
    job = one()
    assert (job.job_id, job.owner, job.name, job.letters) == ("7", "user001", "jupyterhub", "r")
    assert (job.queue, job.host) == ("all.q", "node001")


@pytest.mark.parametrize(
    "letters, queue, waiting, in_error, suspended, being_deleted",
    [
        ("qw", "", True, False, False, False),
        ("hqw", "", True, False, False, False),
        ("Eqw", "", True, True, False, False),
        ("t", "all.q@h", False, False, False, False),
        ("Rr", "all.q@h", False, False, False, False),
        ("dr", "all.q@h", False, False, False, True),
        ("s", "all.q@h", False, False, True, False),
        ("S", "all.q@h", False, False, True, False),
        ("T", "all.q@h", False, False, True, False),
        ("dT", "all.q@h", False, False, True, True),
    ],
)
def test_state_letters(letters, queue, waiting, in_error, suspended, being_deleted):
    """The attribute of job_list is coarse; the letters decide."""
    job = one(letters, queue)
    assert (job.waiting, job.in_error, job.suspended, job.being_deleted) == (
        waiting,
        in_error,
        suspended,
        being_deleted,
    )


def test_no_jobs_is_a_good_answer():
    """Real qstat prints both parts, empty."""
    assert parse_snapshot(b"<job_info><queue_info/><job_info/></job_info>", 0.0).jobs == {}


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"\n",
        b"job-ID  prior   name\n",
        b"error: commlib error: got select error\n",
        ONE[:200].encode(),
        b"\xff\xfe<job_info>",
        ONE.replace("user001", "us\xe9r").encode("latin-1"),
        b"<job_info/>",
        b"<job_info><queue_info/></job_info>",
        b"<detailed_job_info><djob_info/></detailed_job_info>",
        b"<unknown_jobs/>",
        b"<!DOCTYPE job_info [<!ENTITY a 'aaaa'>]><job_info><queue_info>&a;</queue_info><job_info/></job_info>",
        b"<job_info><queue_info/><job_info/></job_info>trailing",
        ONE.replace("7", "*").encode(),
        ONE.replace("7", "12345678").encode(),
        ONE.format(letters="", queue="").encode(),
        b"<job_info>" + b"x" * (65 * 2**20),
    ],
    ids=lambda document: str(document[:30]),
)
def test_anything_else_is_refused(document):
    """Fault 4: empty, truncated, not UTF-8, another document, a document type, 64 MiB: unknown, never "no jobs"."""
    with pytest.raises(BadAnswer):
        parse_snapshot(document, 0.0)


def test_ids_of_other_owners_are_other_jobs():
    """Ids come round again: a job counts with its owner."""
    snapshot = parse_snapshot(ONE.format(letters="r", queue="q@h").encode(), 0.0)
    assert snapshot.job("7", "user001") is not None
    assert snapshot.job("7", "user002") is None


def test_place_in_the_queue():
    """qstat prints waiting jobs by priority; those in error aren't waited for."""
    waiting = "".join(
        f"<job_list><JB_job_number>{number}</JB_job_number><state>{state}</state><queue_name/></job_list>"
        for number, state in ((5, "qw"), (3, "Eqw"), (9, "hqw"), (4, "qw"))
    )
    snapshot = parse_snapshot(f"<job_info><queue_info/><job_info>{waiting}</job_info></job_info>".encode(), 0.0)
    assert snapshot.place_in_queue(snapshot.jobs["4"]) == (3, 3)
    assert snapshot.place_in_queue(snapshot.jobs["5"]) == (1, 3)


@pytest.mark.skipif(not (RECORDED / "qstat").is_dir(), reason="the recordings aren't here")
@pytest.mark.parametrize("name", ["xml_u_all", "xml_suspended_queue"])
def test_what_the_real_qstat_printed(name):
    """Recorded answers of 8.1.9 are read whole."""
    text = json.loads((RECORDED / "qstat" / f"{name}.json").read_text())["stdout"]
    snapshot = parse_snapshot(text.encode(), 0.0)
    assert len(snapshot.jobs) == text.count("<job_list ")
    assert snapshot.jobs["112"].host == "gpu001.sharc.test"
