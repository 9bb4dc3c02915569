"""Writes down whether somebody agrees to be told, and who their own page is at the door."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from core import audit
from core.errors import NotFoundError
from core.security import SYSTEM, Caller
from fhir.policy import Mode
from ingest.contacts.repository import held_together
from ingest.receipt import Sender
from ingest.repository import may_see
from ingest.tables import Client

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from ingest.contacts.tables import PatientNumber


def agree(
    session: Session, caller: Caller, contact_id: UUID, *, agreed: bool, now: datetime
) -> UUID:
    """Note that somebody may, or may not, be told by one number; return whose patient it is.

    Raises
    ------
    NotFoundError
        Where there is no such number, or the caller may not see the patient (SEC-12).
    """
    row, others = held_together(session, contact_id)
    if row is None or not may_see(session, caller, row.patient_id):
        raise NotFoundError("no such number")
    _note(session, caller, row, agreed=agreed, now=now)
    if not agreed:
        _refuse_all(session, caller, others, now=now)
    return row.patient_id


def opted_out(session: Session, contact_id: UUID, *, now: datetime) -> None:
    """Note that the holder of a number told the provider to send them nothing more."""
    row, others = held_together(session, contact_id)
    if row is not None and row.agreed is not False:
        _refuse_all(session, SYSTEM, [row, *others], now=now)


def _refuse_all(
    session: Session, caller: Caller, rows: Iterable[PatientNumber], *, now: datetime
) -> None:
    """Write a no onto each number of a person: it stands under whatever name they come next."""
    for row in rows:
        if row.agreed is not False:
            _note(session, caller, row, agreed=False, now=now)


def _note(
    session: Session, caller: Caller, row: PatientNumber, *, agreed: bool, now: datetime
) -> None:
    row.agreed, row.agreed_at = agreed, now
    row.agreed_by = None if caller is SYSTEM else caller.practitioner_id or caller.id
    audit.record(
        session,
        caller,
        audit.Action.UPDATE,
        "patient_number",
        now=now,
        entity_id=row.id,
        patients=[row.patient_id],
    )


PAGE_CLIENT = UUID("5d0f1c2e-6a7b-5c3d-9e1f-70617469656e")  # in every installation the same
PAGE_NAME = "patient-page"
PAGE_SCOPES = ("system/Observation.c", "system/QuestionnaireResponse.c")


def page_caller() -> Caller:
    """Return as whom the patients' own page asks and writes."""
    return Caller("client", PAGE_CLIENT, scopes=frozenset(PAGE_SCOPES))


def page_sender(session: Session, *, base: str, now: datetime) -> Sender:
    """Return the patients' own page as a sender at the door; nobody can sign in as it."""
    row = insert(Client).values(
        id=PAGE_CLIENT,
        name=PAGE_NAME,
        jwks={},
        scopes=list(PAGE_SCOPES),
        history=False,
        mode=Mode.ENFORCE,
        tolerances=[],
        jwks_url="",
        bound=False,
        parks=False,
        research=False,
        disabled=True,
        created_at=now,
    )
    session.execute(row.on_conflict_do_nothing())
    return Sender(page_caller(), PAGE_CLIENT, base)
