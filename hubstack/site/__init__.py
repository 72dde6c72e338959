"""Sites: a cluster and its hub, described in one file; what it gives the hub, its form and the cell."""

from __future__ import annotations

from fake_sge.cellfile import BadFile as SiteError
from hubstack.site.access import Access, Limits, Place
from hubstack.site.load import dump_site, load_site, named_sites, site_schema
from hubstack.site.model import ANY_QUEUE, NO_PE, NO_PROJECT, Site
from hubstack.site.settings import FormSettings, GpuRange, HubSettings, MemoryRange, NumberRange, Users

__all__ = [
    "ANY_QUEUE",
    "NO_PE",
    "NO_PROJECT",
    "Access",
    "FormSettings",
    "GpuRange",
    "HubSettings",
    "Limits",
    "MemoryRange",
    "NumberRange",
    "Place",
    "Site",
    "SiteError",
    "Users",
    "dump_site",
    "load_site",
    "named_sites",
    "site_schema",
]
