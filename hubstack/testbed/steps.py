"""Bringing a stack up: a plain list of steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from fake_sge.cellfile import BadFile
from hubstack.site import Site, dump_site, load_site
from hubstack.testbed.addresses import choose_block, choose_port, is_free
from hubstack.testbed.backends import Backend, backend_for
from hubstack.testbed.components import is_alive, start, wait_for
from hubstack.testbed.errors import Refused
from hubstack.testbed.hub import hub_component, wait_for_hub, write_deployment
from hubstack.testbed.machine import check_machine
from hubstack.testbed.proxy import install_proxy, proxy_component
from hubstack.testbed.stack import Record, Stack, registry

__all__ = ["REPAIRS", "STEPS", "BringUp", "Request", "Step"]


@dataclass(frozen=True)
class Request:
    """What is wanted of a new stack.

    *site* is a name, a path or a Site; *config* is ``reference``, ``stock`` or the path of a jupyterhub_config.py, by
    default what the site says; *port* 0 picks a free one.
    """

    site: Site | str | Path = "laptop"
    stage: str = "fake"
    config: str | None = None
    port: int = 8000
    overrides: dict[str, str] = field(default_factory=dict)


@dataclass
class BringUp:
    """A stack on its way up, as the steps hand it on. *until* is its deadline on the monotonic clock."""

    stack: Stack
    request: Request
    until: float
    backend: Backend = field(init=False)
    site: Site = field(init=False)
    config: str = field(init=False)
    record: Record = field(init=False)


@dataclass(frozen=True)
class Step:
    """One visible step of a start."""

    title: str
    execute: Callable[[BringUp], None]


def _check_machine(up: BringUp) -> None:
    check_machine()
    up.backend = backend_for(up.request.stage)
    _check_port(up.request.port)


def _read_site(up: BringUp) -> None:
    site = up.request.site
    up.site = site if isinstance(site, Site) else load_site(site, up.request.overrides)
    up.config = _config(up.request.config or up.site.hub.config)


def _make_directory(up: BringUp) -> None:
    request = up.request
    with registry() as others:
        up.stack.create()
        up.record = Record(
            stage=request.stage,
            site=up.site.name,
            config=up.config,
            port=request.port or choose_port(other.port for other in others),
            block=choose_block(other.block for other in others).number,
            user=up.site.user_names()[0],
        )
        up.stack.write(up.record)
    up.stack.site_file.write_text(dump_site(up.site))
    up.backend.prepare(up.stack, up.site)


def _install_proxy(_: BringUp) -> None:
    install_proxy()


def _start_backend(up: BringUp) -> None:
    up.backend.start(up.stack)


def _start_proxy(up: BringUp) -> None:
    start(up.stack, proxy_component(up.stack, up.record))


def _start_hub(up: BringUp) -> None:
    """The hub needs what the Grid Engine says when it is ready; it doesn't need the proxy to listen yet."""
    _wait_for_backend(up)
    write_deployment(up.stack, up.record, up.backend.submit_host(up.stack), up.site.hub.idle_culling)
    start(up.stack, hub_component(up.stack))


def _wait_for_backend(up: BringUp) -> None:
    def ready() -> bool:
        return up.backend.ready(up.stack)

    wait_for(ready, up.stack, [up.backend.component], what="the Grid Engine was ready", until=up.until)


def _wait_for_answer(up: BringUp) -> None:
    wait_for_hub(up.stack, up.until)


def _look_at_stack(up: BringUp) -> None:
    up.record = up.stack.record()
    up.backend = backend_for(up.record.stage)
    up.site = load_site(up.stack.site_file)


def _start_missing(up: BringUp) -> None:
    if not is_alive(up.stack, up.backend.component):
        _start_backend(up)
    if not is_alive(up.stack, "proxy"):
        _start_proxy(up)
    _wait_for_backend(up)
    if not is_alive(up.stack, "hub"):
        _start_hub(up)


def _check_port(port: int) -> None:
    if port and not is_free("127.0.0.1", port):
        raise Refused(f"port {port} is taken", "use --port 0 for a free one, or end what listens there")


def _config(config: str) -> str:
    """``reference``, ``stock``, or the absolute path of a config file that is Python at least."""
    if config in ("reference", "stock"):
        return config
    path = Path(config).absolute()
    try:
        compile(path.read_bytes(), str(path), "exec")
    except OSError as error:
        raise BadFile(
            f"can't read the config: {error.strerror}", str(path), "give reference, stock or the path of a config file"
        ) from None
    except (SyntaxError, ValueError) as error:
        where = f"{path}:{getattr(error, 'lineno', None) or 1}"
        raise BadFile(f"the config is not Python: {error.args[0]}", where, "correct it") from None
    return str(path)


STEPS = [
    Step("read the site", _read_site),
    Step("check the machine", _check_machine),
    Step("make the stack's directory", _make_directory),
    Step("install the proxy", _install_proxy),
    Step("start the Grid Engine", _start_backend),
    Step("start the proxy", _start_proxy),
    Step("start the hub", _start_hub),
    Step("wait until the hub answers through the proxy", _wait_for_answer),
]
"""Each process of a stack is started as soon as it can be and waited for as late as possible."""

REPAIRS = [
    Step("look at the stack", _look_at_stack),
    Step("start what is missing", _start_missing),
    Step("wait until the hub answers through the proxy", _wait_for_answer),
]
"""How a stack gets back a component that has gone: what lives on is left alone."""
