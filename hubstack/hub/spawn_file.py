"""How secrets reach a job: in a file that the job alone can read, and removes.

A job's environment list can be read by everybody with ``qstat -j``, its script on the execution host, its arguments in
the process list. So the server's token and cookie settings go in a file of mode 0600, in a directory of its own of mode
0700. Only its path is in the script.
"""

from __future__ import annotations

import json
import os
import pwd
import secrets
import shutil
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["new_spawn_file", "remove_spawn_file", "write_spawn_file"]

_ACCESS_LIST = "system.posix_acl_access"
_OWNER, _USER, _GROUP, _MASK, _OTHERS = 0x01, 0x02, 0x04, 0x10, 0x20
_NOBODY = 0xFFFFFFFF


def new_spawn_file(directory: Path) -> Path:
    """A path that no other spawn has. Nothing is made yet, so that it can be remembered before it exists."""
    return directory.absolute() / secrets.token_hex(16) / "spawn.json"


def write_spawn_file(path: Path, content: Mapping[str, Any], account: pwd.struct_passwd | None = None) -> None:
    """Write *content* so that only *account* can read it; without one, jobs run as the hub's own account.

    Raises:
        OSError: it can't be written, or the file system can't give it to that account alone.

    """
    path.parent.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    path.parent.mkdir(mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file)
    if account is not None:
        _give(path, account, 0o6)
        _give(path.parent, account, 0o7)


def remove_spawn_file(path: Path) -> None:
    """Remove what is left of it: the job has, unless it never started."""
    shutil.rmtree(path.parent, ignore_errors=True)


def _give(path: Path, account: pwd.struct_passwd, permissions: int) -> None:
    """Make it the account's own; a hub that isn't root adds the account to the access list instead (acl(5))."""
    if os.geteuid() == 0:
        os.chown(path, account.pw_uid, account.pw_gid)
        return
    entries = [
        (_OWNER, permissions, _NOBODY),
        (_USER, permissions, account.pw_uid),
        (_GROUP, 0, _NOBODY),
        (_MASK, permissions, _NOBODY),
        (_OTHERS, 0, _NOBODY),
    ]
    os.setxattr(path, _ACCESS_LIST, struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries))
