"""Nothing of an erased person is left, and nothing of anybody else is gone (SEC-44)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import delete, func, select, text

import app.schema
from app.erasure import holds, service
from app.erasure.belonging import KEPT, SHARED, SUBJECTS, ways
from app.erasure.states import COOLING_OFF, Ground, State
from app.erasure.tables import Erasure, LegalHold
from app.retention import holds as retention
from app.schema import METADATA
from core.audit import AuditEvent
from core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from core.security import SYSTEM, Caller, Role
from ingest.merging.service import merge
from ingest.people.tables import PatientMerge
from ingest.tables import Device, Patient
from tests.app.erasure.filled import NOW, Person, share_a_device, two_people
from tests.app.erasure.found import where

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LATER, WEEK = NOW + COOLING_OFF, timedelta(weeks=1)
# Tables of a person in which there is no room for a word.
WORDLESS = {
    "care_team_patient",
    "client_patient",
    "clock_correction",
    "device_use",
    "last_judged",
    "living_answer",
    "patient_stay",
    "resource",
    "resource_identifier",
    "summed_key",
}


def erase(session: Session, person: Person) -> Erasure:
    session.execute(delete(LegalHold))  # everybody has a row of everything
    id_ = service.ask(session, SYSTEM, person.id, Ground.CONSENT, now=NOW)
    service.confirm(session, SYSTEM, id_, now=LATER)
    service.carry_out(session, METADATA, id_, now=LATER)
    row = session.get(Erasure, id_)
    assert row is not None
    return row


def test_every_table_is_of_a_person_or_says_why_it_is_not_sec_44() -> None:
    """Whoever adds a table meets this: give it a patient, or a line in `belonging`."""
    named = {each.partition(".")[0] for each in SUBJECTS}
    known = {table.name for table in ways(METADATA)} | set(KEPT) | set(SHARED) | named

    assert {table.name for table in METADATA.sorted_tables} - known == set()
    assert (set(KEPT) | set(SHARED)) - {table.name for table in METADATA.sorted_tables} == set()
    assert all(KEPT.values())


def test_every_module_of_tables_is_in_the_schema_sec_44() -> None:
    """What no command imports would be neither erased nor in a backup."""
    root = Path(app.schema.__file__).parents[1]
    rooms = ("core", "ingest", "monitoring", "alerts", "reports", "app")
    files = [each for room in rooms for each in (root / room).rglob("tables.py")]

    missing = {each.relative_to(root).as_posix() for each in files} - {
        Path(module.__file__ or "").relative_to(root).as_posix()
        for module in app.schema.TABLE_MODULES
    }

    assert missing == set()


def test_every_column_that_names_a_patient_is_known_sec_44() -> None:
    held = {way.column for found in ways(METADATA).values() for way in found}
    reviewed = {"audit_event.patient_id", "device.patient_id"}

    unknown = {
        str(column)
        for table in METADATA.sorted_tables
        for column in table.columns
        if column.name == "patient_id"
        or any(str(key.column) == "patient.id" for key in column.foreign_keys)
    } - {str(each) for each in held}

    assert unknown == reviewed


def test_the_application_may_delete_whatever_is_of_a_person_sec_44(session: Session) -> None:
    query = text("select has_table_privilege(current_user, :name, 'delete')")

    kept = {t.name for t in ways(METADATA) if not session.scalar(query, {"name": t.name})}

    assert kept == set()


def test_nothing_of_an_erased_person_is_left_sec_44(session: Session) -> None:
    anna, ben = two_people(session)
    before = where(session, anna.canary)
    bens = where(session, ben.canary) - {"legal_hold"}
    counted = counts(session)

    row = erase(session, anna)

    wordless = {table.name for table in ways(METADATA)} - before
    assert wordless == WORDLESS
    assert "parcel" in before
    assert where(session, anna.canary) == set()
    assert where(session, str(anna.id)) == {"audit_event"}
    assert bens - where(session, ben.canary) == set()
    after = counts(session)
    gone = {name: counted[name] - after[name] for name in counted}
    assert {name for name, count in gone.items() if not count} == set()
    assert gone["resource"] == 2
    assert row.state == State.DONE
    assert row.of_id is None
    assert row.rows > len(ways(METADATA))


def counts(session: Session) -> dict[str, int]:
    """Return how many rows each table has that is of persons."""
    return {
        table.name: session.scalar(select(func.count()).select_from(table)) or 0
        for table in ways(METADATA)
    }


def test_a_device_that_somebody_else_used_stays_and_is_nobodys_sec_44(session: Session) -> None:
    anna, ben = two_people(session)
    id_ = share_a_device(session, anna, ben)

    erase(session, anna)

    device = session.get(Device, id_)
    assert device is not None
    assert device.patient_id is None
    assert session.get(Device, anna.rows["device"]["id"]) is None


def test_a_person_is_erased_with_every_record_that_was_merged_sec_44(session: Session) -> None:
    anna, ben = two_people(session)
    session.execute(delete(PatientMerge))
    merge(session, SYSTEM, anna.id, ben.id, reason="one person", now=NOW)

    row = erase(session, anna)

    assert where(session, anna.canary) == where(session, ben.canary) == set()
    assert len(row.digests) == 2


def test_a_legal_hold_forbids_it_while_it_lasts_sec_44(session: Session) -> None:
    anna, ben = two_people(session)
    session.execute(delete(LegalHold))
    asked = service.ask(session, SYSTEM, anna.id, Ground.CONSENT, now=NOW)
    held = holds.hold(session, SYSTEM, anna.id, "A court asks", LATER + WEEK, now=NOW)
    holds.hold(session, SYSTEM, ben.id, "A claim", None, now=NOW)

    with pytest.raises(ConflictError, match="legal hold"):
        service.confirm(session, SYSTEM, asked, now=LATER)
    with pytest.raises(ConflictError, match="legal hold"):
        service.ask(session, SYSTEM, ben.id, Ground.CONSENT, now=NOW + 900 * WEEK)
    holds.release(session, SYSTEM, held, now=LATER)
    service.confirm(session, SYSTEM, asked, now=LATER)

    assert {each.reason for each in holds.held(session, now=LATER)} == {"A claim"}


def test_a_hold_that_ends_by_itself_no_longer_forbids_sec_44(session: Session) -> None:
    anna, _ = two_people(session)
    session.execute(delete(LegalHold))
    holds.hold(session, SYSTEM, anna.id, "A court asks", NOW + WEEK, now=NOW)

    service.ask(session, SYSTEM, anna.id, Ground.CONSENT, now=NOW + WEEK)


def test_a_hold_set_after_the_confirmation_stops_it_sec_44(session: Session) -> None:
    anna, _ = two_people(session)
    session.execute(delete(LegalHold))
    id_ = service.ask(session, SYSTEM, anna.id, Ground.CONSENT, now=NOW)
    service.confirm(session, SYSTEM, id_, now=LATER)
    holds.hold(session, SYSTEM, anna.id, "A court asks", None, now=LATER)

    service.carry_out(session, METADATA, id_, now=LATER)

    row = session.get(Erasure, id_)
    assert row is not None
    assert row.state == State.WITHDRAWN
    assert session.get(Patient, anna.id) is not None


def test_who_asked_waits_and_somebody_else_need_not_sec_44(session: Session) -> None:
    anna, ben = two_people(session)
    session.execute(delete(LegalHold))
    first, other = (Caller("system", uuid4()) for _ in range(2))
    hers = service.ask(session, first, anna.id, Ground.OBJECTED, now=NOW)
    his = service.ask(session, SYSTEM, ben.id, Ground.OBJECTED, now=NOW)

    for early in (first, SYSTEM):
        with pytest.raises(ConflictError, match="in 72 hours"):
            service.confirm(session, early, hers, now=NOW)
    with pytest.raises(ConflictError, match="in 1 hours"):
        service.confirm(session, SYSTEM, his, now=LATER - timedelta(minutes=1))
    service.confirm(session, other, hers, now=NOW)
    service.confirm(session, SYSTEM, his, now=LATER)


def test_what_was_withdrawn_is_not_done_sec_44(session: Session) -> None:
    anna, _ = two_people(session)
    session.execute(delete(LegalHold))
    id_ = service.ask(session, SYSTEM, anna.id, Ground.OBLIGED, now=NOW)
    service.confirm(session, SYSTEM, id_, now=LATER)
    service.withdraw(session, SYSTEM, id_, now=LATER)

    service.carry_out(session, METADATA, id_, now=LATER)

    assert session.get(Patient, anna.id) is not None
    with pytest.raises(ConflictError, match="over"):
        service.confirm(session, SYSTEM, id_, now=LATER)


def test_each_refusal_names_what_is_wrong_sec_44(session: Session) -> None:
    anna, _ = two_people(session)
    session.execute(delete(LegalHold))
    service.ask(session, SYSTEM, anna.id, Ground.CONSENT, now=NOW)

    with pytest.raises(InvalidError, match="ground must be one of unneeded"):
        service.ask(session, SYSTEM, anna.id, "because", now=NOW)
    with pytest.raises(ConflictError, match="already"):
        service.ask(session, SYSTEM, anna.id, Ground.CONSENT, now=NOW)
    with pytest.raises(NotFoundError):
        service.ask(session, SYSTEM, uuid4(), Ground.CONSENT, now=NOW)
    with pytest.raises(InvalidError, match="future"):
        holds.hold(session, SYSTEM, anna.id, "A court asks", NOW, now=NOW)
    with pytest.raises(InvalidError, match="say why"):
        holds.hold(session, SYSTEM, anna.id, " ", None, now=NOW)


@pytest.mark.parametrize(
    "role", [None, *(each for each in Role if each is not Role.PRIVACY_OFFICER)], ids=str
)
def test_nobody_but_the_privacy_officer_erases_sec_12(session: Session, role: Role | None) -> None:
    caller = Caller("user", uuid4(), role)

    for act in (
        lambda: service.ask(session, caller, uuid4(), Ground.CONSENT, now=NOW),
        lambda: service.confirm(session, caller, uuid4(), now=NOW),
        lambda: service.withdraw(session, caller, uuid4(), now=NOW),
        lambda: holds.hold(session, caller, uuid4(), "A court asks", None, now=NOW),
        lambda: holds.release(session, caller, uuid4(), now=NOW),
    ):
        with pytest.raises(ForbiddenError):
            act()


def test_each_step_is_audited_sec_44(session: Session) -> None:
    anna, _ = two_people(session)
    session.execute(delete(LegalHold))

    erase(session, anna)

    query = select(AuditEvent.action, AuditEvent.entity).where(AuditEvent.patient_id == anna.id)
    found = [tuple(row) for row in session.execute(query.order_by(AuditEvent.id))]
    steps = [("C", "erasure"), ("U", "erasure"), ("D", "Patient")]
    assert [each for each in found if each in steps] == steps


def test_of_whom_is_held_the_schedule_takes_nothing_either_sec_48(session: Session) -> None:
    anna, ben = two_people(session)
    session.execute(delete(LegalHold))
    session.execute(delete(PatientMerge))
    merge(session, SYSTEM, anna.id, ben.id, reason="one person", now=NOW)

    assert retention.held(session) == frozenset()
    holds.hold(session, SYSTEM, ben.id, "A court asks", None, now=NOW)
    assert retention.held(session) == {anna.id, ben.id}
