"""Days are followed up: known from labels and stays, drawn by lot with a logged probability."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select

from app.follow_up import repository, service
from app.follow_up.tables import FollowedDayRow, ScoredDays
from app.periods import ScheduledRun
from core.errors import ForbiddenError
from core.security import SYSTEM, Role
from ingest.context.repository import keep_stays
from ingest.enrolment import Absence, Stay
from monitoring.contests import Ground, Ruling
from monitoring.followed import Outcome, Source
from monitoring.live_calibration import calibrated
from monitoring.models import service as models
from monitoring.models.tables import ShadowScore
from tests.artefacts import artefact
from tests.scored import MODEL, alert, contested, people_of_day, score

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

DAY = date(2026, 3, 2)
SCORED = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 13, 3, 0, tzinfo=UTC)  # the window is over, and three days have passed
TRUE, FALSE = "true-actionable", "false-physiology-benign"


@pytest.fixture(autouse=True)
def alone(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    session.execute(delete(ScheduledRun).where(ScheduledRun.job == service.JOB))
    monkeypatch.setattr(repository, "numbers", lambda _: (6, 1))  # one day in two is drawn


def follow_all(session: Session) -> None:
    for _ in range(service.SLICES + 2):
        service.follow(session, now=NOW)
    session.flush()


def followed(session: Session, people: list[UUID]) -> dict[UUID, FollowedDayRow]:
    query = select(FollowedDayRow).where(FollowedDayRow.patient_id.in_(people))
    return {row.patient_id: row for row in session.scalars(query)}


def test_what_is_known_is_kept_and_the_rest_is_drawn_with_a_logged_probability(
    session: Session,
) -> None:
    people = people_of_day(session, DAY, 48)
    true, false, admitted, unlabelled, treated, inpatient, earlier, *quiet = people
    for person in people:
        score(session, person, SCORED - timedelta(hours=9), 0.5)  # the last of the day counts
        score(session, person, SCORED, 0.03)
    alert(session, true, SCORED + timedelta(days=2), TRUE)
    alert(session, false, SCORED + timedelta(days=2), FALSE)
    alert(session, unlabelled, SCORED + timedelta(days=2), None)
    alert(session, treated, SCORED - timedelta(days=2), TRUE)
    alert(session, earlier, SCORED + timedelta(days=8), TRUE)  # after the window
    for person, since in ((admitted, SCORED + timedelta(days=5)), (inpatient, SCORED)):
        stay = Stay(Absence.ADMITTED, since - timedelta(hours=1), since + timedelta(days=3))
        keep_stays(session, uuid4(), person, [stay])
    session.flush()

    follow_all(session)

    rows = followed(session, people)
    assert (rows[true].source, rows[true].outcome) == (Source.LABEL, Outcome.YES)
    assert (rows[false].source, rows[false].outcome) == (Source.LABEL, Outcome.NO)
    assert (rows[admitted].source, rows[admitted].outcome) == (Source.ADMISSION, Outcome.YES)
    assert {rows[each].chosen_with for each in (true, false, admitted)} == {1.0}
    assert treated not in rows
    assert inpatient not in rows
    drawn = [row for row in rows.values() if row.source == Source.DRAWN]
    assert {row.patient_id for row in drawn} <= {unlabelled, earlier, *quiet}
    assert 8 <= len(drawn) <= 35
    assert {(row.chosen_with, row.outcome, row.probability) for row in drawn} == {(0.5, None, 0.03)}
    count = session.get_one(ScoredDays, (DAY, MODEL, 2))
    assert (count.days, count.known, count.left_out) == (46, 3, 2)
    assert count.predicted == pytest.approx(46 * 0.03)


def test_a_day_is_followed_once_however_often_the_clock_ticks(session: Session) -> None:
    people = people_of_day(session, DAY, 5)
    for person in people:
        score(session, person, SCORED, 0.03)

    follow_all(session)
    before = {row.id for row in followed(session, people).values()}
    follow_all(session)

    assert {row.id for row in followed(session, people).values()} == before
    assert session.get_one(ScoredDays, (DAY, MODEL, 2)).days == 5


def test_known_outcomes_and_answers_become_the_live_calibration(session: Session) -> None:
    people = people_of_day(session, DAY, 120)
    for person in people:
        score(session, person, SCORED, 0.03)
    for person in people[:4]:
        alert(session, person, SCORED + timedelta(days=1), TRUE)
    follow_all(session)
    drawn = [row for row in followed(session, people).values() if row.source == Source.DRAWN]
    for row in drawn[:-5]:
        repository.answer(session, row.id, Outcome.NO, None, NOW)
    for row in drawn[-2:]:
        repository.answer(session, row.id, Outcome.CANNOT_TELL, None, NOW)

    scored, _ = repository.counted(session, MODEL, since=DAY)
    (band,) = calibrated(scored, repository.followed(session, MODEL, since=DAY))

    sources = Counter(row.source for row in followed(session, people).values())
    assert (band.days, band.known, band.drawn) == (120, 4, sources[Source.DRAWN])
    assert band.answered == len(drawn) - 5
    assert band.seen == pytest.approx(4 / 120)


def test_a_score_that_was_fed_wrongly_is_not_held_against_a_model_sec_46(session: Session) -> None:
    person, other = people_of_day(session, DAY, 2)
    for each in (person, other):
        score(session, each, SCORED, 0.03)
        alert(session, each, SCORED + timedelta(days=1), TRUE)
    follow_all(session)
    before = {day.person for day in repository.followed(session, MODEL, since=DAY)}

    contested(session, person, Ground.READING, Ruling.UPHELD, now=NOW)
    contested(session, other, Ground.EXPLAINED, Ruling.UPHELD, now=NOW)

    after = {day.person for day in repository.followed(session, MODEL, since=DAY)}
    assert {person, other} <= before
    assert before - after == {person}


def test_a_model_in_shadow_is_held_to_the_same_days_at_what_it_would_have_said(
    session: Session,
) -> None:
    """AL-21: each with its own band, and with nothing of the days on which it said nothing."""
    shadow = models.add(session, SYSTEM, artefact("follow up"), reason="test", now=NOW)
    people = people_of_day(session, DAY, 120)
    for n, person in enumerate(people):
        judged = score(session, person, SCORED, 0.03)
        if n < 100:
            session.add(tried(judged, shadow, person, 0.15 if n < 60 else 0.03))
    for person in (*people[:4], *people[60:63], *people[100:102]):
        alert(session, person, SCORED + timedelta(days=1), TRUE)
    follow_all(session)
    for row in followed(session, people).values():
        repository.answer(session, row.id, Outcome.NO, None, NOW)

    scored, _ = repository.counted(session, shadow, since=DAY)
    bands = calibrated(scored, repository.followed(session, shadow, since=DAY))

    assert [(band.low, band.days, band.known) for band in bands] == [(0.02, 40, 3), (0.1, 60, 4)]
    assert bands[1].predicted == pytest.approx(0.15)
    assert bands[1].seen == pytest.approx(4 / 60)
    judging, _ = repository.counted(session, MODEL, since=DAY)
    assert {band: each.days for band, each in judging.items()} == {2: 120}


def tried(judged: UUID, model: str, person: UUID, probability: float) -> ShadowScore:
    return ShadowScore(
        assessment_id=judged,
        model_id=model,
        patient_id=person,
        at=SCORED,
        probability=probability,
        judging_id=MODEL,
    )


def test_only_clinicians_are_asked(session: Session) -> None:
    assert Role.SUPERVISOR not in service.MAY
    with pytest.raises(ForbiddenError):
        service.questions(session, SYSTEM, now=NOW)
