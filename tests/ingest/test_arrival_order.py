"""Late, out of order, corrected, retracted, repeated: the record ends the same (REL-19)."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.vitals import Vital
from ingest.acceptance import Incoming, Known, sort
from ingest.repository import readings
from tests.door import NOW
from tests.ingest.test_acceptance import AT, NAMED, observation, value

if TYPE_CHECKING:
    from core.database import Database

OPENINGS = ("registered", "preliminary", "final")
CORRECTIONS = ("amended", "corrected")
ENDINGS = ("cancelled", "entered-in-error")


@dataclass(frozen=True, slots=True)
class Told:
    """One version of one Observation: its number, its place in the story, what it says."""

    number: int
    step: int
    status: str
    values: tuple[int, ...]
    named: bool

    def incoming(self) -> Incoming:
        at = AT - timedelta(hours=self.number)
        vitals = (Vital.HEART_RATE, Vital.SPO2)
        candidates = [
            value(each, vital=vital, effective=at)
            for each, vital in zip(self.values, vitals, strict=False)
        ]
        return observation(
            *candidates,
            status=self.status,
            candidates=tuple(candidates),
            names=(("s", str(self.number)),) if self.named else (),
            digest=repr(self),
            updated=AT + timedelta(minutes=self.step),
        )


@st.composite
def stories(draw: st.DrawFn) -> list[Told]:
    """One person's Observations with all that is ever said about each, as it happened."""
    told = []
    for number in range(draw(st.integers(1, 5))):
        ended = draw(st.booleans())
        statuses = [
            *draw(st.lists(st.sampled_from(OPENINGS), min_size=1, unique=True)),
            *draw(st.lists(st.sampled_from(CORRECTIONS), max_size=3)),
            *([draw(st.sampled_from(ENDINGS))] if ended else []),
        ]
        statuses.sort(key=lambda s: (s not in OPENINGS, OPENINGS.index(s) if s in OPENINGS else 0))
        width = draw(st.integers(1, 2))
        silent = {"registered", *ENDINGS}
        # What is withdrawn without saying its name names nothing: then it is not withdrawn.
        named = ended or "registered" in statuses or draw(st.booleans())
        for step, status in enumerate(statuses):
            numbers = tuple(draw(st.sampled_from([60, 72, 95])) for _ in range(width))
            told.append(Told(number, step, status, () if status in silent else numbers, named))
    return told


def live(known: Known) -> set[tuple[Any, ...]]:
    return {
        (each.vital, each.effective, each.value, each.quality)
        for kept in known.kept.values()
        for each in kept.candidates
    }


def end(told: list[Told]) -> set[tuple[Any, ...]]:
    known = Known()
    sort([each.incoming() for each in told], known)
    return live(known)


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_any_order_of_arrival_ends_in_the_same_record_rel_19(data: st.DataObject) -> None:
    happened = data.draw(stories())
    arrived = data.draw(st.permutations(happened))
    again = data.draw(st.lists(st.sampled_from(happened), max_size=4))

    expected = end(happened)

    assert end(arrived) == expected
    assert end([*arrived, *again]) == expected  # what comes again changes nothing


@settings(deadline=None)
@given(stories())
def test_in_the_end_each_observation_says_what_was_said_last_rel_19(happened: list[Told]) -> None:
    last = {each.number: each for each in happened}  # steps ascend
    said = {
        (AT - timedelta(hours=number), number_said)
        for number, each in last.items()
        for number_said in each.values
    }

    assert {(effective, value_) for _, effective, value_, _ in end(happened)} == said


@pytest.mark.parametrize("first", [72, 95])
def test_two_values_of_one_instant_are_both_kept_in_either_order_rel_08(first: int) -> None:
    second = {72: 95, 95: 72}[first]
    known = Known()

    sort([observation(value(first)), observation(value(second))], known)

    kept = [each for kept in known.kept.values() for each in kept.candidates]
    assert {(each.value, each.quality.value) for each in kept} == {
        (first, "scored"),
        (second, "conflict"),
    }


def test_a_correction_by_name_moves_a_reading_in_time_in_either_order_rel_19() -> None:
    original = observation(value(72), updated=AT, **NAMED)
    moved = observation(
        value(72, effective=AT - timedelta(days=1)),
        status="corrected",
        updated=AT + timedelta(minutes=1),
        **NAMED,
    )
    ends = []
    for order in ([original, moved], [moved, original]):
        known = Known()
        sort(order, known)
        ends.append(live(known))

    assert ends[0] == ends[1]
    assert [effective for _, effective, _, _ in ends[0]] == [AT - timedelta(days=1)]


def body(build: Any, who: str, mark: str, told: Told) -> Any:
    at = NOW - timedelta(hours=1 + told.number)
    named = [{"system": "urn:device", "value": f"{mark}-{told.number}"}]
    more: dict[str, Any] = {"identifier": named} if told.named else {}
    updated = NOW - timedelta(minutes=30 - told.step)
    return build.heart_rate(
        f"Patient/{who}",
        value=told.values[0] if told.values else 70,
        status=told.status,
        effectiveDateTime=at.isoformat(),
        meta={"lastUpdated": updated.isoformat()},
        **more,
    )


HAPPENED = [
    Told(0, 0, "preliminary", (60,), named=True),
    Told(0, 1, "final", (72,), named=True),
    Told(0, 2, "corrected", (95,), named=True),
    Told(1, 0, "final", (72,), named=True),
    Told(1, 1, "entered-in-error", (), named=True),
    Told(2, 0, "final", (60,), named=False),
    Told(2, 1, "amended", (95,), named=False),
    Told(3, 0, "final", (72,), named=False),
]


@pytest.mark.parametrize("in_bundle", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_through_the_door_any_order_ends_in_the_same_readings_rel_19(
    gateway: Any, build: Any, database: Database, seed: int, *, in_bundle: bool
) -> None:
    who, mark = gateway.create(build.patient()), str(uuid4())
    arrived = HAPPENED + HAPPENED[:2]
    random.Random(seed).shuffle(arrived)  # noqa: S311 (an order, not a secret)
    bodies = [body(build, who, mark, each) for each in arrived]

    if in_bundle:
        answers = gateway.post(build.bundle("batch", *bodies)).json()["entry"]
        statuses = [int(each["response"]["status"][:3]) for each in answers]
    else:
        statuses = [gateway.post(each).status_code for each in bodies]

    assert set(statuses) <= {200, 201}
    with database.transaction() as session:
        kept = readings(session, UUID(who), since=NOW - timedelta(days=1))
    found = [(NOW - each.effective, each.value, each.quality.value) for each in kept]
    assert found == [
        (timedelta(hours=4), 72.0, "scored"),
        (timedelta(hours=3), 95.0, "scored"),
        (timedelta(hours=1), 95.0, "scored"),
    ]
