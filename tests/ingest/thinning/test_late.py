"""What comes late to a day that was thinned, and what is left of it, rolled up anew (SEC-48)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from core.vitals import Vital
from ingest.rolling.repository import give_way, marks
from ingest.rolling.service import roll_up
from ingest.thinning.service import going
from tests.ingest.summing.lives import enrol, nobody, rows_of, store
from tests.ingest.thinning.worn import DAY, START, ZONE, asked, loaded, old, pulse, roll, thinned

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session


def days_of(session: Session, patient: UUID) -> list[tuple[object, ...]]:
    """Return every reading of the old days that has a mark, with what it stands for."""
    return [
        (r.effective, r.roll, (r.stands_for or 0) + r.summed)
        for r in old(session, patient)
        if r.roll is not None
    ]


def test_a_thinned_day_that_is_rolled_up_anew_has_the_same_marks_sec_48(
    session: Session, worn: UUID
) -> None:
    """Its middle counts for those that are gone, so that it is the middle still."""
    before = loaded(session, worn)
    thinned(session, asked(session, worn))
    levels = days_of(session, worn)
    give_way(session, [worn], [START + DAY])
    mark = marks(session, worn)
    assert mark is not None
    mark.changed_at = None
    session.flush()

    roll(session, worn)

    assert days_of(session, worn) == levels
    assert loaded(session, worn) == before
    assert thinned(session, asked(session, worn)) == 0


def test_a_late_reading_joins_its_day_and_is_counted_once_sec_48(
    session: Session, worn: UUID
) -> None:
    wanted, count = asked(session, worn), len(old(session, worn))
    thinned(session, wanted)
    late = START + timedelta(hours=30, minutes=1)
    highest = START + timedelta(hours=31, minutes=2)
    stands = {r.effective for r in old(session, worn) if r.roll == 0 and r.summed}
    middle = next(
        r for r in old(session, worn) if r.effective in stands and r.effective >= START + DAY
    )
    more = [(late, middle.value or 0.0), (highest, 190.0)]
    store(session, worn, [(Vital.HEART_RATE, at, value, "watch") for at, value in more])
    for each in rows_of(session, worn):
        if each.effective in (late, highest):
            each.received_at = each.effective + timedelta(seconds=5)
    give_way(session, [worn, worn], [late, highest])
    assert going(session, wanted, nobody) == []  # not rolled up yet: nobody knows what stands

    found = marks(session, worn)
    assert found is not None
    found.changed_at = None
    session.flush()
    roll(session, worn)
    gone = thinned(session, wanted)

    left = old(session, worn)
    assert gone <= 1
    assert highest in {r.effective for r in left if r.roll == 0}
    assert sum(1 + r.summed for r in left) == count + 2
    [stands_for] = [
        (r.stands_for or 0) + r.summed
        for r in left
        if r.roll == 0
        and (r.stands_for or 0) + r.summed > 1
        and START + DAY <= r.effective < START + 2 * DAY
    ]
    assert stands_for == 288 + 2


def test_of_a_last_day_that_is_kept_by_its_hours_each_hour_counts_for_its_own_sec_48(
    session: Session,
) -> None:
    """A stream that ended was rolled up while its day lasted: its hours have a middle each."""
    patient = enrol(session, ZONE)
    store(session, patient, pulse(START, 0.4, seed=6))
    session.expire_all()
    assert roll_up(session, patient, since=START - DAY, now=START + 0.5 * DAY)
    before = loaded(session, patient)

    assert thinned(session, asked(session, patient))

    rows = [r for r in rows_of(session, patient) if r.effective >= START + timedelta(hours=1)]
    hours = {r.effective.replace(minute=0) for r in rows}
    left = {hour: [r for r in rows if r.effective.replace(minute=0) == hour] for hour in hours}
    whole = {hour: each for hour, each in left.items() if sum(1 + r.summed for r in each) == 12}
    assert len(whole) == len(hours) - 2  # the first and the last are parts of one
    assert [sum(r.stands_for or 0 for r in each) for each in whole.values()] == [
        len(each) for each in whole.values()
    ]
    assert loaded(session, patient) == before
