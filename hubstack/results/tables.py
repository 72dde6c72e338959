"""Rows of dataclasses in Parquet files and in lines of JSON: what a run directory is made of."""

from __future__ import annotations

import dataclasses
import gzip
import json
import types
import typing
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["append_line", "arrow_schema", "read_lines", "read_rows", "write_lines", "write_rows"]

Row = TypeVar("Row")

COMPRESS_ABOVE_BYTES = 10_000_000
_ARROW = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}


def arrow_schema(row_type: type) -> pa.Schema:
    """The Parquet columns of a dataclass; ``X | None`` becomes a nullable column."""
    columns = []
    for name, annotation in typing.get_type_hints(row_type).items():
        kinds = typing.get_args(annotation) if isinstance(annotation, types.UnionType) else (annotation,)
        plain = next(kind for kind in kinds if kind is not type(None))
        columns.append(pa.field(name, _ARROW[plain], nullable=type(None) in kinds))
    return pa.schema(columns)


def write_rows(path: Path, row_type: type[Row], rows: Sequence[Row]) -> None:
    """Writes *rows* as one Parquet file; the same rows give the same bytes."""
    schema = arrow_schema(row_type)
    columns = [pa.array([getattr(row, name) for row in rows], type=schema.field(name).type) for name in schema.names]
    pq.write_table(pa.Table.from_arrays(columns, schema=schema), path, compression="zstd")


def read_rows(path: Path, row_type: type[Row]) -> list[Row]:
    """The rows of a file that `write_rows` wrote."""
    names = [field.name for field in dataclasses.fields(row_type)]  # type: ignore[arg-type]
    table = pq.read_table(path, columns=names)
    return [row_type(*values) for values in zip(*(table.column(name).to_pylist() for name in names), strict=True)]


def write_lines(path: Path, records: Iterable[dict[str, Any]]) -> Path:
    """Writes one JSON object a line; above 10 MB as ``PATH.gz`` instead. Returns the path that was written."""
    text = "".join(json.dumps(record, sort_keys=True) + "\n" for record in records).encode()
    if len(text) > COMPRESS_ABOVE_BYTES:
        path = path.with_name(path.name + ".gz")
        text = gzip.compress(text, mtime=0)
    path.write_bytes(text)
    return path


def append_line(stream: typing.TextIO, record: dict[str, Any]) -> None:
    """Appends one JSON object and flushes it, so that what is recorded outlives a killed process."""
    stream.write(json.dumps(record, sort_keys=True) + "\n")
    stream.flush()


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file of lines, or of its ``.gz``; a last line cut short by a killed writer is left out."""
    if not path.exists() and path.with_name(path.name + ".gz").exists():
        path = path.with_name(path.name + ".gz")
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    for line in data.split(b"\n")[:-1]:
        yield json.loads(line)
