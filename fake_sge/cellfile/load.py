"""Cell files by path, and the cells that are shipped by name."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from fake_sge.cellfile.description import CellDescription
from fake_sge.cellfile.document import BadFile, Document, Path_, parse_yaml, read_yaml
from fake_sge.cellfile.qconf import read_qconf
from fake_sge.cellfile.references import problems
from fake_sge.cellfile.strict import one_of, validate
from fake_sge.core.config import CellConfig

__all__ = ["cell_document", "describe_cell", "load_cell", "named_cells"]


def named_cells() -> list[str]:
    """The names of the cells that are shipped."""
    return sorted(
        entry.name[:-5]
        for entry in resources.files("fake_sge").joinpath("cells").iterdir()
        if entry.name.endswith(".yaml")
    )


def cell_document(path_or_name: str | Path, beside: Path | None = None) -> Document:
    """The cell file of that path (looked for from *beside* first) or name; raises `BadFile`."""
    text = str(path_or_name)
    for path in (beside / text, Path(text)) if beside else (Path(text),):
        if path.is_file():
            return read_yaml(path)
    if text in named_cells():
        shipped = resources.files("fake_sge").joinpath("cells", f"{text}.yaml")
        return parse_yaml(shipped.read_text(encoding="utf-8"), str(shipped))
    raise BadFile(f"there is no cell {text!r}", "", f"{one_of(named_cells(), text)}, or give the path of a cell file")


def describe_cell(document: Document, at: Path_ = ()) -> CellDescription:
    """The description at *at* of *document*, names and all checked; raises `BadFile` with file and line."""
    description = validate(CellDescription, document, at)
    for problem in problems(description):
        raise document.bad((*at, *problem.path), problem.what, problem.fix)
    return description


def load_cell(path_or_name: str | Path) -> CellConfig:
    """The cell of that file, shipped name, or directory that `read_qconf` reads; raises `BadFile`."""
    if Path(path_or_name).is_dir():
        return read_qconf(path_or_name)
    return describe_cell(cell_document(path_or_name)).build()
