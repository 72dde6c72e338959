"""What differs between one deployment of the hub and another: addresses, paths, the way to the cluster.

The hub's configuration reads it from ``deployment.json`` in the hub's working directory. A site writes that file once;
the testbed writes it for each stack. It names files that hold secrets, never the secrets.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["FILE_NAME", "AdminService", "Deployment", "ExternalProxy", "SubmitHost"]

FILE_NAME = "deployment.json"

Port = Annotated[int, Field(ge=1, le=65535)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SubmitHost(_Strict):
    """How the hub reaches Grid Engine: the q-programs' environment, and where execution hosts answer.

    *environment* is what ``qsub``, ``qstat`` and ``qdel`` are run with (``PATH`` to find them, ``SGE_ROOT``,
    ``SGE_CELL``, ports). *addresses* maps an execution host's name, as ``qstat`` prints it, to a numeric address; a
    host that isn't there is reached by its name. *sudo* stands before ``-u USER PROGRAM``; empty when the hub submits
    as itself.
    """

    environment: dict[str, str]
    addresses: dict[str, str] = {}
    sudo: tuple[str, ...] = ("sudo", "-n")


class ExternalProxy(_Strict):
    """A configurable-http-proxy that runs beside the hub, so that routes outlive the hub's restarts.

    *command* starts it (for whoever runs it: the hub doesn't); *auth_token_file* holds the token of its API, mode 0600.
    """

    api_url: str
    auth_token_file: Path
    command: tuple[str, ...] = ()


class AdminService(_Strict):
    """The service that looks after the hub from outside (``hubstack status``); its token is in a file of mode 0600."""

    api_token_file: Path
    name: str = "hubstack"


class Deployment(_Strict):
    """One deployment of the hub. Paths may be relative to the hub's working directory.

    *name* marks this hub's jobs: no two hubs of a cell may share it. *homes* and its ``{user}`` give a user's home
    directory on the execution hosts. *jobs_python* is the interpreter, there, that has JupyterHub's single-user
    server. *secrets* is a directory that hub and execution hosts share; with *real_accounts*, where jobs run under
    accounts other than the hub's, its file system must know POSIX access lists. *idle_culling* is the idle time in
    seconds after which a server is stopped.
    """

    site: Path
    submit_host: SubmitHost
    bind_url: str
    hub_port: Port
    proxy: ExternalProxy
    password_file: Path
    admin_service: AdminService
    homes: str
    python: Path
    jobs_python: Path
    secrets: Path
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")] = "hubstack"
    config: str = "reference"
    hub_ip: str = "127.0.0.1"
    hub_connect_url: str | None = None
    authenticator: Literal["dummy"] = "dummy"
    cookie_secret_file: Path = Path("jupyterhub_cookie_secret")
    database: str = "sqlite:///jupyterhub.sqlite"
    idle_culling: Annotated[float, Field(gt=0)] | None = None
    real_accounts: bool = False

    @classmethod
    def read(cls, directory: Path) -> Deployment:
        """The deployment that *directory* holds.

        Raises:
            OSError: there is no readable file.
            pydantic.ValidationError: it isn't one.

        """
        return cls.model_validate_json((directory / FILE_NAME).read_bytes())

    def write(self, directory: Path) -> Path:
        """Write it into *directory*; returns the file's path."""
        path = directory / FILE_NAME
        path.write_text(self.model_dump_json(indent=2) + "\n")
        return path
