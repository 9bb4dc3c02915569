"""Two records of one home, merged and taken apart again, before and after both are summed up."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from core.security import SYSTEM
from core.vitals import Vital
from ingest.merging.service import merge, unmerge
from ingest.repository import readings
from ingest.summing.service import sum_up
from tests.ingest.summing.lives import (
    NOW,
    WEEK,
    asked,
    enrol,
    judged,
    life,
    nobody,
    rows_of,
    store,
    summed,
)
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

SEOUL = "Asia/Seoul"
LOOKED_AT = (timedelta(days=5, hours=-11), timedelta(days=2, hours=-19), timedelta(days=1))


def two(session: Session) -> tuple[UUID, UUID]:
    """Return two records of one home: a hub reports to both, and each has sensors of its own."""
    whole = life(ZoneInfo(SEOUL), days=25, seed=3, busy=6.0)
    survivor, other = enrol(session, SEOUL), enrol(session, SEOUL)
    store(session, survivor, [e for e in whole if e[3] != "bath"])
    store(session, other, [e for e in whole if e[3] in ("bath", "hub")])
    return survivor, other


def sum_all(session: Session, *records: UUID) -> None:
    for each in records:
        summed(session, asked(session, each, NOW - WEEK))


def counts(session: Session, record: UUID) -> Counter[str]:
    found: Counter[str] = Counter()
    for row in rows_of(session, record):
        found[row.vital] += 1 + row.summed
    return found


def test_what_is_judged_of_a_merged_home_is_the_same_once_it_is_summed_up_sec_28(
    session: Session,
) -> None:
    survivor, other = two(session)
    merge(session, SYSTEM, survivor, other, reason="One home", now=NOW)
    midnight = NOW.astimezone(ZoneInfo(SEOUL)).replace(hour=0)
    instants = [midnight - back for back in LOOKED_AT]
    before = judged(session, survivor, instants, RULEBOOK, SEOUL)
    told = Counter(r.vital for r in readings(session, survivor, since=NOW - 4 * WEEK))

    sum_all(session, survivor, other)

    assert judged(session, survivor, instants, RULEBOOK, SEOUL) == before
    found: Counter[Vital] = Counter()
    for each in readings(session, survivor, since=NOW - 4 * WEEK):
        found[each.vital] += each.stands_for
    assert found == told


def test_records_that_are_taken_apart_again_count_what_each_of_them_was_sent_sec_28(
    session: Session,
) -> None:
    survivor, other = two(session)
    sent = [counts(session, each) for each in (survivor, other)]
    merge(session, SYSTEM, survivor, other, reason="One home", now=NOW)
    sum_all(session, survivor, other)

    unmerge(session, SYSTEM, other, now=NOW)

    assert [counts(session, each) for each in (survivor, other)] == sent
    assert {r.vital for r in readings(session, other, since=NOW - 4 * WEEK)} == {
        each for each in Vital if each.value in sent[1]
    }


def test_the_same_movement_of_two_records_counts_for_what_the_fuller_of_them_has_rel_07(
    session: Session,
) -> None:
    """One of the two missed some of an hour: of both, the hour is what was heard of it."""
    survivor, other = enrol(session), enrol(session)
    hour = NOW - timedelta(days=9)
    moves = [(Vital.MOTION, hour + timedelta(minutes=n), 1.0, "hall") for n in range(5)]
    store(session, survivor, [moves[0], moves[4]])
    store(session, other, moves)
    for each in (survivor, other):
        sum_up(session, asked(session, each, NOW - WEEK), nobody, most=500)

    merge(session, SYSTEM, survivor, other, reason="One home", now=NOW)

    kept = readings(session, survivor, since=NOW - 2 * WEEK)
    assert [each.stands_for for each in kept] == [1, 4]
