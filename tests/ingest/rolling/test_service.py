"""Days that are over are rolled up; whatever changes in them has them read as they are again."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from alerts.service import load_policy
from core.outbox import Topic
from core.vitals import Quality, Reading, Severity, Vital
from ingest import repository as people
from ingest.rolling import repository, service
from ingest.tables import Patient, StoredReading
from monitoring import repository as judgements
from monitoring import service as judging
from monitoring import windows
from tests.alerts.conftest import NOW as WARD
from tests.alerts.episodes.test_any_order import Told, home
from tests.monitoring.test_service import offered
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from monitoring.findings import Finding

NOW = datetime(2026, 3, 20, 9, tzinfo=UTC)
BACK = timedelta(days=118)
HIGH = datetime(2026, 3, 18, 4, 17, tzinfo=UTC)


def enrol(session: Session, zone: str = "Asia/Seoul") -> UUID:
    patient = Patient(id=uuid4(), created_at=NOW - BACK, zone=zone)
    session.add(patient)
    session.flush()
    return patient.id


def store(
    session: Session, patient: UUID, readings: Sequence[tuple[Vital, datetime, float]]
) -> None:
    session.add_all(
        StoredReading(
            patient_id=patient,
            vital=vital,
            value=value,
            quality=Quality.SCORED,
            effective=at,
            precision="instant",
            received_at=at + timedelta(seconds=5),
            resource_id=uuid4(),
            resource_version=1,
            device="watch",
        )
        for vital, at, value in readings
    )
    session.flush()


def pulse(
    minutes: int, *, until: datetime = NOW, every: int = 5
) -> list[tuple[Vital, datetime, float]]:
    """Return a heart rate each few minutes, as many minutes back; one beyond every limit."""
    times = [until - timedelta(minutes=n) for n in range(0, minutes, every)]
    found = [(Vital.HEART_RATE, at, 70.0 + round(6 * math.sin(at.timestamp()))) for at in times]
    return [*found, (Vital.HEART_RATE, HIGH, 155.0)]


def loaded(session: Session, patient: UUID) -> list[Reading]:
    return people.readings(session, patient, since=NOW - BACK)


@pytest.fixture
def worn(session: Session) -> UUID:
    """A person with a watch for four days, and a weight each morning for twenty."""
    patient = enrol(session)
    store(session, patient, pulse(4 * 1440))
    mornings = [NOW - timedelta(days=n, hours=1) for n in range(20)]
    store(session, patient, [(Vital.BODY_WEIGHT, at, 80.0) for at in mornings])
    return patient


def roll(session: Session, patient: UUID) -> bool:
    return service.roll_up(session, patient, since=NOW - BACK, now=NOW)


def test_days_that_are_over_are_loaded_by_what_stands_for_them(
    session: Session, worn: UUID
) -> None:
    before = loaded(session, worn)

    assert roll(session, worn)

    after = loaded(session, worn)
    assert {r.id for r in after} < {r.id for r in before}
    today = datetime(2026, 3, 19, 15, tzinfo=UTC)  # midnight in Seoul
    hour = datetime(2026, 3, 20, 8, tzinfo=UTC)  # the last that is over, and has settled
    assert [r for r in after if r.effective >= hour] == [r for r in before if r.effective >= hour]
    lasting = [r for r in after if today <= r.effective < hour]
    assert len(lasting) < len([r for r in before if today <= r.effective < hour])
    old = [
        r for r in after if r.vital is Vital.HEART_RATE and r.effective < today - timedelta(days=2)
    ]
    assert len(old) <= 3 * 3  # days and a part of one; each its middle, highest and lowest
    assert [r for r in after if r.vital is Vital.BODY_WEIGHT] == [
        r for r in before if r.vital is Vital.BODY_WEIGHT
    ]
    kept = select(StoredReading.resource_id).where(StoredReading.patient_id == worn)
    assert len(session.scalars(kept).all()) == 4 * 288 + 1 + 20


def test_every_daily_median_is_that_of_all_readings_to_within_the_two_in_the_middle(
    session: Session, worn: UUID
) -> None:
    person = people.person(session, worn)
    roll(session, worn)
    daily = windows.history(person, loaded(session, worn)).series[Vital.HEART_RATE].daily
    everything = select(StoredReading).where(StoredReading.patient_id == worn)
    all_of_it = [people.reading_of(row) for row in session.scalars(everything)]

    zone = windows.zone_of(person.zone)
    for day, median in list(zip(daily.days, daily.medians, strict=True))[:-1]:
        values = sorted(
            r.value or 0.0
            for r in all_of_it
            if r.vital is Vital.HEART_RATE and windows.day_of(r, zone) == day
        )
        assert values[(len(values) - 1) // 2] <= median <= values[len(values) // 2]


def arrays_of_today(session: Session, patient: UUID) -> list[list[float]]:
    past = windows.history(people.person(session, patient), loaded(session, patient))
    series = past.series[Vital.HEART_RATE]
    assert series.weights is not None
    today = series.days == series.days[-1]
    return [each[today].tolist() for each in (series.times, series.values, series.weights)]


def test_the_hours_of_today_look_the_same_to_a_judgement_whether_rolled_up_or_not(
    session: Session, worn: UUID
) -> None:
    before = arrays_of_today(session, worn)

    assert roll(session, worn)

    assert arrays_of_today(session, worn) == before


def test_a_stream_is_rolled_up_once_in_an_hour_and_its_day_when_that_is_over(
    session: Session, worn: UUID
) -> None:
    assert roll(session, worn)
    assert not roll(session, worn)
    store(session, worn, pulse(55, until=NOW + timedelta(hours=1))[:-1])

    assert service.roll_up(session, worn, since=NOW - BACK, now=NOW + timedelta(hours=1.5))
    until = repository.rolled_until(session, [worn])[worn]
    assert until == NOW + timedelta(hours=1)
    assert service.roll_up(session, worn, since=NOW - BACK, now=NOW + timedelta(days=1))
    seoul = windows.zone_of("Asia/Seoul")
    today = [
        r
        for r in session.scalars(select(StoredReading).where(StoredReading.roll == 0))
        if r.vital == Vital.HEART_RATE
        and windows.local_day(r.effective.timestamp(), seoul) == NOW.astimezone(seoul).toordinal()
    ]
    assert len(today) <= 3


def reds(session: Session, patient: UUID) -> list[Finding]:
    with session.begin_nested() as undone:
        done = judging.assess(session, patient, now=NOW, rulebook=RULEBOOK, model=None)
        found = judgements.assessment(session, done).findings
        undone.rollback()
    return [f for f in found if f.severity is Severity.RED]


def test_a_judgement_of_everything_finds_the_same_red_before_and_after(
    session: Session, worn: UUID
) -> None:
    before = reds(session, worn)
    roll(session, worn)

    assert before
    assert [(f.rule_id, f.at, f.evidence) for f in reds(session, worn)] == [
        (f.rule_id, f.at, f.evidence) for f in before
    ]


def test_what_comes_late_or_is_taken_back_has_its_days_read_as_they_are(
    session: Session, worn: UUID
) -> None:
    before = loaded(session, worn)
    roll(session, worn)
    until = repository.rolled_until(session, [worn])[worn]

    repository.give_way(session, [worn, worn], [until + timedelta(hours=1), HIGH])

    assert repository.rolled_until(session, [worn])[worn] == datetime(2026, 3, 17, 15, tzinfo=UTC)
    raw = [r for r in before if r.effective >= datetime(2026, 3, 17, 15, tzinfo=UTC)]
    assert [r for r in loaded(session, worn) if r.effective >= raw[0].effective] == raw


def test_once_it_has_been_judged_it_is_rolled_up_again(session: Session, worn: UUID) -> None:
    roll(session, worn)
    rolled = loaded(session, worn)
    repository.give_way(session, [worn], [HIGH])

    now = repository.marks(session, worn)
    assert now is not None
    assert now.changed_at is not None
    assert not service.roll_up(session, worn, since=NOW - BACK, now=now.changed_at)
    now.changed_at -= timedelta(days=300)
    session.flush()

    assert roll(session, worn)
    assert loaded(session, worn) == rolled


def test_a_judgement_of_a_dense_stream_asks_for_its_roll_up(session: Session, worn: UUID) -> None:
    judging.assess(session, worn, now=NOW, rulebook=RULEBOOK, model=None)

    [row] = offered(session, Topic.ROLL, worn)
    assert row.next_try_at == NOW + timedelta(minutes=10)


def test_who_measures_now_and_then_is_not_rolled_up(session: Session) -> None:
    patient = enrol(session)
    times = [NOW - timedelta(hours=3 * n) for n in range(80)]
    store(session, patient, [(Vital.HEART_RATE, at, 70.0) for at in times])

    judging.assess(session, patient, now=NOW, rulebook=RULEBOOK, model=None)

    assert not offered(session, Topic.ROLL, patient)
    assert not roll(session, patient)


def test_a_zone_without_a_name_is_left_as_it_is(session: Session) -> None:
    patient = enrol(session, zone="+09:00")
    store(session, patient, pulse(2 * 1440))

    assert not roll(session, patient)


def test_through_the_door_only_what_concerns_a_day_that_is_rolled_up_has_it_give_way(
    session: Session,
) -> None:
    """A reading that comes late, its correction, and its retraction; what is of now does not."""
    place = home(session, load_policy())
    end = WARD - timedelta(hours=9)  # midnight in UTC
    late = WARD - timedelta(days=2)

    def rolled_after(told: Told, taken: datetime, arrived: datetime) -> datetime:
        repository.move_on(session, place.patient, end, "UTC")
        place.post(told.value or 72, taken, now=arrived, **told.fields())
        return repository.rolled_until(session, [place.patient])[place.patient]

    now, first = WARD + timedelta(minutes=1), end - timedelta(days=2)
    assert rolled_after(Told(1, 0, 72, 0), WARD, now) == end
    assert rolled_after(Told(2, 0, 140, 0), late, now) == first
    assert rolled_after(Told(2, 1, 95, 0), late, now + timedelta(minutes=1)) == first
    assert rolled_after(Told(2, 2, None, 0), late, now + timedelta(minutes=2)) == first
