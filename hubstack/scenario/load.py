"""Scenario files by path, or shipped ones by name, with their site; every error has the file and line."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from fake_sge.cellfile import BadFile, Document, one_of, override, read_yaml, validate
from hubstack.scenario.schema import Scenario
from hubstack.site import Site, dump_site, load_site

__all__ = ["LoadedScenario", "load_scenario", "shipped_scenarios"]


@dataclass(frozen=True, slots=True)
class LoadedScenario:
    """A scenario, its site, the document it was read from (for errors with file and line), and that one's folder."""

    scenario: Scenario
    site: Site
    document: Document
    folder: Path

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 of the scenario and of the site, as they are with all overrides."""
        texts = {"scenario": self.scenario.model_dump_json(by_alias=True), "site": dump_site(self.site)}
        return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}

    def load_files(self) -> list[Path | None]:
        """Where each source of other load has its file, None for one that has none: paths begin beside the scenario."""
        return [None if source.file is None else self.folder / source.file for source in self.scenario.load]

    @property
    def run_name(self) -> str:
        """``NAME-SEED-DIGEST``: the same for the same scenario, site and seed."""
        both = "".join(self.digests.values())
        return f"{self.scenario.name}-{self.scenario.seed}-{hashlib.sha256(both.encode()).hexdigest()[:8]}"


def shipped_scenarios() -> list[str]:
    """The names of the scenarios that are shipped."""
    return sorted(path.stem for path in _shipped().glob("*.yaml"))


def load_scenario(path_or_name: str | Path, overrides: Mapping[str, str] | None = None) -> LoadedScenario:
    """Reads a scenario and its site; raises `BadFile`.

    *overrides* are texts by dotted path: ``{"replications": "3", "users.0.count": "40", "site.users.count": "60"}``;
    a path that begins with ``site.`` is one of the site's.
    """
    path = _found(str(path_or_name))
    document = read_yaml(path)
    for_site = {}
    for dotted, text in (overrides or {}).items():
        if dotted.startswith("site."):
            for_site[dotted.removeprefix("site.")] = text
        else:
            override(document, dotted, text)
    scenario = validate(Scenario, document)
    loaded = LoadedScenario(scenario, _site(document, scenario.site, path.parent, for_site), document, path.parent)
    _check_load(loaded)
    return loaded


def _check_load(loaded: LoadedScenario) -> None:
    """What other load names must be there: its file, and in the cell its queue, project and environment."""
    cell = loaded.site.cell.build()
    for number, (source, file) in enumerate(zip(loaded.scenario.load, loaded.load_files(), strict=True)):
        if file is not None and not file.is_file():
            key = "swf" if source.swf else "accounting"
            fix = "give a path from the scenario's folder"
            raise loaded.document.bad(("load", number, key), f"there is no file {file}", fix)
        named = (
            ("queue", source.queue, cell.queues),
            ("project", source.project, cell.projects),
            ("pe", source.pe, cell.parallel_environments),
        )
        for key, name, known in named:
            if name is not None and name not in known:
                raise loaded.document.bad(("load", number, key), f"the cell has no {key} {name!r}", one_of(known, name))


def _site(document: Document, named: str, beside: Path, overrides: dict[str, str]) -> Site:
    """The site of that path, looked for beside the scenario first, or of that name."""
    path = beside / named
    if not path.is_file() and named.endswith((".yaml", ".yml")) and not Path(named).is_file():
        raise document.bad(
            ("site",), f"there is no site file {path}", "give a path from the scenario's folder, or a name"
        )
    return load_site(str(path) if path.is_file() else named, overrides)


def _found(named: str) -> Path:
    path = Path(named)
    if path.is_file():
        return path
    shipped = _shipped() / f"{named}.yaml"
    if shipped.is_file():
        return shipped
    raise BadFile(f"there is no scenario {named!r}", "", f"{one_of(shipped_scenarios(), named)}, or give a file's path")


def _shipped() -> Path:
    """The folder of scenarios: inside the package where it is installed, at the top of a checkout."""
    installed = Path(str(resources.files("hubstack"))) / "scenarios"
    return installed if installed.is_dir() else Path(__file__).resolve().parents[2] / "scenarios"
