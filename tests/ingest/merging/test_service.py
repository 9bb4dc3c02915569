"""Two records become one person and two again: seen as one, restored exactly (SEC-28)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Text, cast, func, literal_column, select

import alerts.service
import monitoring.service
from core.audit import AuditEvent
from core.errors import ConflictError, InvalidError, NotFoundError
from core.outbox import Outbox
from core.security import SYSTEM, Caller, Role
from core.vitals import Precision, Quality, Vital
from ingest.merging.service import merge, unmerge
from ingest.repository import may_see, person, profiles, readings, responsible, visible_to
from ingest.tables import CareTeam, CareTeamParticipant, CareTeamPatient, Condition, StoredReading
from tests.door import NOW
from tests.people import called, clinician

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

SINCE = NOW - timedelta(days=20)
# What stands in whole tables, whosever it is: how many rows, and what they add up to.
ALL_ROWS = [
    select(
        func.count(),
        func.sum(func.hashtextextended(cast(literal_column(table.__tablename__), Text), 0)),
    ).select_from(table)
    for table in (StoredReading, Condition, CareTeamPatient, CareTeamParticipant)
]


def record(session: Session, name: str, rates: Sequence[int]) -> UUID:
    """Enrol somebody with a team of their own and readings at given minutes before now."""
    who, team, doctor = uuid4(), uuid4(), uuid4()
    session.add_all([called(session, who, name, created=NOW), CareTeam(id=team, name=name)])
    session.add(clinician(session, doctor, f"Dr {name}", "x@example.org"))
    session.flush()
    session.add(CareTeamPatient(care_team_id=team, patient_id=who))
    session.add(CareTeamParticipant(care_team_id=team, practitioner_id=doctor, role="physician"))
    session.add(
        Condition(patient_id=who, codes=[["http://x/icd-10", "I50.9"]], clinical_status="active")
    )
    session.add_all(reading(who, minutes) for minutes in sorted(set(rates)))
    session.flush()
    return who


def reading(who: UUID, minutes: int, value: float = 72) -> StoredReading:
    at = NOW - timedelta(minutes=minutes)
    return StoredReading(
        patient_id=who,
        vital=Vital.HEART_RATE,
        value=value,
        quality=Quality.SCORED,
        effective=at,
        received_at=at,
        precision=Precision.INSTANT,
        device="watch",
        resource_id=uuid4(),
        resource_version=1,
    )


def doctor_of(session: Session, patient: UUID) -> Caller:
    [one] = responsible(session, patient)
    return Caller("user", uuid4(), Role.PHYSICIAN, one.practitioner_id)


def answers(session: Session, ids: Sequence[UUID]) -> dict[str, Any]:
    """Return all that is asked about people, and the rows themselves."""
    shown = profiles(session, visible_to(SYSTEM), ids, today=NOW.date())
    return {
        "people": [person(session, each) for each in ids],
        "readings": [readings(session, each, since=SINCE) for each in ids],
        "responsible": [responsible(session, each) for each in ids],
        "shown": shown,
        "rows": [session.execute(each).one() for each in ALL_ROWS],
    }


minutes = st.lists(st.integers(1, 9000), max_size=5)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(one=minutes, other=minutes, rounds=st.integers(1, 2))
def test_merging_and_unmerging_restores_both_exactly_sec_28(
    session: Session, one: list[int], other: list[int], rounds: int
) -> None:
    with session.begin_nested() as tried:
        ids = [record(session, "Ann", one), record(session, "Anne", other)]
        before = answers(session, ids)

        for _ in range(rounds):
            merge(session, SYSTEM, *ids, reason="one card", now=NOW)
            both = answers(session, ids)
            unmerge(session, SYSTEM, ids[1], now=NOW)

        assert answers(session, ids) == before
        assert [each.effective for each in both["readings"][0]] == [
            NOW - timedelta(minutes=m) for m in sorted({*one, *other}, reverse=True)
        ]
        assert both["readings"][0] == both["readings"][1]
        assert both["people"][0] == both["people"][1]
        assert [each.id for each in both["shown"]] == [ids[0]]
        assert {each.name for each in both["responsible"][0]} == {"Dr Ann", "Dr Anne"}
        tried.rollback()


def test_what_arrived_meanwhile_stays_with_whom_it_was_sent_for(session: Session) -> None:
    ids = [record(session, "Ann", [30]), record(session, "Anne", [20])]
    merge(session, SYSTEM, *ids, reason="one card", now=NOW)
    session.add(reading(ids[1], 5))
    session.flush()

    together = len(readings(session, ids[0], since=SINCE))
    unmerge(session, SYSTEM, ids[1], now=NOW)

    assert together == 3
    assert [len(readings(session, each, since=SINCE)) for each in ids] == [1, 2]


def test_each_team_sees_both_records_only_while_they_are_one(session: Session) -> None:
    ids = [record(session, "Ann", []), record(session, "Anne", [])]
    doctors = [doctor_of(session, each) for each in ids]

    def seen() -> list[bool]:
        return [may_see(session, doctor, id_) for doctor in doctors for id_ in ids]

    before = seen()
    merge(session, SYSTEM, *ids, reason="one card", now=NOW)
    during = seen()
    unmerge(session, SYSTEM, ids[1], now=NOW)

    assert (before, during) == ([True, False, False, True], [True] * 4)
    assert seen() == before


def test_an_alert_of_the_merged_record_is_shown_with_the_survivor(session: Session) -> None:
    ids = [record(session, "Ann", []), record(session, "Anne", [])]
    session.add(reading(ids[1], 10, value=150))
    session.flush()
    rulebook = monitoring.service.load_rulebook()
    for each in ids:
        judged = monitoring.service.assess(session, each, now=NOW, rulebook=rulebook, model=None)
        session.flush()
        alerts.service.raise_from(session, judged, now=NOW, policy=alerts.service.load_policy())
    doctor = doctor_of(session, ids[0])
    [raised] = alerts.service.episodes(session, SYSTEM, ids[1])
    assert alerts.service.inbox(session, doctor, now=NOW) == []

    merge(session, SYSTEM, *ids, reason="one card", now=NOW)
    again = monitoring.service.assess(
        session, ids[1], now=NOW + timedelta(minutes=1), rulebook=rulebook, model=None
    )
    session.flush()
    alerts.service.raise_from(session, again, now=NOW, policy=alerts.service.load_policy())

    [row] = alerts.service.inbox(session, doctor, now=NOW)
    [shown] = alerts.service.episodes(session, SYSTEM, ids[0])
    assert (row.patient_id, shown.id, shown.patient_id) == (ids[0], raised.id, ids[0])
    unmerge(session, SYSTEM, ids[1], now=NOW)
    assert alerts.service.inbox(session, doctor, now=NOW) == []
    assert [e.id for e in alerts.service.episodes(session, SYSTEM, ids[1])] == [raised.id]


def test_both_steps_are_audited_and_ask_for_judgements(session: Session) -> None:
    ids = [record(session, "Ann", []), record(session, "Anne", [])]
    merge(session, SYSTEM, *ids, reason="one card", now=NOW)
    unmerge(session, SYSTEM, ids[1], now=NOW)

    query = select(AuditEvent.action, AuditEvent.patient_id).where(
        AuditEvent.entity == "patient_merge", AuditEvent.patient_id.in_(ids)
    )
    audited = {(row.action, row.patient_id) for row in session.execute(query)}
    work = select(Outbox.subject_id).where(Outbox.subject_id.in_(ids))

    assert audited == {(action, each) for action in "CD" for each in ids}
    assert set(session.scalars(work)) == set(ids)


def test_what_cannot_be_merged_says_why(session: Session) -> None:
    ann, anne, third = (record(session, name, []) for name in ("Ann", "Anne", "Third"))
    merge(session, SYSTEM, ann, anne, reason="one card", now=NOW)

    for pair, error in (
        ((ann, ann), InvalidError),
        ((ann, uuid4()), NotFoundError),
        ((third, anne), ConflictError),
        ((anne, third), ConflictError),
        ((third, ann), ConflictError),
    ):
        with pytest.raises(error):
            merge(session, SYSTEM, *pair, reason="x", now=NOW)
    with pytest.raises(InvalidError):
        merge(session, SYSTEM, ann, third, reason=" ", now=NOW)
    with pytest.raises(NotFoundError):
        unmerge(session, SYSTEM, third, now=NOW)
