"""-ckpt and -c of qsub, and what the others show of them, as recorded."""

from __future__ import annotations

from typing import Any

import pytest

INTERFACE = {
    "ckpt_name": "userdefined",
    "interface": "userdefined",
    "ckpt_command": "none",
    "migr_command": "none",
    "restart_command": "none",
    "clean_command": "none",
    "ckpt_dir": "/var/ckpt",
    "signal": "none",
    "when": "xs",
}


@pytest.fixture
def ready(bench: Any) -> Any:
    """The cell has an interface, and all.q uses it."""
    bench.input("configure", kind="checkpoints", name="userdefined", value=INTERFACE, user="root")
    queue = bench.cell.config.queues["all.q"] | {"ckpt_list": "userdefined"}
    bench.input("configure", kind="queues", name="all.q", value=queue, user="root")
    return bench


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ("", "checkpoint_attr:            sx    \n"),
        ("-c s", "checkpoint_attr:            s    \n"),
        ("-c smx", "checkpoint_attr:            msx    \n"),
        ("-c 0:10:0", "checkpoint_attr:            sx    \ncheckpoint_interval:        600 seconds\n"),
        ("-c 600", "checkpoint_attr:            sx    \ncheckpoint_interval:        600 seconds\n"),
    ],
)
def test_when_a_job_is_checkpointed(ready: Any, options: str, shown: str) -> None:
    """By the interface, unless the job says; qstat -j shows it."""
    job = ready.submit(f"-h -ckpt userdefined {options}")
    text = ready.type(f"qstat -j {job}").stdout
    assert f"checkpoint_object:          userdefined\n{shown}mail_list:" in text


@pytest.mark.parametrize(("value", "text"), [("q", "-c specifier invalid"), ("1:0", "-c argument invalid")])
def test_what_is_no_occasion(ready: Any, value: str, text: str) -> None:
    """Letters of nmsxr, or a time."""
    reply = ready.type(f"qsub -ckpt userdefined -c {value}")
    assert (reply.stderr, reply.code) == (f"qsub: {text}\n", 2)


def test_a_job_shows_its_interface(ready: Any) -> None:
    """qstat -r."""
    ready.submit("-ckpt userdefined")
    ready.pass_time()
    text = ready.type("qstat -r").stdout
    assert "       Master Queue:     all.q@node001.sharc.test\n       Checkpoint Env.:  userdefined\n" in text


def test_an_altered_job(ready: Any) -> None:
    """qalter -ckpt; it takes -c without a word."""
    job = ready.submit("-h")
    assert ready.type(f"qalter -ckpt userdefined {job}").stdout == f"modified checkpointing environment of job {job}\n"
    reply = ready.type(f"qalter -ckpt nope {job}")
    assert (reply.stdout, reply.code) == ('denied: checkpointing environment "nope" does not exist\n', 1)
    assert ready.type(f"qalter -c m {job}").stdout == ""


def test_qconf_shows_interfaces(ready: Any) -> None:
    """One, and their names."""
    shown = ready.type("qconf -sckpt userdefined", host="master.sharc.test").stdout
    assert shown == "".join(f"{name:<19}{value}\n" for name, value in INTERFACE.items())
    assert ready.type("qconf -sckptl", host="master.sharc.test").stdout == "userdefined\n"
    reply = ready.type("qconf -sckpt nope", host="master.sharc.test")
    assert (reply.stderr, reply.code) == ("nope is not a checkpointing interface definition\n", 1)
