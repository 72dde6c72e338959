"""Secrets on their way to a job: one account may read them, and no other."""

import json
import os
import pwd
import struct
import subprocess
import sys

import pytest

from hubstack.hub.spawn_file import new_spawn_file, remove_spawn_file, write_spawn_file

NOBODY = pwd.getpwnam("nobody")


def test_the_file_is_its_owners_alone(tmp_path, mode):
    """0600 in a directory of 0700, whatever the umask."""
    before = os.umask(0)
    try:
        path = new_spawn_file(tmp_path / "secrets")
        write_spawn_file(path, {"environment": {"TOKEN": "x"}})
    finally:
        os.umask(before)
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700
    assert mode(path.parent.parent) == 0o711
    assert json.loads(path.read_text()) == {"environment": {"TOKEN": "x"}}
    remove_spawn_file(path)
    assert list((tmp_path / "secrets").iterdir()) == []
    remove_spawn_file(path)


def test_paths_are_not_guessed_and_not_shared(tmp_path):
    """128 random bits a spawn."""
    names = {new_spawn_file(tmp_path).parent.name for _ in range(100)}
    assert len(names) == 100
    assert all(len(name) == 32 for name in names)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_root_gives_the_file_to_the_account(tmp_path):
    """A hub that is root changes the owner."""
    path = new_spawn_file(tmp_path / "secrets")
    write_spawn_file(path, {}, NOBODY)
    assert path.stat().st_uid == path.parent.stat().st_uid == NOBODY.pw_uid


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to become other accounts")
def test_another_hub_adds_the_account_to_the_access_list(tmp_path):
    """A hub that isn't root: the account can read and remove the file, a third account can't."""
    tmp_path.chmod(0o777)
    for parent in tmp_path.parents[:-2]:
        parent.chmod(parent.stat().st_mode | 0o011)
    hub, third = 54321, 54322
    script = (
        "import os, pwd, sys; from pathlib import Path; from hubstack.hub import spawn_file as f\n"
        f"account = pwd.struct_passwd(('n', 'x', {NOBODY.pw_uid}, {NOBODY.pw_gid}, '', '/', ''))\n"
        f"os.setgroups([]); os.setgid({hub}); os.setuid({hub})\n"
        "path = f.new_spawn_file(Path(sys.argv[1]) / 's'); f.write_spawn_file(path, {'a': 1}, account); print(path)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False)
    if "Operation not supported" in done.stderr:
        pytest.skip("this file system has no access lists")
    path = done.stdout.strip()
    assert path, done.stderr
    assert struct.unpack("<I", os.getxattr(path, "system.posix_acl_access")[:4]) == (2,)

    def run(uid, *command):
        return subprocess.run(
            command, user=uid, group=uid, extra_groups=[], capture_output=True, check=False
        ).returncode

    assert run(third, "/bin/cat", path) != 0
    assert run(NOBODY.pw_uid, "/bin/cat", path) == 0
    assert run(NOBODY.pw_uid, "/bin/rm", path) == 0
