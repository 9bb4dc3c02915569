"""Finds the message behind a link or behind an opened page, by digests alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from alerts.patients.tables import PatientMessage

if TYPE_CHECKING:
    from datetime import datetime

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


def sent_anew(session: Session, old: PatientMessage, key: str, *, since: datetime) -> bool:
    """Return whether the same number was sent a message of a key, or its repeat, since."""
    query = select(PatientMessage.id).where(
        PatientMessage.patient_id == old.patient_id,
        PatientMessage.contact_id == old.contact_id,
        or_(PatientMessage.key == key, PatientMessage.key.startswith(f"{key}~", autoescape=True)),
        PatientMessage.created_at > since,
    )
    return session.scalar(query.limit(1)) is not None
