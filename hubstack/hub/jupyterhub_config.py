"""JupyterHub in front of a Grid Engine: the configuration of the hub that a site deploys and the testbed runs.

    jupyterhub -f jupyterhub_config.py

in a directory that holds ``deployment.json`` (`hubstack.hub.Deployment`). What is the same everywhere is here;
addresses and paths are in that file; the cluster, the form and the limits are in the site file that it names.
"""
# ruff: noqa: F821

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

from hubstack.hub.deployment import Deployment
from hubstack.hub.session import checked_options, sent_options, session_form
from hubstack.site import load_site

c = get_config()  # type: ignore[name-defined]

deployment = Deployment.read(Path.cwd())
site = load_site(deployment.site)
users = set(site.user_names())

# Where it listens

c.JupyterHub.bind_url = deployment.bind_url
c.JupyterHub.hub_bind_url = f"http://{deployment.hub_ip}:{deployment.hub_port}"
if deployment.hub_connect_url:
    c.JupyterHub.hub_connect_url = deployment.hub_connect_url

# The proxy runs beside the hub, so that open sessions don't notice when the hub restarts. Routes that a restarted proxy
# has lost are put back within ten seconds.

c.JupyterHub.proxy_class = "configurable-http-proxy"
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = deployment.proxy.api_url
c.ConfigurableHTTPProxy.auth_token = deployment.proxy.auth_token_file.read_text().strip()
c.JupyterHub.last_activity_interval = 10

# A hub that stops, for an upgrade or with its host, leaves servers and routes alone, and finds them again. It answers
# as soon as it can and looks after each server then, not before.

c.JupyterHub.cleanup_servers = False
c.JupyterHub.cleanup_proxy = False
c.JupyterHub.init_spawners_timeout = 1

# State and secrets

c.JupyterHub.db_url = deployment.database
c.JupyterHub.cookie_secret_file = str(deployment.cookie_secret_file)
c.JupyterHub.cookie_max_age_days = 5
c.JupyterHub.logging_config = {
    "filters": {"secrets": {"()": "hubstack.hub.redaction.Redaction"}},
    "handlers": {"console": {"filters": ["secrets"]}},
}

# Who may log in

c.JupyterHub.authenticator_class = deployment.authenticator
c.Authenticator.allowed_users = users
c.Authenticator.username_pattern = r"^[a-z_][a-z0-9_-]{0,31}$"
c.DummyAuthenticator.password = deployment.password_file.read_text().strip()

# One server for each user, and how many at once

c.JupyterHub.allow_named_servers = False
c.JupyterHub.concurrent_spawn_limit = site.hub.concurrent_spawn_limit
c.JupyterHub.active_server_limit = site.hub.active_server_limit
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 1}
c.Spawner.start_timeout = int(site.hub.start_timeout)
c.Spawner.http_timeout = int(site.hub.http_timeout)
c.Spawner.poll_interval = int(site.hub.poll_interval)

# The session: JupyterLab in the user's home directory, and nothing of the hub's own environment

c.Spawner.default_url = "/lab"
c.Spawner.env_keep = []
c.Spawner.args = [  # no look outside for news or updates
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
]
if not deployment.real_accounts and os.geteuid() == 0:
    c.Spawner.args = [*c.Spawner.args, "--allow-root"]  # a testbed that root has started: its jobs are root's, too
c.Spawner.options_from_form = sent_options


def options_form(spawner: Any) -> str:
    """The eight fields, with what this user may use."""
    return session_form(site, spawner)


c.Spawner.options_form = options_form

# The job. `reference` is what a site should deploy. `stock` is batchspawner's own spawner as it comes, to see the
# difference. Anything else is the path of a site's own configuration, which then has the last word on all of the above.

COMMAND_TIMEOUT_S = 20.0
submit_host = deployment.submit_host
c.SpawnEvents.spawn_events = "spawn_events.jsonl"
c.HostAddresses.host_addresses = submit_host.addresses

if deployment.config == "reference":
    from hubstack.hub.cluster import Cluster
    from hubstack.hub.handlers import accept_port_reports_only
    from hubstack.hub.observed import ReferenceSpawner

    accept_port_reports_only()
    c.JupyterHub.spawner_class = ReferenceSpawner
    c.Spawner.cmd = [str(deployment.jobs_python), "-I", "-m", "jupyterhub.singleuser"]
    c.GridengineSpawner.hub_name = deployment.name
    c.GridengineSpawner.submit_environment = submit_host.environment
    c.GridengineSpawner.host_addresses = submit_host.addresses
    c.GridengineSpawner.sudo = list(submit_host.sudo)
    c.GridengineSpawner.command_timeout = COMMAND_TIMEOUT_S
    c.GridengineSpawner.homes = deployment.homes
    c.GridengineSpawner.jobs_python = str(deployment.jobs_python)
    c.GridengineSpawner.secrets_directory = str(deployment.secrets)
    c.GridengineSpawner.real_accounts = deployment.real_accounts

    def apply_user_options(spawner: Any, user_options: dict[str, Any]) -> None:
        """Arguments of qsub for what the user asked for."""
        spawner.resource_arguments = checked_options(site, spawner, user_options).qsub_arguments(site)

    c.Spawner.apply_user_options = apply_user_options

    # Jobs that an earlier hub left without a server are looked for from now on, not from the first spawn.
    Cluster.of(deployment.name, submit_host.environment, submit_host.sudo, COMMAND_TIMEOUT_S)

elif deployment.config == "stock":
    from hubstack.hub.observed import StockSpawner

    os.environ |= submit_host.environment
    c.JupyterHub.spawner_class = StockSpawner
    c.Spawner.cmd = [str(deployment.jobs_python.parent / "jupyterhub-singleuser")]
    c.GridengineSpawner.batchspawner_singleuser_cmd = f"{deployment.jobs_python} -m batchspawner.singleuser"

    def apply_user_options(spawner: Any, user_options: dict[str, Any]) -> None:
        """The same for batchspawner's template, which has one line for all of them."""
        arguments = checked_options(site, spawner, user_options).qsub_arguments(site)
        spawner.req_options = shlex.join(arguments)
        spawner.req_homedir = deployment.homes.format(user=spawner.user.name)

    c.Spawner.apply_user_options = apply_user_options

else:
    load_subconfig(deployment.config)  # type: ignore[name-defined]

# Services, each with no more rights than its work needs

c.JupyterHub.services = [
    {"name": deployment.admin_service.name, "api_token": deployment.admin_service.api_token_file.read_text().strip()}
]
c.JupyterHub.load_roles = [
    {
        "name": deployment.admin_service.name,
        "services": [deployment.admin_service.name],
        "scopes": ["list:users", "read:users", "read:servers", "servers", "read:hub", "read:metrics"],
    }
]
if deployment.idle_culling:
    c.JupyterHub.services.append(
        {
            "name": "idle-culler",
            "command": [
                str(deployment.python),
                "-m",
                "jupyterhub_idle_culler",
                f"--timeout={int(deployment.idle_culling)}",
            ],
        }
    )
    c.JupyterHub.load_roles.append(
        {
            "name": "idle-culler",
            "services": ["idle-culler"],
            "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        }
    )
