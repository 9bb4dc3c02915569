"""What was measured long before a dense stream began is found beside it (decision 25)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from core.vitals import Vital
from ingest import repository as people
from ingest.rolling.repository import give_way, marks
from ingest.rolling.service import MONTH, roll_up
from tests.ingest.summing.lives import NOW, enrol, rows_of, store
from tests.ingest.thinning.worn import DAY, ZONE, asked, loaded, pulse, thinned

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session


def roll(session: Session, patient: UUID, *, hours: int) -> bool:
    """Roll up by some hours from now on, of the last weeks at first."""
    later = NOW + timedelta(hours=hours)
    return roll_up(session, patient, since=NOW - 20 * DAY, now=later)


def test_weights_of_half_a_year_are_found_once_somebody_wears_a_watch(session: Session) -> None:
    """Before the mark only what stands for something is read: so each month gets its marks."""
    patient = enrol(session, ZONE)
    weights = [NOW - n * DAY for n in range(1, 120, 7)]
    store(session, patient, [(Vital.BODY_WEIGHT, at, 80.0, "scale") for at in weights])
    store(session, patient, pulse(NOW - 3 * DAY, 2, seed=1))
    session.expire_all()

    found = []
    for hours in (1, 2, 3, 4):
        assert roll(session, patient, hours=hours)
        read = people.readings(session, patient, since=NOW - 30 * DAY, weight_since=NOW - 180 * DAY)
        found.append(sum(r.vital == Vital.BODY_WEIGHT for r in read))

    assert found == [8, 13, len(weights), len(weights)]
    assert timedelta(days=31) == MONTH


def test_a_stream_from_before_the_first_roll_up_is_rolled_up_and_thinned_too_sec_48(
    session: Session,
) -> None:
    """Where it was looked at for thinning before it had marks, it is looked at again."""
    patient = enrol(session, ZONE)
    store(session, patient, pulse(NOW - 200 * DAY, 2, seed=2))
    store(session, patient, pulse(NOW - 3 * DAY, 2, seed=1))
    wanted = asked(session, patient)
    for row in rows_of(session, patient):
        row.received_at = NOW - DAY
    session.flush()
    assert roll(session, patient, hours=1)
    long_ago = NOW - 100 * DAY
    first = [r for r in loaded(session, patient) if r.effective < long_ago]
    for row in rows_of(session, patient):
        if row.effective < long_ago:
            row.roll = row.stands_for = None
    session.flush()
    assert thinned(session, wanted) == 0
    give_way(session, [patient], [NOW - DAY])
    mark = marks(session, patient)
    assert mark is not None
    mark.changed_at = None
    session.flush()

    assert roll(session, patient, hours=2)

    assert [r for r in loaded(session, patient) if r.effective < long_ago] == first
    assert first
    assert thinned(session, wanted) > 100
