"""Cells described in files: read strictly, checked, and built into the objects that ``qconf`` shows."""

from __future__ import annotations

from fake_sge.cellfile.attributes import parse_attributes, parse_complexes, parse_resource_quotas
from fake_sge.cellfile.description import (
    AccessListDescription,
    CalendarDescription,
    CellDescription,
    CheckpointDescription,
    ComplexDescription,
    GlobalHost,
    HostGroup,
    ParallelEnvironmentDescription,
    ProjectDescription,
    QuotaDescription,
    UserDescription,
)
from fake_sge.cellfile.document import BadFile, Document, parse_yaml, read_yaml
from fake_sge.cellfile.hosts import expanded_hosts, member_name
from fake_sge.cellfile.importing import ImportedCell, import_cell
from fake_sge.cellfile.load import cell_document, describe_cell, load_cell, named_cells
from fake_sge.cellfile.names import Name, Pattern, Text, TimeZone, expand_names
from fake_sge.cellfile.overrides import override
from fake_sge.cellfile.problem import Problem
from fake_sge.cellfile.qconf import read_qconf
from fake_sge.cellfile.queues import QueueDescription
from fake_sge.cellfile.quotas import parse_limit, resource_quotas
from fake_sge.cellfile.scheduler import SchedulerDescription
from fake_sge.cellfile.sharetree import Shares
from fake_sge.cellfile.strict import Strict, one_of, validate
from fake_sge.cellfile.units import (
    Duration,
    Fraction,
    Memory,
    clock,
    format_duration,
    format_memory,
    parse_duration,
    parse_fraction,
    parse_memory,
)
from fake_sge.cellfile.writing import cell_text
from fake_sge.cellfile.written import written_cell

__all__ = [
    "AccessListDescription",
    "BadFile",
    "CalendarDescription",
    "CellDescription",
    "CheckpointDescription",
    "ComplexDescription",
    "Document",
    "Duration",
    "Fraction",
    "GlobalHost",
    "HostGroup",
    "ImportedCell",
    "Memory",
    "Name",
    "ParallelEnvironmentDescription",
    "Pattern",
    "Problem",
    "ProjectDescription",
    "QueueDescription",
    "QuotaDescription",
    "SchedulerDescription",
    "Shares",
    "Strict",
    "Text",
    "TimeZone",
    "UserDescription",
    "cell_document",
    "cell_text",
    "clock",
    "describe_cell",
    "expand_names",
    "expanded_hosts",
    "format_duration",
    "format_memory",
    "import_cell",
    "load_cell",
    "member_name",
    "named_cells",
    "one_of",
    "override",
    "parse_attributes",
    "parse_complexes",
    "parse_duration",
    "parse_fraction",
    "parse_limit",
    "parse_memory",
    "parse_resource_quotas",
    "parse_yaml",
    "read_qconf",
    "read_yaml",
    "resource_quotas",
    "validate",
    "written_cell",
]
