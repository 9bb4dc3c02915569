"""Numbers that come with a Patient are kept, sealed, and follow the newest version."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from ingest.contacts.repository import contacts_of
from ingest.contacts.tables import PatientNumber
from tests.door import NOW, Gateway, patient
from tests.told import DAUGHTER, OWN, telephones

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.database import Database


def test_a_patients_numbers_are_kept_sealed_and_follow_its_newest_version_sec_27(
    register: Callable[..., Gateway], database: Database
) -> None:
    gateway = register()
    enrolled = patient(**telephones(carer=True))
    id_ = gateway.create(enrolled)
    with database.transaction() as session:
        first = contacts_of(session, UUID(id_), now=NOW)
        rows = session.execute(
            select(PatientNumber.__table__).where(PatientNumber.patient_id == UUID(id_))
        )
        stored = str(rows.mappings().all())
    without = {name: said for name, said in enrolled.items() if name != "contact"}
    answer = gateway.put(f"Patient/{id_}", without | {"id": id_})
    with database.transaction() as session:
        second = contacts_of(session, UUID(id_), now=NOW)

    assert answer.status_code == 200
    assert [each.address for each in first] == [OWN, DAUGHTER]
    assert [each.address for each in second] == [OWN]
    assert "Canary" not in stored
    assert OWN[-8:] not in stored
