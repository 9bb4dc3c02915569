"""Which team had whom from when to when is written down by the database, whoever moves them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import select, text, update

from core.clock import utc_now
from core.security import SYSTEM, Caller, Role
from ingest.caseload import Span
from ingest.caseloads.repository import caseload, stays
from ingest.context.tables import PatientAbsence
from ingest.merging.service import merge, unmerge
from ingest.repository import raise_wall
from ingest.tables import CareTeam, CareTeamPatient
from ingest.teams.tables import PatientStay
from tests.ingest.teams.test_repository import NURSE, clinician, episode, team
from tests.people import called
from tests.stays import join, leave

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from core.database import Database

NOW = utc_now()
START, DAY = NOW - timedelta(days=7), timedelta(days=1)


def somebody(session: Session, *, created: datetime = NOW - timedelta(days=90)) -> UUID:
    who = uuid4()
    session.add(called(session, who, "Ines Vale", created=created))
    session.flush()
    return who


def a_team(session: Session) -> UUID:
    id_ = uuid4()
    session.add(CareTeam(id=id_, name=f"Team {id_}"))
    session.flush()
    return id_


def rows(session: Session, of: UUID) -> list[PatientStay]:
    query = select(PatientStay).where(PatientStay.care_team_id == of)
    return list(session.scalars(query, execution_options={"populate_existing": True}))


def test_an_episode_begins_a_stay_and_its_end_ends_it(
    gateway: Any, build: Any, database: Database
) -> None:
    who, nurse = gateway.create(build.patient()), clinician(gateway, f"Nurse {uuid4()}")
    of = team(gateway, f"Team {uuid4()}", (nurse, NURSE))

    gateway.create(episode(who, of))
    gateway.post(episode(who, of) | {"type": [{"text": "again"}]})

    with database.transaction() as session:
        [stay] = rows(session, UUID(of))
        assert (str(stay.patient_id), stay.until) == (who, None)
        assert stay.since is not None
    gateway.post(episode(who, of, status="finished"))
    with database.transaction() as session:
        [stay] = rows(session, UUID(of))
        assert stay.until is not None
        assert stay.until >= NOW
    gateway.post(episode(who, of))
    with database.transaction() as session:
        assert sorted(each.until is None for each in rows(session, UUID(of))) == [False, True]


def test_a_stay_ends_whoever_ends_it_and_one_transaction_makes_no_gap_sec_11(
    database: Database,
) -> None:
    """Behind a wall that hides the person, as whoever moves somebody to another team has it."""
    with database.transaction() as session:
        who, of = somebody(session), a_team(session)
        session.add(CareTeamPatient(care_team_id=of, patient_id=who))
    with database.transaction() as session:
        raise_wall(session, Caller("user", uuid4(), Role.PHYSICIAN))
        gone = text("delete from care_team_patient where care_team_id = :of")
        session.execute(gone, {"of": of})
        assert rows(session, of) == []  # it is not theirs to see
    with database.transaction() as session:
        [stay] = rows(session, of)
        assert stay.until is not None
        session.add(CareTeamPatient(care_team_id=of, patient_id=who))
        session.flush()
        session.execute(gone, {"of": of})
        session.expire_all()
        session.add(CareTeamPatient(care_team_id=of, patient_id=who))
        session.flush()
        assert sorted(each.until is None for each in rows(session, of)) == [False, True]


def test_since_before_it_was_written_down_is_since_the_record_is_there(session: Session) -> None:
    of, old, new = a_team(session), somebody(session), somebody(session, created=NOW - 2 * DAY)
    for each in (old, new):
        join(session, of, each, since=NOW)
    session.execute(update(PatientStay).where(PatientStay.care_team_id == of).values(since=None))

    load = caseload(session, of, START, NOW)

    assert load.spans == {old: (Span(START, NOW),), new: (Span(NOW - 2 * DAY, NOW),)}


def test_who_moves_is_of_one_team_and_then_of_the_other(session: Session) -> None:
    one, other, who = a_team(session), a_team(session), somebody(session)
    join(session, one, who, since=START - DAY)
    leave(session, one, who, until=START + 2 * DAY)
    join(session, other, who, since=START + 2 * DAY)

    first, then = (caseload(session, each, START, NOW) for each in (one, other))

    assert first.spans == {who: (Span(START, START + 2 * DAY),)}
    assert then.spans == {who: (Span(START + 2 * DAY, NOW),)}
    assert (first.has(who), then.has(who)) == (False, True)
    assert caseload(session, other, START - DAY, START + DAY).spans == {}
    found = {each.team_id for each in stays(session, START, NOW, records=[who])}
    assert found == {one, other}


def test_who_is_discharged_counts_until_then_and_again_from_when_they_are_back(
    session: Session,
) -> None:
    of, who = a_team(session), somebody(session)
    join(session, of, who, since=START - DAY)
    gone = PatientAbsence(id=uuid4(), patient_id=who, why="discharged", since=START + DAY)
    session.add(gone)
    session.add(
        PatientAbsence(id=uuid4(), patient_id=who, why="paused", since=START, until=START + DAY)
    )

    assert caseload(session, of, START, NOW).spans == {who: (Span(START, START + DAY),)}

    gone.until = START + 3 * DAY
    assert caseload(session, of, START, NOW).spans == {
        who: (Span(START, START + DAY), Span(START + 3 * DAY, NOW))
    }


def test_a_merged_record_counts_for_who_stands_for_it_until_it_is_taken_apart_sec_28(
    session: Session,
) -> None:
    of, who, other = a_team(session), somebody(session), somebody(session)
    join(session, of, who, since=START + DAY)
    join(session, of, other, since=START - DAY)
    leave(session, of, other, until=START + 3 * DAY)
    merge(session, SYSTEM, who, other, reason="one person", now=NOW)

    assert caseload(session, of, START, NOW).spans == {who: (Span(START, NOW),)}

    unmerge(session, SYSTEM, other, now=NOW)
    assert caseload(session, of, START, NOW).spans == {
        who: (Span(START + DAY, NOW),),
        other: (Span(START, START + 3 * DAY),),
    }
