"""The rows of how providers do, and of receipts that came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert

from alerts.circuit import Record
from alerts.receipts.tables import ProviderRecord, ReceiptSeen
from alerts.tables import Alert, Delivery

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def person_of(session: Session, delivery_id: UUID) -> UUID | None:
    """Return whom a message is about; nothing is locked yet."""
    query = select(Alert.patient_id).join(Delivery, Delivery.alert_id == Alert.id)
    return session.scalar(query.where(Delivery.id == delivery_id))


def record_of(session: Session, provider: str) -> Record:
    """Return how a provider did, as every process sees it."""
    query = select(ProviderRecord.failures, ProviderRecord.failed_at)
    row = session.execute(query.where(ProviderRecord.provider == provider)).one_or_none()
    return Record(row.failures, row.failed_at) if row else Record()


def keep(session: Session, provider: str, record: Record) -> None:
    """Write down how a provider does now."""
    values = {"failures": record.failures, "failed_at": record.failed_at}
    session.execute(
        insert(ProviderRecord)
        .values(provider=provider, **values)
        .on_conflict_do_update(index_elements=["provider"], set_=values)
    )


def may_probe(session: Session, provider: str) -> bool:
    """Return whether this transaction is the one that probes a provider, until it ends."""
    query = text("select pg_try_advisory_xact_lock(hashtext('probe'), hashtext(:provider))")
    return bool(session.scalar(query, {"provider": provider}))


def is_new(session: Session, receipt: str, *, now: datetime, forget: datetime) -> bool:
    """Write down that a receipt came; return whether it had not before."""
    session.execute(delete(ReceiptSeen).where(ReceiptSeen.received_at < forget))
    kept = insert(ReceiptSeen).values(id=receipt, received_at=now).on_conflict_do_nothing()
    return session.scalar(kept.returning(ReceiptSeen.id)) is not None
