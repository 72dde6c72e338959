"""Site files: found by name or path, overridden by dotted paths, checked, and written back."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from fake_sge.cellfile import BadFile, Document, cell_document, describe_cell, one_of, override, read_yaml, validate
from hubstack.site.model import Site, problems

__all__ = ["dump_site", "load_site", "named_sites", "site_schema"]


def load_site(path_or_name: str | Path, overrides: Mapping[str, Any] | None = None) -> Site:
    """The site of that path or name, with *overrides*: values as YAML text by dotted path, ``site.`` in front or not.

    Raises `BadFile` with the file and line, or the override, that is wrong.
    """
    document = read_yaml(_find(str(path_or_name)))
    wanted = {dotted.removeprefix("site."): value for dotted, value in (overrides or {}).items()}
    for dotted, value in wanted.items():
        if not dotted.startswith("cell."):
            override(document, dotted, value, f"--set site.{dotted}")
    data = document.data if isinstance(document.data, dict) else {}
    if isinstance(data.get("cell"), str):
        try:
            cell = cell_document(data["cell"], Path(document.name).parent)
        except BadFile as error:
            raise error if error.where else document.bad(("cell",), error.what, error.fix) from None
        at: tuple[str, ...] = ()
        prefix = "cell."
    else:
        cell, at, prefix = document, ("cell",), ""
    for dotted, value in wanted.items():
        if dotted.startswith("cell."):
            override(cell, dotted.removeprefix(prefix), value, f"--set site.{dotted}")
    if "cell" in data:
        description = describe_cell(cell, at)
        document = Document({**data, "cell": description}, document.name, document.lines, document.replaced)
    site = validate(Site, document)
    for problem in problems(site):
        raise document.bad(problem.path, problem.what, problem.fix)
    return site


def dump_site(site: Site) -> str:
    """*site* as YAML text that `load_site` reads as the same site; what has its default is left out."""
    data = site.model_dump(mode="json", exclude_defaults=True)
    return yaml.safe_dump({"version": site.version, **data}, sort_keys=False, allow_unicode=True, width=120)


def site_schema() -> dict[str, Any]:
    """The JSON schema of site files, for editors."""
    schema = Site.model_json_schema()
    cell = schema["properties"]["cell"]
    schema["properties"]["cell"] = {"anyOf": [cell, {"type": "string", "description": "name or path of a cell file"}]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "hubstack site", **schema}


def named_sites() -> list[str]:
    """The names of the sites that are shipped."""
    return sorted(path.stem for path in _shipped().glob("*.yaml"))


def _find(path_or_name: str) -> Path:
    path = Path(path_or_name)
    if path.is_file():
        return path
    if path_or_name in named_sites():
        return _shipped() / f"{path_or_name}.yaml"
    if path.suffix in (".yaml", ".yml") or path.parent != Path():
        raise BadFile(
            "there is no such file",
            path_or_name,
            f"give the path of a site file, or {one_of(named_sites(), path.stem)}",
        )
    raise BadFile(
        f"there is no site {path_or_name!r}",
        "",
        f"{one_of(named_sites(), path_or_name)}, or give the path of a site file",
    )


def _shipped() -> Path:
    """The folder of the sites: inside the package where it was installed from a wheel, beside it in a checkout."""
    package = Path(str(resources.files("hubstack")))
    installed = package / "scenarios" / "sites"
    return installed if installed.is_dir() else package.parent / "scenarios" / "sites"
