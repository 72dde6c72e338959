"""qsub(1)."""

from __future__ import annotations

from typing import Any

import pytest

from fake_sge.core import Event, JobRequest

Bench = Any
"""The fixture's class; conftest has it."""


def _request(bench: Bench, line: str, **more: str) -> JobRequest:
    return bench.cell.jobs[bench.submit(line, **more)].request


def test_a_job_from_standard_input_is_named_so(bench: Bench) -> None:
    """Without -N the name is the script file's, or STDIN."""
    assert bench.type("qsub").stdout == 'Your job 1 ("STDIN") has been submitted\n'


def test_an_array_says_its_tasks(bench: Bench) -> None:
    """The range is told as it was typed."""
    assert bench.type("qsub -N a -t 1-10:2").stdout == 'Your job-array 1.1-10:2 ("a") has been submitted\n'


def test_terse_prints_the_number_alone(bench: Bench) -> None:
    """-terse is for scripts."""
    assert bench.type("qsub -terse").stdout == "1\n"
    assert bench.type("qsub -terse -t 1-3").stdout == "2.1-3:1\n"


def test_a_script_file_is_read_where_the_command_is_typed(bench: Bench) -> None:
    """Its arguments are the job's, its base name the job's name."""
    bench.files["/home/user1/t/run.sh"] = b"#$ -l h_rt=60\nsleep $1\n"
    request = _request(bench, "t/run.sh 5 -x")
    assert (request.name, request.args, request.hard) == ("run.sh", ["5", "-x"], [("h_rt", "60")])


def test_a_missing_script_uses_no_number(bench: Bench) -> None:
    """The client finds out by itself."""
    reply = bench.type("qsub t/no.sh")
    expected = "Unable to read script file because of error: error opening t/no.sh: No such file or directory\n"
    assert (reply.stderr, reply.code, bench.cell.next_job_id) == (expected, 14, 1)


def test_a_refused_job_uses_a_number(bench: Bench) -> None:
    """The qmaster counts before it checks."""
    reply = bench.type("qsub -l nosuch=1")
    assert (reply.stdout, reply.stderr) == ("", 'Unable to run job: unknown resource "nosuch"\nExiting.\n')
    assert (reply.code, bench.cell.next_job_id) == (1, 2)


def test_the_command_line_overrides_the_script(bench: Bench) -> None:
    """Default files first, then the script, then the command line."""
    bench.files["/home/user1/.sge_request"] = b"-N default\n-q gpu.q\n-j y\n"
    request = _request(bench, "-N typed -q all.q", stdin="#$ -N inside -q interactive.q -l h_rt=60,rmem=1G\nsleep 1\n")
    assert (request.name, request.hard_queues, request.merge_output) == ("typed", ["all.q"], True)


def test_resources_of_all_sources_add_up(bench: Bench) -> None:
    """Of requests for the same resource the last one counts."""
    request = _request(bench, "-l rmem=2G", stdin="#$ -l h_rt=60,rmem=1G\nsleep 1\n")
    assert request.hard == [("h_rt", "60"), ("rmem", "2G")]


def test_clear_forgets_what_came_before(bench: Bench) -> None:
    """-clear drops default files and the script's own lines."""
    bench.files["/home/user1/.sge_request"] = b"-j y\n"
    request = _request(bench, "-clear", stdin="#$ -N inside\nsleep 1\n")
    assert (request.name, request.merge_output) == ("STDIN", False)


def test_an_empty_prefix_reads_no_lines(bench: Bench) -> None:
    """-C with another prefix, or none."""
    bench.type("qsub -C #! -terse", stdin="#$ -N one\n#! -N two\nsleep 1\n")
    assert bench.cell.jobs[1].request.name == "two"


def test_an_option_file_stands_in_its_place(bench: Bench) -> None:
    """-@ file: submit(1)."""
    bench.files["/home/user1/opts"] = b"-N fromfile -l h_rt=60\n"
    assert _request(bench, "-@ opts").name == "fromfile"


