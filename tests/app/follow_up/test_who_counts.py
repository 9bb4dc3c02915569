"""Predicted and seen are told of the same people: who no longer counts is missing in both."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select

from app.follow_up import repository, service
from app.follow_up.tables import FollowedDayRow
from app.periods import ScheduledRun
from core.security import SYSTEM
from ingest.choices import Purpose
from ingest.merging import service as merging
from monitoring.contests import Ground, Ruling
from monitoring.followed import Outcome, Source
from monitoring.live_calibration import Fit, calibrated
from tests.choosing import say
from tests.scored import MODEL, alert, contested, people_of_day, score

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from monitoring.live_calibration import Band, Scored

DAY = date(2026, 3, 2)
SCORED = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 13, 3, 0, tzinfo=UTC)
WORSE, BETTER, QUIET = 20, 20, 36


@pytest.fixture(autouse=True)
def alone(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    session.execute(delete(ScheduledRun).where(ScheduledRun.job == service.JOB))
    monkeypatch.setattr(repository, "numbers", lambda _: (15, 4))  # four days in five are drawn


def scored(session: Session) -> list[UUID]:
    """Score people: of some it is known that they got worse, of others that they did not."""
    people = people_of_day(session, DAY, WORSE + BETTER + QUIET)
    for n, person in enumerate(people):
        score(session, person, SCORED, 0.12 if n < WORSE else 0.18)
        if n < WORSE + BETTER:
            label = "true-actionable" if n < WORSE else "false-physiology-benign"
            alert(session, person, SCORED + timedelta(days=1), label)
    return people


def follow(session: Session) -> None:
    for _ in range(service.SLICES):
        service.follow(session, now=NOW)
    session.flush()


def answer_no(session: Session) -> None:
    drawn = select(FollowedDayRow.id).where(FollowedDayRow.source == Source.DRAWN)
    for id_ in session.scalars(drawn.where(FollowedDayRow.day == DAY)).all():
        repository.answer(session, id_, Outcome.NO, None, NOW)


def count(session: Session) -> Scored:
    (found,) = repository.counted(session, MODEL, since=DAY)[0].values()
    return found


def band(session: Session) -> Band:
    found, _ = repository.counted(session, MODEL, since=DAY)
    (one,) = calibrated(found, repository.followed(session, MODEL, since=DAY))
    return one


def test_whoever_does_not_count_any_more_is_missing_above_and_below_the_line_sec_46_sec_47(
    session: Session,
) -> None:
    """Those who got worse and count no more do not become ones who did not; few cannot tell."""
    people = scored(session)
    follow(session)
    answer_no(session)
    before = band(session)
    for person in people[:5]:
        contested(session, person, Ground.READING, Ruling.UPHELD, now=NOW)
    for person in people[5:10]:
        say(session, person, Purpose.SCORING, allowed=False, at=SCORED)
    for person in people[-5:]:
        say(session, person, Purpose.USE, allowed=False, at=SCORED)

    after = band(session)

    assert (before.days, before.known) == (76, 40)
    assert before.seen == pytest.approx(20 / 76)
    assert (after.days, after.known) == (61, 30)
    assert after.seen == pytest.approx(10 / 61)
    assert before.predicted == pytest.approx((20 * 0.12 + 56 * 0.18) / 76)
    assert after.predicted == pytest.approx((10 * 0.12 + 51 * 0.18) / 61)
    for person in people[10:22]:
        say(session, person, Purpose.TRAINING, allowed=False, at=SCORED)
    few = band(session)
    assert (few.days, few.seen, few.fit) == (49, None, Fit.CANNOT_TELL)


def test_an_erasure_takes_a_person_from_below_the_line_too_sec_44(session: Session) -> None:
    """But where days that were not drawn are missing, as they once were, nothing is told."""
    people = scored(session)
    follow(session)
    answer_no(session)
    row = FollowedDayRow

    session.execute(delete(row).where(row.patient_id.in_(people[:10])))
    after = band(session)
    session.execute(delete(row).where(row.source == Source.NOT_DRAWN, row.day == DAY))

    assert (after.days, after.known) == (66, 30)
    assert after.seen == pytest.approx(10 / 66)
    assert repository.counted(session, MODEL, since=DAY)[0] == {}
    assert list(repository.followed(session, MODEL, since=DAY)) == []
    assert repository.ever_counted(session, MODEL, since=DAY) == 76


def test_a_score_that_is_upheld_to_be_fed_wrongly_is_neither_followed_nor_asked_about_sec_46(
    session: Session,
) -> None:
    people = scored(session)
    contested(session, people[0], Ground.READING, Ruling.UPHELD, now=SCORED + timedelta(days=2))
    contested(session, people[1], Ground.EXPLAINED, Ruling.UPHELD, now=SCORED + timedelta(days=2))
    row = FollowedDayRow
    every = select(row.patient_id).where(row.patient_id.in_(people))

    def asked() -> set[UUID]:
        questions = repository.open_questions(session, every, since=DAY, limit=500)
        return {each.patient_id for each in questions}

    follow(session)
    before, one = asked(), min(asked())
    contested(session, one, Ground.READING, Ruling.UPHELD, now=NOW)

    assert set(session.scalars(every)) == set(people) - {people[0]}
    assert before - asked() == {one}
    assert count(session).days == 74


def test_two_records_of_one_person_are_one_person_below_the_line(session: Session) -> None:
    people = scored(session)
    follow(session)

    merging.merge(session, SYSTEM, people[0], people[1], reason="the same", now=NOW)

    found = count(session)
    assert (found.days, found.people) == (76, 75)
    assert found.size == pytest.approx(76**2 / (74 + 2 * 2))
    of = [day.person for day in repository.followed(session, MODEL, since=DAY)]
    assert of.count(people[0]) == 2
