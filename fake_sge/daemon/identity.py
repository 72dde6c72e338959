"""Who is asking, and as whom jobs run: from the socket's credentials, never from what a stranger says."""

from __future__ import annotations

import grp
import os
import pwd
import socket
import struct
import zlib
from dataclasses import dataclass

from fake_sge.core import JobRequest
from fake_sge.execd import Account, Layout

__all__ = ["CLAIM", "HOST_CLAIM", "Identities", "Identity"]

CLAIM = "FAKE_SGE_USER"
"""The variable in which the ``sudo`` stand-in hands over whom it was asked to be."""

HOST_CLAIM = "FAKE_SGE_HOST"
"""The variable in which the daemon's own account says on which of the cell's hosts a command is typed."""

_GROUP, _GID = "users", 10_000
_FIRST_UID, _UIDS = 10_000, 50_000


@dataclass(frozen=True, slots=True)
class Identity:
    """A user as the cell knows them."""

    user: str
    uid: int
    group: str
    gid: int
    home: str


class Identities:
    """Where the cell's users come from.

    With *real_accounts* they are this machine's, and jobs run as them, which needs root. Otherwise they are whoever
    the daemon's own account says, and everything runs as that account.
    """

    def __init__(self, layout: Layout, *, real_accounts: bool = False) -> None:
        self._layout = layout
        self._real = real_accounts
        self._own_uid = os.getuid()
        shell = pwd.getpwuid(self._own_uid).pw_shell
        self._shell = "/bin/sh" if not shell or shell.endswith(("nologin", "false")) else shell

    def of_peer(self, connection: socket.socket, claimed: str | None) -> Identity:
        """A claim is believed from the daemon's own account and from root; others are who the kernel says they are."""
        uid, gid = _peer(connection)
        if claimed and uid in (self._own_uid, 0):
            return self._known(claimed)
        entry = _entry_of(uid)
        name = entry.pw_name if entry else f"uid{uid}"
        home = (entry.pw_dir if entry else "/") if self._real else self._home(name)
        return Identity(name, uid, _group_name(gid), gid, home)

    def is_own(self, connection: socket.socket) -> bool:
        """Is the daemon's own account, or root, at the other end?"""
        return _peer(connection)[0] in (self._own_uid, 0)

    def account(self, request: JobRequest) -> Account:
        """Whom a job runs as. Raises `LookupError` when a real account is gone."""
        if not self._real:
            home = self._home(request.owner)
            return Account(request.owner, request.uid, request.gid, (), home, self._shell)
        entry = pwd.getpwnam(request.owner)
        groups = tuple(os.getgrouplist(entry.pw_name, entry.pw_gid))
        switch = os.getuid() == 0
        return Account(
            entry.pw_name, entry.pw_uid, entry.pw_gid, groups, entry.pw_dir, entry.pw_shell or "/bin/sh", switch
        )

    def _known(self, user: str) -> Identity:
        if self._real:
            try:
                entry = pwd.getpwnam(user)
            except KeyError:
                return Identity(user, 65534, "nogroup", 65534, "/")
            return Identity(user, entry.pw_uid, _group_name(entry.pw_gid), entry.pw_gid, entry.pw_dir)
        uid = _FIRST_UID + zlib.crc32(user.encode("utf-8", "surrogateescape")) % _UIDS
        return Identity(user, uid, _GROUP, _GID, self._home(user))

    def _home(self, user: str) -> str:
        """The user's home below the cell's homes, made on first use."""
        return str(self._layout.home(user) or "/")


def _peer(connection: socket.socket) -> tuple[int, int]:
    """The other end's uid and gid, as the kernel says."""
    _, uid, gid = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return uid, gid


def _entry_of(uid: int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        return None


def _group_name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
