"""Finds the message behind a link or behind an opened page, by digests alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.patients.tables import PatientMessage

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def behind_link(session: Session, digest: str) -> PatientMessage | None:
    """Return the message that a link was sent for, locked."""
    query = select(PatientMessage).where(PatientMessage.link_digest == digest)
    return session.scalar(query.with_for_update().execution_options(populate_existing=True))


def behind_page(session: Session, digest: str, *, lock: bool) -> PatientMessage | None:
    """Return the message whose page a browser holds, locked where it will be answered."""
    query = select(PatientMessage).where(PatientMessage.page_digest == digest)
    query = query.with_for_update() if lock else query
    return session.scalar(query.execution_options(populate_existing=True))


def sent_anew(session: Session, patient_id: UUID, key: str, *, since: datetime) -> bool:
    """Return whether a message of a key, or of its repeats, was made since an instant."""
    query = select(PatientMessage.id).where(
        PatientMessage.patient_id == patient_id,
        PatientMessage.key.startswith(key, autoescape=True),
        PatientMessage.created_at > since,
    )
    return session.scalar(query.limit(1)) is not None
