"""The hub: the configuration that a site could deploy, its spawner, its options form.

What is offered here needs no JupyterHub; what does is in the modules.
"""

from __future__ import annotations

from hubstack.hub.deployment import AdminService, Deployment, ExternalProxy, SubmitHost
from hubstack.hub.options import BadOption, Options, validate

__all__ = ["AdminService", "BadOption", "Deployment", "ExternalProxy", "Options", "SubmitHost", "validate"]
