"""Movements become hours and days; what is judged of them stays the same (SEC-48)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from core.vitals import Vital
from ingest import repository as people
from ingest.foretelling.service import keys
from ingest.movement import Grain
from ingest.rolling.tables import RolledUp
from ingest.summing.service import sum_up
from tests.ingest.summing.lives import (
    NOW,
    WEEK,
    Event,
    asked,
    enrol,
    homes,
    judged,
    life,
    nobody,
    rows_of,
    store,
    summed,
)
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy.orm import Session


# Days back and local hours: while nobody rises, while nothing moves, and when all is well.
LOOKED_AT = ((5, 11), (5, 14), (2, 16.5), (2, 19), (2, 21.5), (1, 12), (3, 9), (4, 20), (6, 3))
OLD = datetime(2026, 3, 10, 8, tzinfo=UTC)


def minutes(*past: float, vital: Vital = Vital.MOTION, place: str = "hall") -> list[Event]:
    return [(vital, OLD + timedelta(minutes=n), 1.0, place) for n in past]


def counted(session: Session, patient: UUID) -> list[tuple[float, int]]:
    """Return the minutes at which what is kept moved, and for how many each counts."""
    return [
        ((row.effective - OLD) / timedelta(minutes=1), 1 + row.summed)
        for row in rows_of(session, patient)
    ]


@pytest.mark.parametrize(
    ("zone", "busy"), [("Asia/Seoul", 9.0), ("Asia/Kathmandu", 5.0), ("America/New_York", 2.5)]
)
def test_what_is_judged_of_a_home_is_the_same_once_its_past_is_summed_up_sec_48(
    session: Session, zone: str, busy: float
) -> None:
    patient = enrol(session, zone)
    store(session, patient, life(ZoneInfo(zone), days=35, seed=1, busy=busy))
    midnight = NOW.astimezone(ZoneInfo(zone)).replace(hour=0)
    instants = [midnight - timedelta(days=back, hours=-hour) for back, hour in LOOKED_AT]
    before = judged(session, patient, instants, RULEBOOK, zone)

    gone = summed(session, asked(session, patient, NOW - WEEK))

    assert gone
    assert judged(session, patient, instants, RULEBOOK, zone) == before
    assert {f.rule_id for each in before for f in each.findings} >= {"MOT-GAP", "MOT-MORN"}


def test_a_home_that_is_busy_for_an_hour_a_day_is_judged_as_finely_as_before_sec_48(
    session: Session,
) -> None:
    """Most of its words lie close together; were they not counted, it would be judged no more."""
    patient = enrol(session)
    morning = NOW.replace(hour=8, minute=0)
    dense = [morning + timedelta(minutes=2 * n) for n in range(20)]
    sparse = [morning + timedelta(hours=n) for n in (-5, 3.2, 6.4, 9.6, 12.8)]
    times = [at - timedelta(days=back) for back in range(1, 32) for at in (*dense, *sparse)]
    lasting = NOW - timedelta(days=1)
    store(session, patient, [(Vital.MOTION, at, 1.0, "hall") for at in times if at < lasting])
    instants = [lasting + timedelta(hours=n) for n in (4, 7, 10)]
    before = judged(session, patient, instants, RULEBOOK, "UTC")

    summed(session, asked(session, patient, NOW - WEEK))

    assert [f.rule_id for each in before for f in each.findings] == ["MOT-GAP"] * 2
    assert judged(session, patient, instants, RULEBOOK, "UTC") == before


@pytest.mark.reference
def test_what_is_judged_of_real_homes_is_the_same_sec_48(
    session: Session, reference_data: Path
) -> None:
    """TIHM: one home, looked at in its last week; all of them are in decision 56."""
    events = homes(reference_data, smaller_than=10_000)[0]
    last = max(at for _, at, _, _ in events)
    recent = [each for each in events if each[1] > last - 5 * WEEK]
    patient = enrol(session)
    store(session, patient, recent)
    instants = [last - n * WEEK / 20 for n in (0, 4, 10, 11, 12, 17)]
    before = judged(session, patient, instants, RULEBOOK, "UTC")

    gone = summed(session, asked(session, patient, last - WEEK))

    assert judged(session, patient, instants, RULEBOOK, "UTC") == before
    assert [f for each in before for f in each.findings if f.rule_id == "MOT-GAP"]
    assert gone > len(recent) / 2


def test_of_an_hour_the_first_and_the_last_stay_and_count_for_the_others_sec_48(
    session: Session,
) -> None:
    patient = enrol(session)
    store(session, patient, minutes(3, 10, 20, 57, 61))

    assert summed(session, asked(session, patient, NOW - WEEK)) == 2

    assert counted(session, patient) == [(3, 1), (57, 3), (61, 1)]


def test_who_has_a_dense_stream_too_is_loaded_with_the_same_counts_sec_48(
    session: Session,
) -> None:
    patient = enrol(session)
    store(session, patient, minutes(3, 10, 20, 57))
    for row in rows_of(session, patient):
        row.roll, row.stands_for = 0, 1
    session.add(RolledUp(patient_id=patient, until=NOW, zone="UTC"))
    session.flush()

    summed(session, asked(session, patient, NOW - WEEK))

    assert [r.stands_for for r in people.readings(session, patient, since=OLD)] == [1, 3]


def test_each_sensor_keeps_its_last_of_a_day_sec_48(session: Session) -> None:
    """So that what counts days, or tells when a sensor was heard last, finds them all."""
    patient = enrol(session)
    store(session, patient, minutes(1, 2, 8, 9) + minutes(4, 5, place="kitchen"))

    summed(session, asked(session, patient, NOW - WEEK))

    assert counted(session, patient) == [(1, 1), (5, 1), (9, 4)]
    places = {row.device for row in rows_of(session, patient)}
    assert places == {"hall", "kitchen"}


def test_a_dry_run_lists_what_a_run_takes_however_it_is_cut_sec_48(session: Session) -> None:
    """A step that is taken back leaves nothing; what is done is done, and counted once."""
    patient = enrol(session)
    events = [e for e in life(ZoneInfo("UTC"), days=12, seed=2, busy=12) if e[1] < NOW - WEEK]
    store(session, patient, events)
    wanted = asked(session, patient, NOW - WEEK)
    listed = set(keys(session, wanted, nobody))
    before = {(r.effective, r.vital, r.device) for r in rows_of(session, patient)}
    sum_up(session, wanted, nobody, most=40)
    with session.begin_nested() as killed:
        sum_up(session, wanted, nobody, most=40)
        killed.rollback()

    summed(session, wanted, most=40)

    left = rows_of(session, patient)
    kept = {(r.effective, r.vital, r.device) for r in left}
    assert before - kept == {key[1:4] for key in listed}
    assert sum(1 + r.summed for r in left) == len(events)
    assert summed(session, wanted) == 0


def test_a_late_movement_joins_its_hour_and_is_counted_once_sec_48(session: Session) -> None:
    patient = enrol(session)
    store(session, patient, minutes(3, 10, 20, 30))
    wanted = asked(session, patient, NOW - WEEK)
    summed(session, wanted)
    store(session, patient, minutes(15, 45))

    assert summed(session, wanted) == 2

    assert counted(session, patient) == [(3, 1), (45, 5)]


def test_hours_become_days_and_of_days_the_newest_is_left_sec_48(session: Session) -> None:
    patient = enrol(session)
    store(session, patient, minutes(3, 10, 20, 100, 200, 3000, 3030, 3010))
    sizes = []
    for grain in (Grain.HOUR, Grain.DAY, Grain.LAST):
        sizes.append(summed(session, asked(session, patient, NOW, grain)))
        sizes.append(sum(n for _, n in counted(session, patient)))

    assert sizes == [2, 8, 4, 8, 1, 3]
    assert counted(session, patient) == [(3030, 3)]


def test_what_is_named_stays_by_itself_and_what_is_not_over_is_left_alone_sec_48(
    session: Session,
) -> None:
    patient = enrol(session)
    store(session, patient, minutes(3, 10, 20, 30, 70, 75, 80))
    named = next(r.resource_id for r in rows_of(session, patient) if r.effective.minute == 10)
    wanted = asked(session, patient, OLD + timedelta(minutes=90))

    sum_up(session, wanted, lambda *_: {named}, most=100)

    assert counted(session, patient) == [(3, 1), (10, 1), (30, 2), (70, 1), (75, 1), (80, 1)]


def test_what_is_more_than_a_plain_movement_stays_as_it_is_sec_48(session: Session) -> None:
    """Two values of one Observation, and a value in doubt: nothing of them goes."""
    patient = enrol(session)
    store(session, patient, minutes(3, 10, 20, 30))
    middle = rows_of(session, patient)[1:3]
    middle[0].quality = "time-unsure"
    session.flush()
    store(session, patient, minutes(20, vital=Vital.BATHROOM))
    whole = [r for r in rows_of(session, patient) if r.effective.minute == 20]
    whole[1].resource_id = whole[0].resource_id
    session.flush()

    assert summed(session, asked(session, patient, NOW - WEEK)) == 0
