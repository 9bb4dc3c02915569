"""A merge silences nobody, and taking records apart neither (SEC-28)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from core.errors import ConflictError
from core.security import SYSTEM
from ingest.departures import Asked, Why
from ingest.leaving import repository as leaving
from ingest.merging.service import merge, unmerge
from ingest.repository import responsible
from tests.door import NOW
from tests.ingest.merging.test_service import record

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def test_a_discharged_record_joins_a_monitored_one_only_once_it_is_taken_up_again(
    session: Session,
) -> None:
    """SEC-28: else every alert of the monitored person would be held without end (AL-10)."""
    ids = [record(session, name, []) for name in ("Ann", "Anne")]
    by = responsible(session, ids[1])[0].practitioner_id
    since = NOW - timedelta(days=5)
    leaving.add(session, ids[1], Asked(next(iter(Why)), since, "moved"), by, now=since)

    for pair in (ids, ids[::-1]):
        with pytest.raises(ConflictError, match="was discharged: take its monitoring up again"):
            merge(session, SYSTEM, *pair, reason="one card", now=NOW)
    assert not leaving.gone(session, ids[:1], at=NOW)

    [row] = leaving.standing(session, ids)
    leaving.end(session, row, by, now=NOW)
    merge(session, SYSTEM, *ids, reason="one card", now=NOW)
    assert not leaving.gone(session, ids, at=NOW)


def test_two_discharged_records_of_one_person_may_be_merged(session: Session) -> None:
    ids = [record(session, name, []) for name in ("Ann", "Anne")]
    by = responsible(session, ids[0])[0].practitioner_id
    for each in ids:
        leaving.add(session, each, Asked(next(iter(Why)), NOW, "moved"), by, now=NOW)

    merge(session, SYSTEM, *ids, reason="one card", now=NOW)

    assert set(leaving.gone(session, ids, at=NOW)) == set(ids)


def test_who_was_silenced_by_an_old_merge_is_found_until_somebody_decides(
    session: Session,
) -> None:
    """Such merges were possible once (SEC-28): they are told, and no discharge is taken back."""
    before = leaving.silenced(session)
    kept, gone = (record(session, name, []) for name in ("Ann", "Anne"))
    by = responsible(session, kept)[0].practitioner_id
    merge(session, SYSTEM, kept, gone, reason="one card", now=NOW)
    since = NOW - timedelta(days=5)
    leaving.add(session, gone, Asked(next(iter(Why)), since, "moved"), by, now=since)

    assert leaving.silenced(session) == sorted([*before, kept])
    leaving.add(session, kept, Asked(next(iter(Why)), NOW, "moved"), by, now=NOW)
    assert leaving.silenced(session) == before  # decided for the whole person since
    for row in leaving.standing(session, [kept, gone])[:]:
        leaving.end(session, row, by, now=NOW)
    assert leaving.silenced(session) == before


def test_a_discharge_of_the_whole_person_silences_nobody_by_a_merge(session: Session) -> None:
    before = leaving.silenced(session)
    first, second, third = (record(session, name, []) for name in ("Ann", "Anne", "Anna"))
    by = responsible(session, first)[0].practitioner_id
    merge(session, SYSTEM, first, second, reason="one card", now=NOW - timedelta(days=9))
    for each in (first, third):
        leaving.add(session, each, Asked(next(iter(Why)), NOW, "moved"), by, now=NOW)
    merge(session, SYSTEM, first, third, reason="one card", now=NOW + timedelta(days=1))

    assert leaving.silenced(session) == before


@pytest.mark.parametrize("who", [0, 1])
def test_records_are_taken_apart_only_once_who_was_discharged_as_one_is_monitored_again(
    session: Session, who: int
) -> None:
    """SEC-28: of which of the two the discharge was, nobody can know."""
    ids = [record(session, name, []) for name in ("Ann", "Anne")]
    by = responsible(session, ids[0])[0].practitioner_id
    merge(session, SYSTEM, *ids, reason="one card", now=NOW)
    leaving.add(session, ids[who], Asked(next(iter(Why)), NOW, "moved"), by, now=NOW)

    with pytest.raises(ConflictError, match="take it up again first, then take them apart"):
        unmerge(session, SYSTEM, ids[1], now=NOW)
    assert set(leaving.gone(session, ids, at=NOW)) == set(ids)

    [row] = leaving.standing(session, ids)
    leaving.end(session, row, by, now=NOW)
    unmerge(session, SYSTEM, ids[1], now=NOW)
    assert not leaving.gone(session, ids, at=NOW)


def test_a_discharge_from_before_a_merge_stays_with_its_record(session: Session) -> None:
    ids = [record(session, name, []) for name in ("Ann", "Anne")]
    by = responsible(session, ids[0])[0].practitioner_id
    merge(session, SYSTEM, *ids, reason="one card", now=NOW)
    since = NOW - timedelta(days=5)
    leaving.add(session, ids[1], Asked(next(iter(Why)), since, "moved"), by, now=since)

    unmerge(session, SYSTEM, ids[1], now=NOW)

    assert set(leaving.gone(session, ids, at=NOW)) == {ids[1]}
