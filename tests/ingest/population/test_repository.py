"""What the database hands over as arrays is what it hands over reading by reading."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.vitals import Precision, Quality, Vital
from ingest.blocks import blocks_of, name_of
from ingest.population.repository import blocks_of_people, readings_of
from ingest.repository import person
from ingest.tables import StoredReading
from monitoring import windows
from tests.monitoring.test_service import enrol
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from ingest.blocks import Block
    from monitoring.windows import History

START = datetime(2026, 3, 27, tzinfo=UTC)  # the clocks change in two days
GATE = RULEBOOK.gate
VITALS = st.sampled_from([Vital.HEART_RATE, Vital.BODY_WEIGHT, Vital.GLUCOSE, Vital.STEPS])
KEPT = [Quality.SCORED, Quality.SCORED, Quality.BOUND, Quality.IMPLAUSIBLE, Quality.FUTURE]


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    seconds = st.one_of(st.integers(0, 3), st.integers(0, 4 * 86_400))
    at = START + timedelta(seconds=draw(seconds), microseconds=draw(st.sampled_from([0, 999_999])))
    precision = draw(st.sampled_from(list(Precision)))
    quality = draw(st.sampled_from(KEPT))
    return {
        "vital": draw(VITALS),
        "effective": at,
        "received_at": at + timedelta(seconds=draw(st.integers(0, 90_000))),
        "value": draw(st.sampled_from([70.0, 70.5, 88.0, 140.0])),
        "quality": quality,
        "precision": precision,
        "until": at + timedelta(hours=8) if precision is Precision.PERIOD else None,
        "local_day": date(2026, 3, 28) if precision is Precision.DAY else None,
        "comparator": ">" if quality is Quality.BOUND else "",
        "device": draw(st.sampled_from(["", "a", "b"])),
        "site": draw(st.sampled_from(["", "left-arm"])),
        "history": draw(st.booleans()),
        "resource_version": draw(st.sampled_from([1, 2, 10])),
    }


def by_id(blocks: Sequence[Block]) -> dict[str, tuple[Any, ...]]:
    """Return all that blocks say, by the name of each reading."""
    return {
        name: (block.alike, *map(str, numbers))
        for block in blocks
        for name, *numbers in zip(
            block.names(), block.effective, block.received, block.until, block.values,
            block.days, block.stands_for, strict=True,
        )
    }  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(said=st.lists(rows(), max_size=12))
def test_arrays_say_what_readings_say(session: Session, said: list[dict[str, Any]]) -> None:
    savepoint = session.begin_nested()
    patient = enrol(session)
    unique = {(each["effective"], each["vital"], each["device"]): each for each in said}
    for each in unique.values():
        session.add(StoredReading(patient_id=patient, resource_id=uuid4(), **each))
    session.flush()
    since = START - timedelta(days=1)

    readings = readings_of(session, [patient], since=since, weight_since=since)[patient]
    blocks = blocks_of_people(session, {patient: [patient]}, since=since, weight_since=since)[
        patient
    ]

    assert len(readings) == len(unique)
    assert by_id(blocks) == by_id(blocks_of(readings))
    who = person(session, patient)
    same_history(
        windows.arranged(who, blocks, gate=GATE), windows.history(who, readings, gate=GATE)
    )
    savepoint.rollback()


def same_history(one: History, other: History) -> None:
    """Assert that two histories hold the same."""
    assert (one.bounds, one.kept, one.ahead) == (other.bounds, other.kept, other.ahead)
    assert one.twice == other.twice
    np.testing.assert_array_equal(one.contacts, other.contacts)
    assert one.series.keys() == other.series.keys()
    for vital, series in one.series.items():
        same = other.series[vital]
        for name in ("times", "values", "days", "received"):
            np.testing.assert_array_equal(getattr(series, name), getattr(same, name))
        assert [name_of(series.ids, i, vital) for i in range(len(series))] == same.ids.tolist()
