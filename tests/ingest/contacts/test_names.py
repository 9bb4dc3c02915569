"""What was noted of a carer when their name is edited, and when their number is another's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from core.security import Caller, Role
from ingest.contacts.repository import contacts_of
from ingest.contacts.service import agree, opted_out
from tests.people import called
from tests.told import DAUGHTER, reachable

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
SECOND = "+821055507777"
SUPERVISOR = Caller("user", uuid4(), Role.SUPERVISOR, uuid4())


@pytest.fixture
def patient(session: Session) -> UUID:
    id_ = uuid4()
    session.add(called(session, id_, "Canary Patientname", created=NOW))
    session.flush()
    return id_


def carer(name: str, *numbers: str) -> dict[str, Any]:
    mobile = [{"system": "phone", "use": "mobile", "value": each} for each in numbers]
    return {"contact": [{"name": {"text": name}, "telecom": mobile}]}


def told(session: Session, patient: UUID) -> list[bool | None]:
    return [each.agreed for each in contacts_of(session, patient, now=NOW)]


@pytest.mark.parametrize("by", ["a clinician", "the provider"])
def test_a_no_stands_on_when_the_name_is_corrected_and_the_number_left_out_sec_47(
    session: Session, patient: UUID, by: str
) -> None:
    reachable(session, patient, now=NOW, resource=carer("Kim Mina", DAUGHTER, SECOND))
    first, second = contacts_of(session, patient, now=NOW)
    agree(session, SUPERVISOR, second.id, agreed=True, now=NOW)
    later = NOW + timedelta(minutes=1)
    if by == "a clinician":
        agree(session, SUPERVISOR, first.id, agreed=False, now=later)
    else:
        opted_out(session, first.id, now=later)
    reachable(session, patient, now=later, resource=carer("Kim Min-a", SECOND))

    assert told(session, patient) == [False]


def test_a_yes_does_not_pass_to_whoever_has_the_number_next_sec_47(
    session: Session, patient: UUID
) -> None:
    reachable(session, patient, now=NOW, resource=carer("Kim Mina", DAUGHTER))
    (held,) = contacts_of(session, patient, now=NOW)
    agree(session, SUPERVISOR, held.id, agreed=True, now=NOW)
    reachable(session, patient, now=NOW, resource=carer("kim  MINA", DAUGHTER))
    same = told(session, patient)
    reachable(session, patient, now=NOW, resource=carer("Park Jun", DAUGHTER))

    assert (same, told(session, patient)) == ([True], [None])
