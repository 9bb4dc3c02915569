"""A score that another system made, and a copy brought, is no judgement of this system."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from core.vitals import Severity, Vital
from monitoring import repository, service
from monitoring.tables import AssessmentRow
from tests.ingest.summing.lives import NOW, enrol, store
from tests.scored import brought

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from monitoring.rulebook import Rulebook

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.fixture
def judged(session: Session, rulebook: Rulebook) -> UUID:
    """Somebody with a month of weights and saturations who was judged an hour ago."""
    who = enrol(session)
    for vital, value in ((Vital.SPO2, 96.0), (Vital.BODY_WEIGHT, 80.0)):
        store(session, who, [(vital, NOW - n * DAY, value, "x") for n in range(1, 30)])
    judge(session, who, rulebook, now=NOW - 60 * MINUTE)
    return who


def judge(session: Session, who: UUID, rulebook: Rulebook, *, now: datetime) -> AssessmentRow:
    id_ = service.assess(session, who, now=now, rulebook=rulebook, model=None)
    return session.scalars(select(AssessmentRow).where(AssessmentRow.id == id_)).one()


def test_what_arrived_before_a_score_was_brought_is_judged_all_the_same(
    session: Session, judged: UUID, rulebook: Rulebook
) -> None:
    store(session, judged, [(Vital.SPO2, NOW - n * MINUTE, 78.0, "x") for n in (20, 15)])
    brought(session, judged, NOW - 5 * MINUTE)

    assert judge(session, judged, rulebook, now=NOW).severity == Severity.RED


def test_a_wait_for_a_repeat_ends_although_a_score_was_brought_al_20(
    session: Session, judged: UUID, rulebook: Rulebook
) -> None:
    store(session, judged, [(Vital.HEART_RATE, NOW - MINUTE, 175.0, "x")])
    until = judge(session, judged, rulebook, now=NOW).recheck_at
    assert until is not None
    brought(session, judged, NOW + 4 * MINUTE)

    after = judge(session, judged, rulebook, now=until + timedelta(seconds=1))

    assert after.severity == Severity.RED


def test_what_is_known_of_the_last_judgement_is_known_of_the_last_one_here(
    session: Session, judged: UUID
) -> None:
    def known() -> tuple[object, ...]:
        return (
            repository.latest(session, judged),
            repository.latest_id(session, judged),
            repository.expected_of(session, [judged])[judged],
            repository.rulebook_at(session, judged, NOW),
            repository.latest_marks(session, [judged]),
            repository.usual_over(session, [judged], since=NOW - DAY),
            repository.usual_over(session, [judged], since=NOW - MINUTE),
        )

    before = known()
    assert all(before)
    brought(session, judged, NOW - 5 * MINUTE)

    assert known() == before


def test_of_whom_nothing_was_judged_here_nothing_is_known(session: Session) -> None:
    who = enrol(session)
    brought(session, who, NOW)

    assert repository.latest(session, who) is None
    assert not repository.latest_marks(session, [who])
