"""The reference of the site file."""

from __future__ import annotations

from hubstack.site import Site
from pages.schema import sections


def page() -> str:
    """Return the keys of a site file and of the cell in it."""
    return sections(Site, "The file")
