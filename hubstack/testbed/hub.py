"""The hub of a stack: JupyterHub itself, with the config that a site would deploy."""

from __future__ import annotations

import http.client
import json
import sys
import urllib.error
import urllib.request
from importlib import resources
from pathlib import Path
from typing import Any

from hubstack.hub.deployment import AdminService, Deployment, ExternalProxy, SubmitHost
from hubstack.testbed.addresses import HUB_PORT, PROXY_API_PORT, is_free
from hubstack.testbed.components import Component, wait_for
from hubstack.testbed.stack import COMPONENTS, Record, Stack

__all__ = ["hub_answers", "hub_api", "hub_component", "wait_for_hub", "write_deployment"]

_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Stacks are on loopback: whatever http_proxy says isn't for them."""


def write_deployment(stack: Stack, record: Record, submit_host: SubmitHost, idle_culling: float | None) -> None:
    """Tell the hub's config where everything is (``hub/deployment.json``)."""
    address = stack.addresses.hub
    Deployment(
        name=stack.name,
        site=stack.site_file,
        config=record.config,
        submit_host=submit_host,
        bind_url=f"http://127.0.0.1:{record.port}/",
        hub_ip=address,
        hub_port=HUB_PORT,
        proxy=ExternalProxy(
            api_url=f"http://{address}:{PROXY_API_PORT}", auth_token_file=stack.secrets / "proxy_token"
        ),
        password_file=stack.secrets / "password",
        cookie_secret_file=stack.secrets / "cookie_secret",
        admin_service=AdminService(api_token_file=stack.secrets / "api_token"),
        homes=str(stack.homes / "{user}"),
        python=Path(sys.executable),
        jobs_python=Path(sys.executable),
        secrets=stack.secrets,
        idle_culling=idle_culling,
    ).write(stack.hub)


def hub_component(stack: Stack) -> Component:
    """How the stack's hub is started. Its config reads ``deployment.json`` in its working directory."""
    config = resources.files("hubstack.hub") / "jupyterhub_config.py"
    return Component("hub", (sys.executable, "-m", "jupyterhub", "-f", str(config)), stack.hub)


def hub_answers(url: str) -> bool:
    """Whether the hub's API answers at *url*, the hub's own or the proxy's."""
    try:
        return "version" in _get(url + "api/")
    except (OSError, ValueError, http.client.HTTPException):
        return False


def wait_for_hub(stack: Stack, until: float) -> None:
    """Wait until the hub answers through the proxy, while every component of the stack lives.

    Raises:
        ComponentFailed: one of them ended, or it took longer than *until* on the monotonic clock.
    """
    url, address = stack.info().hub_url, stack.addresses.hub

    def answers() -> bool:
        """Asked through the proxy only once the hub listens: until then the proxy would log an error each time."""
        return not is_free(address, HUB_PORT) and hub_answers(url)

    wait_for(answers, stack, COMPONENTS, what="the hub answered through the proxy", until=until)


def hub_api(stack: Stack, path: str) -> Any:
    """What the hub's REST API says to a GET, asked with the stack's own token.

    Raises:
        OSError: the hub doesn't answer, or refuses.
    """
    info = stack.info()
    return _get(f"{info.hub_url}api/{path}", info.api_token)


def _get(url: str, token: str | None = None) -> Any:
    request = urllib.request.Request(url, headers={"Authorization": f"token {token}"} if token else {})  # noqa: S310 - a URL of ours
    with _NO_PROXY.open(request, timeout=5) as answer:
        return json.load(answer)
