"""A stack as a directory: private, complete, gone without a trace."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from fake_sge.cellfile import BadFile
from hubstack.testbed import Refused, Stack
from hubstack.testbed.stack import Record, registry

RECORD = Record(stage="fake", site="laptop", config="reference", port=20000, block=77, user="user001")


def modes_of(directory: Path) -> dict[str, str]:
    return {str(path.relative_to(directory)): oct(stat.S_IMODE(path.stat().st_mode)) for path in directory.rglob("*")}


def test_only_its_owner_reads_a_stack(state_home: Path) -> None:
    """Directories are 0700 and secrets 0600, whatever the umask."""
    stack = Stack("default")
    stack.create()
    modes = modes_of(stack.directory)
    assert stat.S_IMODE(stack.directory.stat().st_mode) == 0o700
    secrets = {name: mode for name, mode in modes.items() if name.startswith("secrets/")}
    assert secrets == dict.fromkeys(
        ["secrets/password", "secrets/proxy_token", "secrets/cookie_secret", "secrets/api_token"], "0o600"
    )
    assert set(modes.values()) == {"0o700", "0o600"}


def test_no_two_stacks_have_the_same_secrets(state_home: Path) -> None:
    """There is no default password."""
    first, second = Stack("first"), Stack("second")
    first.create()
    second.create()
    for name in ("password", "proxy_token", "cookie_secret", "api_token"):
        assert first.secret(name) != second.secret(name)
        assert len(first.secret(name)) >= 16


def test_removing_the_last_stack_leaves_nothing(state_home: Path) -> None:
    """Not even the directories above it; those stay while another stack is there."""
    first, second = Stack("first"), Stack("second")
    first.create()
    second.create()
    first.remove()
    assert [stack.name for stack in Stack.all()] == ["second"]
    second.remove()
    assert list(state_home.iterdir()) == []


def test_what_a_stack_is_can_be_read_again(state_home: Path) -> None:
    """The directory is the only memory."""
    stack = Stack("default")
    stack.create()
    assert stack.read() is None
    stack.write(RECORD)
    info = Stack.existing("default").info()
    assert Stack("default").read() == RECORD
    assert (info.url, info.hub_url) == ("http://127.0.0.1:20000/", "http://127.0.0.1:20000/hub/")
    assert (info.user, info.password, info.stage) == ("user001", stack.secret("password"), "fake")


def test_a_stack_that_is_not_there_is_refused(state_home: Path) -> None:
    """With the command that makes it."""
    with pytest.raises(Refused, match="no stack 'absent'") as refused:
        Stack.existing("absent")
    assert refused.value.fix == "hubstack up --name absent"


def test_a_start_that_was_cut_off_says_so(state_home: Path) -> None:
    """Its directory is there, but not what it is."""
    stack = Stack("default")
    stack.create()
    with pytest.raises(Refused, match="cut off"):
        stack.info()


@pytest.mark.parametrize("name", ["", "Default", "../x", "a/b", "-x", "x" * 33, "a b", "a\n"])
def test_a_name_that_is_no_file_name_is_the_users_mistake(state_home: Path, name: str) -> None:
    """Nothing outside the stacks' directory is ever touched."""
    with pytest.raises(BadFile, match="--name"):
        Stack(name)


def test_a_path_too_long_for_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """unix(7) allows 107 characters; found out before anything is started."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / ("x" * 80)))
    with pytest.raises(Refused, match="too long for a Unix socket"):
        Stack("default").create()
    assert not (tmp_path / ("x" * 80)).exists()


def test_a_relative_state_home_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """XDG base directory specification: relative paths are invalid."""
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Stack("default").directory == tmp_path / ".local/state/hubstack/stacks/default"


def test_the_registry_knows_what_is_taken(state_home: Path) -> None:
    """A new stack sees the ports and blocks of the others."""
    stack = Stack("first")
    stack.create()
    stack.write(RECORD)
    with registry() as others:
        assert others == [RECORD]


def test_a_locked_stack_waits_for_its_holder(state_home: Path) -> None:
    """Two commands never change a stack at once; other stacks go on."""
    entered = threading.Event()

    def enter() -> None:
        with Stack("default").locked():
            entered.set()

    with Stack("default").locked():
        other = threading.Thread(target=enter)
        other.start()
        with Stack("another").locked():
            assert not entered.wait(0.2)
    assert entered.wait(5)
    other.join()
