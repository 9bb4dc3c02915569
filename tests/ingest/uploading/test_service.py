"""A file of people enrols nobody until it is confirmed, once, and leaves nothing behind."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from core.errors import NotFoundError
from core.security import Caller, Role
from ingest.register.repository import forget_previews, register_sender
from ingest.register.tables import EnrolmentPreview
from ingest.repository import team_patients
from ingest.tables import CareTeam, CareTeamParticipant, Patient
from ingest.uploading.service import KEPT, Outcome, confirm, discard, preview, upload
from tests.door import NOW
from tests.people import clinician

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ingest.receipt import Sender

HEAD = "name,birth_date,identifier_system,identifier\n"
SYSTEM = "https://hospital.example/mrn"


@pytest.fixture
def team(session: Session) -> UUID:
    id_ = uuid4()
    session.add(CareTeam(id=id_, name=f"Riverside {id_.hex[:6]}"))
    session.flush()
    return id_


@pytest.fixture
def caller(session: Session, team: UUID) -> Caller:
    who = uuid4()
    session.add(clinician(session, who, "Dr Han", "h@example.org"))
    session.flush()
    session.add(CareTeamParticipant(care_team_id=team, practitioner_id=who))
    session.flush()
    return Caller("user", uuid4(), Role.SUPERVISOR, who)


def sender(session: Session, caller: Caller) -> Sender:
    return register_sender(session, caller, base="http://x/fhir", zone="UTC", now=NOW)


def file(*names: str, value: str | None = None) -> bytes:
    rows = (f"{name},1948-05-06,{SYSTEM},{value or uuid4().hex}\n" for name in names)
    return (HEAD + "".join(rows)).encode()


def people(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Patient)) or 0


def test_nothing_of_a_file_is_stored_until_it_is_confirmed(
    session: Session, caller: Caller, team: UUID
) -> None:
    before = people(session)

    id_ = upload(session, caller, file("Ines Vale", ""), team=str(team), now=NOW)
    shown = preview(session, caller, id_, now=NOW)

    assert people(session) == before
    assert [row.number for row in shown.fit] == [2]
    assert [(row.number, row.faults[0].field) for row in shown.faulty] == [(3, "name")]


def test_a_file_confirmed_twice_enrols_once(session: Session, caller: Caller, team: UUID) -> None:
    id_ = upload(session, caller, file("Ines Vale", "Bo Lind", ""), team=str(team), now=NOW)

    first = confirm(session, sender(session, caller), id_, now=NOW)
    second = confirm(session, sender(session, caller), id_, now=NOW + timedelta(minutes=1))

    assert first.outcome == second.outcome == Outcome(enrolled=2, known=0, left_out=1)
    assert len(team_patients(session, team)) == 2
    assert preview(session, caller, id_, now=NOW).outcome == first.outcome


def test_the_same_file_uploaded_again_shows_each_as_enrolled_and_enrols_nobody(
    session: Session, caller: Caller, team: UUID
) -> None:
    raw = file("Ines Vale", "Bo Lind")
    confirm(
        session,
        sender(session, caller),
        upload(session, caller, raw, team=str(team), now=NOW),
        now=NOW,
    )

    again = upload(session, caller, raw, team=str(team), now=NOW)
    shown = preview(session, caller, again, now=NOW)

    enrolled = {who for row in shown.known for who in row.enrolled}
    assert enrolled == set(team_patients(session, team))
    assert confirm(session, sender(session, caller), again, now=NOW).outcome == Outcome(0, 2, 0)


def test_the_cells_of_a_file_are_sealed_and_go_with_its_time_sec_27(
    session: Session, caller: Caller, team: UUID
) -> None:
    """SEC-27, SEC-48: half an hour, or until it is confirmed, whichever comes first."""
    forget_previews(session, before=NOW + KEPT)  # what others left
    id_ = upload(session, caller, file("Canary Vale"), team=str(team), now=NOW)
    row = session.get_one(EnrolmentPreview, id_)

    assert b"Canary" not in bytes(row.body)
    assert row.until == NOW + KEPT == NOW + timedelta(minutes=30)
    with pytest.raises(NotFoundError):
        preview(session, caller, id_, now=row.until)
    assert forget_previews(session, before=row.until - timedelta(seconds=1)) == 0
    assert forget_previews(session, before=row.until) == 1

    confirmed = upload(session, caller, file("Canary Vale"), team=str(team), now=NOW)
    confirm(session, sender(session, caller), confirmed, now=NOW)
    assert bytes(session.get_one(EnrolmentPreview, confirmed).body) == b""


def test_one_keeps_no_more_than_the_file_uploaded_last(
    session: Session, caller: Caller, team: UUID
) -> None:
    first = upload(session, caller, file("Ines Vale"), team=str(team), now=NOW)
    second = upload(session, caller, file("Bo Lind"), team=str(team), now=NOW)

    with pytest.raises(NotFoundError):
        preview(session, caller, first, now=NOW)
    discard(session, caller, second, now=NOW)
    with pytest.raises(NotFoundError):
        preview(session, caller, second, now=NOW)


def test_a_file_of_somebody_else_does_not_exist_sec_12(
    session: Session, caller: Caller, team: UUID
) -> None:
    id_ = upload(session, caller, file("Ines Vale"), team=str(team), now=NOW)
    other = Caller("user", uuid4(), Role.SUPERVISOR, caller.practitioner_id)

    for act in (preview, discard):
        with pytest.raises(NotFoundError):
            act(session, other, id_, now=NOW)
    with pytest.raises(NotFoundError):
        confirm(session, sender(session, other), id_, now=NOW)
