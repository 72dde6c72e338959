from __future__ import annotations

import json

import pytest

from hubstack.cli import main


@pytest.fixture
def hubstack(capsys):
    """Runs a command line; its exit code, stdout and stderr."""

    def call(*argv: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(list(argv))
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return call


@pytest.fixture
def run(hubstack, tmp_path):
    """A finished run of the first scenario on the model."""
    code, _, _ = hubstack("run", "small_class", "--out", str(tmp_path / "run"))
    assert code == 0
    return str(tmp_path / "run")


def test_run_prints_figures_verdicts_and_where_the_run_is(hubstack, tmp_path):
    """Progress goes to stderr, the answer to stdout."""
    code, out, err = hubstack("run", "small_class", "--out", str(tmp_path / "run"), "--replications", "2")
    assert code == 0
    assert "replication 2 of 2 on model" in err
    assert "p95(spawn) < 90 s" in out
    assert "report.html" in out


def test_run_speaks_json(hubstack, tmp_path):
    """One document for scripts."""
    code, out, _ = hubstack("run", "small_class", "--out", str(tmp_path / "run"), "-o", "json", "--seed", "3")
    answer = json.loads(out)
    assert (code, answer["passed"], answer["summary"]["seed"]) == (0, True, 3)


def test_a_gate_that_fails_gives_exit_code_1(hubstack, run, tmp_path):
    """Both when the run is made and afterwards."""
    assert hubstack("gate", run)[0] == 0
    assert hubstack("gate", run, "--gate", "p50(spawn) < 1 ms")[0] == 1
    assert hubstack("gate", run, "--gate", "p50(throttle) < 1 h")[0] == 1
    strict = ["--set", "gates=['p50(spawn) < 1 ms']", "--out", str(tmp_path / "strict")]
    assert hubstack("run", "small_class", *strict)[0] == 1


@pytest.mark.parametrize(
    "argv, says",
    [
        (["run", "small_clas"], "did you mean small_class"),
        (["run", "small_class", "--stage", "real"], "use one of: model, fake"),
        (["run", "small_class", "--set", "seed"], "write it like"),
        (["run", "small_class", "--set", "seed=-1"], "--set seed"),
        (["run", "small_class", "--set", "site.cell.queues.0.hosts=[none]"], "--set site.cell"),
        (["gate", "."], "isn't a finished run"),
        (["diff", ".", "."], "isn't a finished run"),
    ],
)
def test_what_the_user_wrote_wrong_gives_exit_code_2_and_one_line(hubstack, argv, says, tmp_path, monkeypatch):
    """What, where and the cure."""
    monkeypatch.chdir(tmp_path)
    code, _, err = hubstack(*argv)
    assert code == 2
    assert says in err
    assert len([line for line in err.splitlines() if line.startswith("hubstack:")]) == 1
    assert not (tmp_path / "runs").exists()


def test_diff_lays_two_runs_side_by_side(hubstack, run, tmp_path):
    """Another seed: the same sessions by name, other figures."""
    hubstack("run", "small_class", "--seed", "2", "--out", str(tmp_path / "other"))
    code, out, _ = hubstack("diff", run, str(tmp_path / "other"), "-o", "json")
    rows = {row["span"]: row for row in json.loads(out)["spans"]}
    assert code == 0
    assert rows["spawn"]["count"] == [5, 5]
    assert rows["spawn"]["difference"]["n"] > 0


def test_report_writes_the_page_again(hubstack, run, tmp_path):
    """The same page as the run wrote."""
    code, out, _ = hubstack("report", run, "--out", str(tmp_path / "page.html"))
    assert (code, out.strip()) == (0, str(tmp_path / "page.html"))
    assert (tmp_path / "page.html").read_bytes() == (tmp_path / "run" / "report.html").read_bytes()


def test_diff_prints_a_table(hubstack, run):
    """For people."""
    code, out, _ = hubstack("diff", run, run)
    assert code == 0
    assert "queue_wait" in out
