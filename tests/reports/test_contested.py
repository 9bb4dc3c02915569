"""Contested scores of a week: received, answered in time, upheld, overdue (SEC-46)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from core.clock import utc_now
from ingest.caseload import Caseload, Span
from monitoring.contesting import repository
from monitoring.contests import Answer, By, Contest, Ground, Ruling
from reports.contested import Contests, Doubt, contests
from reports.overdue import Kind
from reports.rates import Rate
from reports.service import quality, team_week
from reports.week import Week
from tests.reported import doctor
from tests.scored import score
from tests.ward import MALSUN, open_ward

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.database import Database
    from tests.ward import Ward

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
SUNDAY = MONDAY + timedelta(days=7)
WHO = UUID(int=1)


def doubt(at: float, answered: float | None = None, *, upheld: bool = False) -> Doubt:
    """Return one that was contested, and answered, so many days after Monday."""
    day = timedelta(days=1)
    return Doubt(
        WHO, MONDAY + at * day, None if answered is None else MONDAY + answered * day, upheld
    )


@pytest.mark.parametrize(
    ("doubts", "expected"),
    [
        ([], None),
        ([doubt(8)], None),  # of the next week
        ([doubt(1)], Contests(1, Rate(0, 0), Rate(0, 0), 0)),
        ([doubt(1, 2, upheld=True)], Contests(1, Rate(1, 1), Rate(1, 1), 0)),
        ([doubt(-5, 1.9)], Contests(0, Rate(1, 1), Rate(0, 1), 0)),
        ([doubt(-5, 2.1)], Contests(0, Rate(0, 1), Rate(0, 1), 0)),
        ([doubt(-5)], Contests(0, Rate(0, 1), Rate(0, 0), 1)),
        ([doubt(-9)], Contests(0, Rate(0, 0), Rate(0, 0), 1)),  # its week ended before
        ([doubt(-9, 1, upheld=True)], Contests(0, Rate(0, 0), Rate(1, 1), 0)),
        ([doubt(-5, 9)], Contests(0, Rate(0, 1), Rate(0, 0), 1)),  # answered after it
    ],
)
def test_each_contest_counts_once_where_it_belongs_sec_46(
    doubts: list[Doubt], expected: Contests | None
) -> None:
    load = Caseload.whole([each.patient_id for each in doubts], MONDAY, SUNDAY)

    assert contests(doubts, load, start=MONDAY, end=SUNDAY) == expected


def test_what_becomes_of_a_contest_counts_for_who_had_the_person_then() -> None:
    """Contested and overdue on the Tuesday; the person moves on the Wednesday."""
    asked = [doubt(-6), doubt(1, 5)]
    at = MONDAY + timedelta(days=2)
    here, there = (
        Caseload(MONDAY, SUNDAY, {each.patient_id: (span,) for each in asked})
        for span in (Span(MONDAY, at), Span(at, SUNDAY))
    )

    assert contests(asked, here, start=MONDAY, end=SUNDAY) == Contests(1, Rate(0, 1), Rate(0, 0), 0)
    found = contests(asked, there, start=MONDAY, end=SUNDAY)
    assert found == Contests(0, Rate(1, 1), Rate(0, 1), 1)


@pytest.fixture(scope="module")
def ward(database: Database) -> Ward:
    week = Week.of(utc_now(), zone=UTC).shifted(-1)
    return open_ward(database, now=week.start + timedelta(days=2, hours=12), people=(MALSUN,))


def contested(session: Session, who: UUID, at: datetime, answered: datetime | None) -> None:
    judged = score(session, who, at - timedelta(hours=1), 0.2)
    facts = (By.PATIENT, Ground.READING, "x", "")
    made = Contest(uuid4(), who, judged, at - timedelta(hours=1), "m", *facts, at)
    repository.add(session, made, uuid4())
    if answered is not None:
        said = Answer(Ruling.UPHELD, "x", "", answered)
        repository.answer(session, made.id, said, uuid4())


def test_the_report_of_a_week_and_the_page_of_quality_count_them_sec_46(
    session: Session, ward: Ward
) -> None:
    week, who = Week.of(ward.now, zone=UTC), ward.patients[MALSUN.name]
    day = timedelta(days=1)
    contested(session, who, week.start - 3 * day, week.start + day)
    contested(session, who, week.start - 3 * day, None)
    contested(session, who, week.start + day, None)

    report = team_week(session, doctor(ward), ward.team, week, now=utc_now()).report
    caller = doctor(ward)
    found = quality(session, caller, team=ward.team, since=week.start, until=week.end)

    assert report.contests == Contests(1, Rate(1, 2), Rate(1, 1), 1) == found.contests
    assert [each.due_at for each in report.overdue if each.kind is Kind.CONTEST] == [
        week.start + 4 * day
    ]
