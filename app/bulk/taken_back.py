"""Whether an export may still be given out: every use asks anew what was permitted (SEC-47)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from core.audit import AuditEvent
from core.errors import GoneError
from ingest.repository import visible_to
from ingest.tables import Client

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.bulk.tables import BulkExport
    from core.security import Caller

GONE = (
    "it tells of somebody whom this client may not see any more: their consent, or its right to"
    " speak for them, was taken back; delete it, and ask again"
)


def need_all_seen(session: Session, caller: Caller, export: BulkExport) -> None:
    """Raise `GoneError` where a client may not see everybody any more of whom an export tells.

    Of whom it tells is known by the audit of its steps.
    """
    client = session.get(Client, caller.id)
    if client is None or not (client.bound or client.research):
        return  # it sees everybody
    told = select(AuditEvent.id).where(
        AuditEvent.caller_id == caller.id,
        AuditEvent.recorded >= export.started_at,
        AuditEvent.entity == "Export",
        AuditEvent.entity_id == export.id,
        AuditEvent.patient_id.is_not(None),
        AuditEvent.patient_id.not_in(visible_to(caller)),
    )
    if session.scalar(told.limit(1)) is not None:
        raise GoneError(GONE)
