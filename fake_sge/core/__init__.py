"""The cell: plain state, no clock."""

from __future__ import annotations

from fake_sge.core.advance import AdvanceReservation, reservation_state, reservation_trouble
from fake_sge.core.cell import Cell
from fake_sge.core.changes import tasks_to_hold
from fake_sge.core.config import Attributes, CellConfig, Complex, Machine, ResourceQuotaSet
from fake_sge.core.events import (
    AccountingFacts,
    Deleted,
    DeletionRegistered,
    Dispatched,
    Event,
    Failed,
    Finished,
    HostChanged,
    JobChanged,
    JobErrored,
    KillDue,
    MailDue,
    QueueChanged,
    Requeued,
    ReservationChanged,
    ReservationGranted,
    SignalDue,
    Started,
    Submitted,
)
from fake_sge.core.instances import Host, QueueInstance
from fake_sge.core.model import (
    Exit,
    FinishedTask,
    Grant,
    Job,
    JobRequest,
    ReservationRequest,
    Resource,
    Task,
    TaskRange,
    Usage,
)
from fake_sge.core.refusals import Denied
from fake_sge.core.states import letters, waiting_letters
from fake_sge.core.submission import Verification

__all__ = [
    "AccountingFacts",
    "AdvanceReservation",
    "Attributes",
    "Cell",
    "CellConfig",
    "Complex",
    "Deleted",
    "DeletionRegistered",
    "Denied",
    "Dispatched",
    "Event",
    "Exit",
    "Failed",
    "Finished",
    "FinishedTask",
    "Grant",
    "Host",
    "HostChanged",
    "Job",
    "JobChanged",
    "JobErrored",
    "JobRequest",
    "KillDue",
    "Machine",
    "MailDue",
    "QueueChanged",
    "QueueInstance",
    "Requeued",
    "ReservationChanged",
    "ReservationGranted",
    "ReservationRequest",
    "Resource",
    "ResourceQuotaSet",
    "SignalDue",
    "Started",
    "Submitted",
    "Task",
    "TaskRange",
    "Usage",
    "Verification",
    "letters",
    "reservation_state",
    "reservation_trouble",
    "tasks_to_hold",
    "waiting_letters",
]