def test_a_binary_job_has_no_script(bench: Bench) -> None:
    """-b y takes a command and reads nothing."""
    request = _request(bench, "-b y sleep 5")
    assert (request.binary, request.script, request.name, request.args) == (True, None, "sleep", ["5"])


def test_variables_come_from_where_the_command_is_typed(bench: Bench) -> None:
    """-v NAME takes the value at hand, -V all of them."""
    assert _request(bench, "-v FOO=bar,BAZ", BAZ="here").environment == {"TERM": "", "FOO": "bar", "BAZ": "here"}
    assert _request(bench, "-V", BAZ="here").environment["BAZ"] == "here"


def test_context_is_kept(bench: Bench) -> None:
    """-ac a=b,c=d; qstat -j shows it."""
    number = bench.submit("-ac spawner=jupyter,tag=x")
    assert "context:                    spawner=jupyter,tag=x\n" in bench.type(f"qstat -j {number}").stdout


def test_only_submit_hosts_submit(bench: Bench) -> None:
    """An execution host is none."""
    reply = bench.type("qsub", host="node001.sharc.test")
    assert reply.stderr == 'Unable to run job: denied: host "node001.sharc.test" is not a submit host\nExiting.\n'


def test_empty_standard_input_is_no_script(bench: Bench) -> None:
    """Exit code 4, and no number used."""
    reply = bench.type("qsub", stdin="")
    assert (reply.stderr, reply.code) == ("Unable to read script file because of error: no input read from stdin\n", 4)


@pytest.mark.parametrize(
    ("options", "code", "text"),
    [
        ("-p 5000", 7, 'qsub: invalid priority "5000".  Must be an integer from -1023 to 1024\n'),
        ("-zz", 2, 'qsub: invalid option argument "-zz"\n'),
        ("-r maybe", 7, 'qsub: invalid option argument "-r maybe"\n'),
    ],
)
def test_bad_options_end_it_at_the_client(bench: Bench, options: str, code: int, text: str) -> None:
    """No number is used for what the client refuses."""
    reply = bench.type(f"qsub {options}")
    assert (reply.code, reply.stderr, bench.cell.next_job_id) == (code, text, 1)


def test_verification_submits_nothing(bench: Bench) -> None:
    """-w v says whether an empty cell could take it; -w e refuses; -w w warns on standard output."""
    for options in ("-w v", "-w p -pe smp 2"):
        assert bench.type(f"qsub {options}").stdout == "verification: found suitable queue(s)\n"
    assert bench.type("qsub -w e -l rmem=1000G").stderr == "Unable to run job: error: no suitable queues\nExiting.\n"
    assert bench.cell.jobs == {}
    assert bench.type("qsub -w w -l rmem=1000G").stdout.splitlines()[0] == "warning: no suitable queues"


def test_sync_tells_of_a_job_that_ended_before_it_could_wait(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """-sync y has the exit code of a job that ran while its number was on its way to the user."""
    accept = bench.input

    def accept_and_run(name: str, **arguments: Any) -> list[Event]:
        events = accept(name, **arguments)
        bench.pass_time()
        bench.finish(events[0].job, status=3)
        return events

    monkeypatch.setattr(bench, "input", accept_and_run)
    reply = bench.type("qsub -sync y -N s")
    assert (reply.code, reply.stderr) == (3, "Job 1 exited with exit code 3.\n")


def test_sync_waits_and_reports_each_task(bench: Bench) -> None:
    """-sync y prints how each task ended."""
    reply = bench.type("qsub -sync y -t 1-2 -N s")
    assert reply.stdout == (
        'Your job-array 1.1-2:1 ("s") has been submitted\n'
        "Job 1.1 exited with exit code 0.\nJob 1.2 exited with exit code 0.\n"
    )


def test_verify_shows_the_job_alone(bench: Bench) -> None:
    """-verify prints what would be submitted."""
    reply = bench.type("qsub -verify -l h_rt=1:0:0 -pe smp 2")
    assert "hard resource_list:         h_rt=3600\n" in reply.stdout
    assert bench.cell.next_job_id == 1
