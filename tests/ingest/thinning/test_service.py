"""Old hours of a dense stream keep what stands for them; what is read stays equal (SEC-48)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np
import pytest

from core.security import SYSTEM
from core.vitals import Quality, Vital
from ingest import repository as people
from ingest.merging.service import merge, unmerge
from ingest.past.repository import ever_stood
from ingest.population.repository import raw
from ingest.rollup import by_day
from ingest.streams.repository import last_contacts
from ingest.tables import StoredReading
from ingest.thinning.service import going, thin
from monitoring import windows
from monitoring.local_time import local_day, zone_of
from tests.ingest.summing.lives import NOW, enrol, nobody, rows_of, store
from tests.ingest.thinning.worn import (
    BEFORE,
    DAY,
    LATE,
    START,
    ZONE,
    asked,
    glucose,
    judged,
    loaded,
    old,
    pulse,
    roll,
    thinned,
)

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy.orm import Session


def test_what_is_loaded_and_judged_is_the_same_field_by_field_sec_48(
    session: Session, worn: UUID
) -> None:
    """Of now, where nothing old is read, and of instants of the old days themselves."""
    instants = [NOW, NOW - 1.5 * DAY, START + timedelta(hours=4), START + timedelta(hours=52)]
    before = loaded(session, worn), judged(session, worn, instants)
    contacts = last_contacts(session, [worn], since=START)

    gone = thinned(session, asked(session, worn))

    assert gone > 200
    assert (loaded(session, worn), judged(session, worn, instants)) == before
    assert last_contacts(session, [worn], since=START) == contacts
    assert all(each.usual or each.findings for each in before[1])
    assert {f.vital for each in before[1] for f in each.findings} >= {Vital.HEART_RATE}


@pytest.mark.reference
def test_what_is_judged_of_a_real_glucose_sensor_is_the_same_sec_48(
    session: Session, reference_data: Path
) -> None:
    """Values of a subject of the Shanghai data, told at the pace of a sensor of five minutes."""
    patient = enrol(session, ZONE)
    store(session, patient, glucose(reference_data, start=START, within=3 * DAY))
    roll(session, patient)
    instants = [START + timedelta(hours=n) for n in (20, 41, 66, 1000)]
    before = loaded(session, patient), judged(session, patient, instants)
    count = len(rows_of(session, patient))

    gone = thinned(session, asked(session, patient))

    assert (loaded(session, patient), judged(session, patient, instants)) == before
    assert any(each.findings for each in before[1])
    assert gone > count / 4
    assert sum(1 + r.summed for r in rows_of(session, patient)) == count


def test_of_an_old_hour_what_a_clinician_looks_for_stays_sec_48(
    session: Session, worn: UUID
) -> None:
    """The first, the last, the lowest, the highest; what is younger is whole."""
    whole_of_it = rows_of(session, worn)
    count = len(whole_of_it)
    young = [r.id for r in whole_of_it if r.effective >= BEFORE or r.vital != Vital.HEART_RATE]
    held = {r.effective: r.value or 0.0 for r in old(session, worn)}

    gone = thinned(session, asked(session, worn))

    left = {r.effective: r.value or 0.0 for r in old(session, worn)}
    assert len(left) == len(held) - gone < 0.7 * len(held)
    for hour in {at.replace(minute=0) for at in held}:
        whole = [held[at] for at in sorted(held) if at.replace(minute=0) == hour]
        kept = [left[at] for at in sorted(left) if at.replace(minute=0) == hour]
        assert (kept[0], kept[-1]) == (whole[0], whole[-1])
        assert (min(kept), max(kept)) == (min(whole), max(whole))
    after = rows_of(session, worn)
    assert [r.id for r in after if r.effective >= BEFORE or r.vital != Vital.HEART_RATE] == young
    assert sum(1 + r.summed for r in after) == count


def test_a_dry_run_lists_what_a_run_takes_however_it_is_cut_sec_48(
    session: Session, worn: UUID
) -> None:
    """A step that is taken back leaves nothing; what is done is done, and counted once."""
    wanted = asked(session, worn)
    listed = {row.key for row in going(session, wanted, nobody)}
    before = {r.effective for r in old(session, worn)}
    thin(session, wanted, nobody, most=70)
    with session.begin_nested() as killed:
        thin(session, wanted, nobody, most=70)
        killed.rollback()

    thinned(session, wanted, most=70)

    left = old(session, worn)
    assert before - {r.effective for r in left} == {key[1] for key in listed}
    assert sum(1 + r.summed for r in left) == len(before)
    assert thinned(session, wanted) == 0
    assert going(session, wanted, nobody) == []


def test_what_is_named_or_more_than_a_plain_reading_stays_as_it_is_sec_48(
    session: Session, worn: UUID
) -> None:
    listed = {row.effective: row for row in going(session, asked(session, worn), nobody)}
    rows = {r.effective: r for r in old(session, worn)}
    times = sorted(listed)
    named, second, conflict, unsure, implausible, period = times[3:9]
    beside = {"patient_id": worn, "received_at": NOW, "resource_version": 1, "device": "watch",
              "precision": "instant", "vital": Vital.HEART_RATE}  # fmt: skip
    session.add_all(
        [
            StoredReading(**beside | {"vital": Vital.SPO2}, effective=second, value=96.0,
                          resource_id=rows[second].resource_id, quality=Quality.SCORED),
            StoredReading(**beside, effective=conflict, value=99.0, resource_id=uuid4(),
                          quality=Quality.CONFLICT, ordinal=1),
        ]
    )  # fmt: skip
    rows[unsure].quality = Quality.UNIT_UNSURE
    rows[implausible].quality = Quality.IMPLAUSIBLE
    rows[period].until = period + timedelta(minutes=5)
    session.flush()
    id_ = rows[named].resource_id

    thinned(session, asked(session, worn), named=lambda *_: {id_})

    left = {r.effective for r in old(session, worn) if r.ordinal == 0}
    assert set(times) & left == {named, second, conflict, unsure, implausible, period}


def test_a_day_in_which_nothing_stands_for_its_readings_is_left_alone_sec_48(
    session: Session,
) -> None:
    """What was measured before the first roll-up began has no mark."""
    patient = enrol(session, ZONE)
    store(session, patient, pulse(START - 40 * DAY, 0.5, seed=3))
    store(session, patient, pulse(START, 1, seed=4))
    store(session, patient, [(Vital.HEART_RATE, NOW - DAY, 70.0, "watch")])
    roll(session, patient)
    for row in rows_of(session, patient):
        if row.effective < START - DAY:
            row.roll = row.stands_for = None
    session.flush()

    gone = thinned(session, asked(session, patient))

    assert gone
    assert len([r for r in old(session, patient) if r.effective < START - DAY]) == 144


def test_what_came_late_counts_for_none_that_came_in_time_sec_48(
    session: Session, worn: UUID
) -> None:
    """Or a day would be counted, in a report or a programme, that was not, or the other way."""
    noon = START + timedelta(hours=12)

    def delays() -> dict[bool, int]:
        found = {True: 0, False: 0}
        for row in old(session, worn):
            found[row.received_at - row.effective >= LATE[1]] += 1 + row.summed
        return found

    for row in old(session, worn):
        if row.effective > noon and row.effective < START + 2 * DAY:
            row.received_at = row.effective + 31 * DAY
    session.flush()
    before = delays()

    assert thinned(session, asked(session, worn))

    assert delays() == before


def test_of_two_records_of_one_person_each_keeps_what_stands_for_it_sec_48(
    session: Session, worn: UUID
) -> None:
    other = enrol(session, ZONE)
    store(session, other, pulse(START, 3, seed=1) + pulse(START + 8 * DAY, 1, seed=5))
    store(session, other, [(Vital.HEART_RATE, NOW - DAY, 70.0, "watch")])
    roll(session, other)
    merge(session, SYSTEM, worn, other, reason="one card", now=NOW)
    before = loaded(session, worn)
    count = len(old(session, worn)), len(old(session, other))

    gone = thinned(session, asked(session, worn)), thinned(session, asked(session, other))

    assert all(gone)
    assert loaded(session, worn) == before
    assert [sum(1 + r.summed for r in old(session, each)) for each in (worn, other)] == [*count]
    unmerge(session, SYSTEM, other, now=NOW)
    assert len(old(session, worn)) == count[0] - gone[0]


def test_the_middle_of_a_day_counts_for_those_that_are_gone_sec_48(
    session: Session, worn: UUID
) -> None:
    """Whatever went, the day comes to the same by what is left of it."""
    whole = {
        r.effective: r for r in raw(session, worn, START, START + DAY) if r.vital == "heart_rate"
    }
    ids = by_day(list(whole.values()))
    thinned(session, asked(session, worn))
    left = [r for r in raw(session, worn, START, START + DAY) if r.vital == "heart_rate"]

    assert len(left) < len(whole)
    standing = {id_: each for id_, each in by_day(left).items() if each[0] == 0}
    assert standing == {id_: each for id_, each in ids.items() if each[0] == 0}


def test_where_every_stored_reading_is_read_a_median_stays_within_its_day_sec_48(
    session: Session, worn: UUID
) -> None:
    """As in what-if: by the hours that are left, weighed by the count."""
    person = people.person(session, worn)
    whole = [r for r, _ in ever_stood(session, worn, since=START) if r.effective < BEFORE]
    by_days: dict[int, list[float]] = {}
    for each in whole:
        if each.vital is Vital.HEART_RATE:
            day = local_day(each.effective.timestamp(), zone_of(ZONE))
            by_days.setdefault(day, []).append(each.value or 0.0)
    thinned(session, asked(session, worn))

    left = [r for r, _ in ever_stood(session, worn, since=START) if r.effective < BEFORE]
    daily = windows.history(person, left).series[Vital.HEART_RATE].daily

    assert len(left) < len(whole)
    assert {*daily.days} == {*by_days}
    for day, median in zip(daily.days, daily.medians, strict=True):
        low, high = np.quantile(by_days[day], [0.25, 0.75], method="inverted_cdf")
        assert low <= median <= high
