"""What is thinned out and sent again counts once, and is neither read nor changed any more."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from ingest.parcels.repository import Span, cut_out
from ingest.rolling.repository import marks
from ingest.rolling.service import roll_up
from ingest.summing.tables import SummedKey
from ingest.tables import Resource
from tests.door import NOW, Gateway, bundle, heart_rate, named, patient
from tests.ingest.summing.lives import rows_of
from tests.ingest.thinning.worn import DAY, asked, thinned

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.database import Database

HOUR = (NOW - 130 * DAY).replace(minute=0)
VALUES = (70, 71, 69, 70, 75, 72, 71, 66, 68, 70, 71, 70)  # one each five minutes
GONE = (3, 5, 6, 8, 10)  # between the records; of the 70s the third is the middle one


def beat(subject: str, minute: float, value: float, **more: Any) -> dict[str, Any]:
    at = HOUR + timedelta(minutes=minute)
    return heart_rate(subject, value, effectiveDateTime=at.isoformat(), **more)


def thin(database: Database, who: str) -> int:
    """Thin all that is a day older than what a judgement reads; return how many went."""
    with database.transaction() as session:
        roll_up(session, UUID(who), since=NOW - 200 * DAY, now=NOW + DAY)
        return thinned(session, asked(session, UUID(who), NOW - 120 * DAY))


def counts(database: Database, who: str) -> list[int]:
    with database.transaction() as session:
        return [1 + row.summed for row in rows_of(session, UUID(who))]


def settle(database: Database, who: str) -> None:
    """Let time pass since something came late."""
    with database.transaction() as session:
        for row in rows_of(session, UUID(who)):
            row.received_at = min(row.received_at, NOW - DAY)
        mark = marks(session, UUID(who))
        assert mark is not None
        mark.changed_at = None


@pytest.fixture
def stream(gateway: Gateway) -> tuple[str, list[dict[str, Any]]]:
    """An hour of somebody's heart rate, and one of this minute."""
    who = gateway.create(patient())
    sent = [beat(f"Patient/{who}", 5 * n, value) for n, value in enumerate(VALUES)]
    return who, sent


@pytest.mark.parametrize("call", [named, lambda resource: resource], ids=["named", "unnamed"])
def test_what_is_thinned_out_counts_once_however_often_it_is_sent_rel_05(
    gateway: Gateway,
    database: Database,
    stream: tuple[str, list[dict[str, Any]]],
    call: Callable[[dict[str, Any]], dict[str, Any]],
) -> None:
    who, sent = stream[0], [call(each) for each in stream[1]]
    gateway.post(bundle("batch", *sent))

    assert thin(database, who) == len(GONE)
    again = [gateway.post(each) for each in (*sent, *sent)]

    assert {answer.status_code for answer in again} == {200}
    assert again[GONE[0]].json()["issue"][0]["code"] == "duplicate"
    assert "Location" not in again[GONE[0]].headers
    assert thin(database, who) == 0
    assert sum(counts(database, who)) == len(VALUES)


def test_what_would_correct_it_is_refused_and_a_late_one_is_taken_rel_05(
    gateway: Gateway, database: Database, stream: tuple[str, list[dict[str, Any]]]
) -> None:
    """Another value of the same instant is no repeat: who sends it is told that it is not kept."""
    who, sent = stream[0], [named(each) for each in stream[1]]
    gateway.post(bundle("batch", *sent))
    thin(database, who)
    one, subject = sent[GONE[1]], f"Patient/{who}"

    wrong = gateway.post(one | {"status": "entered-in-error"})
    corrected = gateway.post(one | beat(subject, 5 * GONE[1], 90, status="corrected"))
    moved = gateway.post(one | beat(subject, 26, VALUES[GONE[1]], status="amended"))
    other = [
        gateway.post(call(beat(subject, 5 * GONE[1], 90)))
        for call in (named, lambda each: each, lambda each: one | each)
    ]
    late = gateway.post(named(beat(subject, 26, 70)))

    assert [each.status_code for each in (wrong, corrected, moved, *other)] == [422] * 6
    assert wrong.json()["issue"][0]["expression"] == ["Observation.status"]
    assert {each.json()["issue"][0]["expression"][0] for each in other} == {"Observation.value"}
    assert late.status_code == 201
    settle(database, who)
    assert thin(database, who) == 1
    assert sum(counts(database, who)) == len(VALUES) + 1
    assert gateway.post(named(beat(subject, 26, 70))).status_code == 200


def test_of_what_is_thinned_out_no_bytes_and_no_address_are_left_sec_48(
    gateway: Gateway, database: Database, stream: tuple[str, list[dict[str, Any]]]
) -> None:
    """404 and not 410, as decision 56 has it; search finds what is left."""
    who, sent = stream[0], [named(each) for each in stream[1]]
    ids = [gateway.create(each) for each in sent]
    gone = Resource.id == UUID(ids[GONE[0]])
    with database.transaction() as session:
        columns = Resource.parcel_id, Resource.start, Resource.length
        span = session.execute(select(*columns).where(gone)).one()

    thin(database, who)

    statuses = [gateway.get(f"/fhir/Observation/{id_}").status_code for id_ in ids]
    assert statuses == [404 if n in GONE else 200 for n in range(len(VALUES))]
    with database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Resource).where(gone)) == 0
        assert set(cut_out(session, [Span(*span)])[0]) == {0}
        kept = session.scalars(select(SummedKey).where(SummedKey.patient_id == UUID(who))).all()
        assert len(kept) == 2 * len(GONE)  # what each was, and what it was called
        assert len({each.of_value for each in kept}) == len({VALUES[n] for n in GONE})
