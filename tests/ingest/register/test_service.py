"""Who is enrolled by hand, by a file or by an integration is the same record afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import func, select

from core.audit import AuditEvent
from core.errors import ConflictError, ForbiddenError
from core.security import SYSTEM, Caller, Role
from fhir.enrolled import Born, Carer, Telecom, transaction
from ingest.archive.repository import fetch
from ingest.contacts.repository import contacts_of
from ingest.joining import Joining
from ingest.numbers.repository import numbers_of
from ingest.receipt import Kind
from ingest.register.repository import register_sender
from ingest.register.service import enrol, resources_of
from ingest.repository import person, profiles, team_patients, visible_to
from ingest.tables import CareTeam, CareTeamParticipant, Condition, Patient
from ingest.uploading.service import confirm, preview, upload
from tests.door import NOW
from tests.people import clinician

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from core.database import Database
    from ingest.receipt import Sender
    from tests.door import Gateway

SYSTEM_A, SYSTEM_B = "https://hospital-a.example/mrn", "https://hospital-b.example/mrn"
BASE = "http://testserver/fhir"


@dataclass(slots=True)
class Office:
    """A team, and a supervisor of it."""

    team: UUID = field(default_factory=uuid4)
    caller: Caller = SYSTEM
    name: str = ""

    def joining(self, value: str | None = None, system: str = SYSTEM_A) -> Joining:
        return Joining(
            born=Born("Ines Vale", date(1948, 5, 6), "female"),
            numbers=((system, value or uuid4().hex),),
            team=self.team,
            language="ko",
            zone="Asia/Seoul",
            own=Telecom("+82 10 1234 5678", "ines@example.org"),
            conditions=(
                ("http://hl7.org/fhir/sid/icd-10", "I50.9"),
                ("http://snomed.info/sct", "13645005"),
            ),
            lives_alone=True,
            home_oxygen=True,
            carers=(Carer("Ana Vale", "daughter", "010-1111-2222"),),
        )

    def sender(self, session: Session) -> Sender:
        return register_sender(session, self.caller, base=BASE, zone="UTC", now=NOW)


def opened(session: Session, role: Role = Role.SUPERVISOR) -> Office:
    office = Office(name=f"Riverside {uuid4().hex[:6]}")
    doctor = uuid4()
    session.add(CareTeam(id=office.team, name=office.name))
    session.add(clinician(session, doctor, "Dr Han", "h@example.org"))
    session.flush()
    session.add(CareTeamParticipant(care_team_id=office.team, practitioner_id=doctor))
    session.flush()
    office.caller = Caller("user", uuid4(), role, doctor)
    return office


@pytest.fixture
def office(session: Session) -> Office:
    return opened(session)


def record(session: Session, id_: UUID) -> dict[str, Any]:
    """Return all that is kept of somebody but the ids that were given here."""
    row = session.get_one(Patient, id_)
    [shown] = profiles(session, visible_to(SYSTEM), [id_], today=NOW.date())
    who = person(session, id_)
    codes = select(Condition.codes, Condition.clinical_status).where(Condition.patient_id == id_)
    body = fetch(session, Kind.PATIENT, id_)
    assert body is not None
    return {
        "shown": (shown.name, shown.birth_date, shown.sex, shown.zone, shown.language),
        "terms": (shown.eligible, shown.eligibility_reason, shown.team_name, row.deceased),
        "facts": (who.groups, who.traits, who.lives_alone, who.on_oxygen, who.stays),
        "codes": sorted(map(str, session.execute(codes).all())),
        "numbers": [system for system, _ in numbers_of(session, id_)],
        "contacts": [
            (c.channel, c.address, c.name, c.relationship, c.carer, c.may_be_told)
            for c in contacts_of(session, id_, now=NOW)
        ],
        "said": msgspec.json.decode(body.body) | {"identifier": None},
    }


def row_of(joining: Joining, team: str) -> bytes:
    """Return the file that says the same as a form."""
    cells = {
        "name": joining.born.name,
        "birth_date": str(joining.born.day),
        "sex": joining.born.sex,
        "identifier_system": joining.numbers[0][0],
        "identifier": joining.numbers[0][1],
        "team": team,
        "language": joining.language,
        "zone": joining.zone,
        "phone": joining.own.phone,
        "email": joining.own.email,
        "conditions": "I50.9 COPD",
        "lives_alone": "yes",
        "home_oxygen": "yes",
        "contact_name": joining.carers[0].name,
        "contact_relationship": joining.carers[0].relationship,
        "contact_phone": joining.carers[0].phone,
    }
    return f"{','.join(cells)}\n{','.join(cells.values())}\n".encode()


def test_a_form_a_file_and_an_integration_give_the_same_record(
    database: Database, register: Callable[..., Gateway]
) -> None:
    with database.transaction() as session:
        office = opened(session)
    gateway = register()
    sent = transaction(resources_of(office.joining(), f"urn:uuid:{uuid4()}", now=NOW))
    answer = gateway.post(sent)
    assert answer.status_code == 200, answer.text
    by_fhir = UUID(answer.json()["entry"][0]["response"]["location"].split("/")[-3])

    with database.transaction() as session:
        sender = office.sender(session)
        [by_form] = enrol(session, sender, [office.joining()], now=NOW)
        file = row_of(office.joining(), office.name)
        uploaded = upload(session, office.caller, file, team="", now=NOW)
        confirm(session, sender, uploaded, now=NOW)
        [by_file] = set(team_patients(session, office.team)) - {by_fhir, by_form}
        records = [record(session, each) for each in (by_fhir, by_form, by_file)]

    assert records[0] == records[1] == records[2]
    assert records[0]["facts"][0] >= {"heart_failure", "copd"}
    assert records[0]["facts"][2:4] == (True, True)
    assert len(records[0]["contacts"]) == 2


def test_the_same_number_of_two_systems_enrols_two_people_sec_28(
    session: Session, office: Office
) -> None:
    value = uuid4().hex
    sender = office.sender(session)

    both = enrol(session, sender, [office.joining(value), office.joining(value, SYSTEM_B)], now=NOW)

    assert len(set(both)) == 2
    assert [numbers_of(session, each)[0][0] for each in both] == [SYSTEM_A, SYSTEM_B]


def test_a_number_that_is_somebodys_enrols_nobody_else(session: Session, office: Office) -> None:
    sender, joining = office.sender(session), office.joining()
    enrol(session, sender, [joining], now=NOW)
    before = session.scalar(select(func.count()).select_from(Patient))

    with pytest.raises(ConflictError) as refused:
        enrol(session, sender, [office.joining(), joining], now=NOW)

    assert refused.value.field == "identifier"
    assert session.scalar(select(func.count()).select_from(Patient)) == before


@pytest.mark.parametrize("role", [Role.NURSE, Role.PHYSICIAN])
def test_who_does_not_keep_the_register_enrols_nobody_sec_10(session: Session, role: Role) -> None:
    office = opened(session, role)

    with pytest.raises(ForbiddenError):
        enrol(session, office.sender(session), [office.joining()], now=NOW)
    with pytest.raises(ForbiddenError):
        upload(session, office.caller, row_of(office.joining(), office.name), team="", now=NOW)


def test_a_supervisor_enrols_for_no_other_team_sec_11(session: Session, office: Office) -> None:
    other = opened(session)

    with pytest.raises(ForbiddenError):
        enrol(session, office.sender(session), [other.joining()], now=NOW)

    found = upload(session, office.caller, row_of(other.joining(), other.name), team="", now=NOW)
    [row] = preview(session, office.caller, found, now=NOW).rows
    assert [fault.field for fault in row.faults] == ["team"]


def test_each_enrolment_is_written_down_sec_16(session: Session, office: Office) -> None:
    ids = enrol(session, office.sender(session), [office.joining(), office.joining()], now=NOW)

    rows = session.scalars(select(AuditEvent).where(AuditEvent.patient_id.in_(ids))).all()
    assert {(row.action, row.entity, row.caller_id) for row in rows} == {
        ("C", "Patient", office.caller.id)
    }
    assert {row.patient_id for row in rows} == set(ids)
