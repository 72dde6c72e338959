"""The hub: the configuration that a site could deploy, its spawner, its options form."""

from __future__ import annotations

from hubstack.hub.deployment import AdminService, Deployment, ExternalProxy, SubmitHost

__all__ = ["AdminService", "Deployment", "ExternalProxy", "SubmitHost"]
