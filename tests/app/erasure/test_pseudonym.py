"""What the audit keeps of an erased person is a pseudonym whose only key is gone (SEC-44)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import select

from app.erasure import service
from app.erasure.states import Ground
from app.schema import METADATA
from core import audit
from core.audit import Action, AuditEvent
from core.security import SYSTEM, Caller
from ingest.tables import PatientIdentifier
from tests.app.erasure.found import everywhere
from tests.door import NOW, heart_rate, patient

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.database import Database
    from tests.door import Gateway


BORN = "1887-03-04"


def test_no_row_leads_from_the_id_in_the_audit_to_a_name_a_number_or_a_birthday_sec_44(
    database: Database, gateway: Gateway
) -> None:
    number, said = f"N{uuid4().hex}", patient()
    said |= {"name": [{"family": f"Name{number}"}], "birthDate": BORN}
    said["identifier"][0] |= {"value": number}
    id_ = UUID(gateway.create(said))
    gateway.create(heart_rate(f"Patient/{id_}"))
    with database.transaction() as session:
        audit.record(session, SYSTEM, Action.READ, "Patient", now=NOW, patients=[id_], query=number)
        known = [f"Name{number}", number, BORN, *digests(session, id_)]
        before = everywhere(session, known)
        asked = service.ask(session, SYSTEM, id_, Ground.CONSENT, now=NOW)
        service.confirm(session, Caller("system", uuid4()), asked, now=NOW)
        service.carry_out(session, METADATA, asked, now=NOW)

    with database.transaction() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.patient_id == id_)).all()
        beside = {key for each in events for key in others(each)}
        left = everywhere(session, [*known, str(id_), *beside])

    assert set(before) == set(known)
    places = {place for found in before.values() for place in found}
    assert places >= {"patient", "patient_identifier", "parcel", "audit_query"}
    assert left.pop(str(id_)) == {"audit_event"}
    assert not set(known) & set(left)
    # What its events name beside the id: other events, the proof of the erasure, who acted.
    assert set().union(*left.values()) <= {"audit_event", "erasure", "outbox", "client"}


def digests(session: Session, id_: UUID) -> list[str]:
    """Return by what a number of somebody is found."""
    rows = select(PatientIdentifier.key, PatientIdentifier.value_key)
    found = session.execute(rows.where(PatientIdentifier.patient_id == id_)).all()
    return [bytes(each).hex() for row in found for each in row]


def others(event: AuditEvent) -> set[str]:
    """Return the ids that an event has beside the person's."""
    named = {event.caller_id, event.entity_id, event.query_id} - {event.patient_id, None}
    return {str(each) for each in named}
