from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.vitals import Quality, Vital
from ingest.acceptance import Incoming, Known, decide, sort
from ingest.candidates import Candidate
from ingest.revising import RANK, Outcome, revision

AT = datetime(2026, 3, 2, 11, 30, tzinfo=UTC)
WHO, OTHER = UUID(int=1), UUID(int=2)
_ids = count(100)


def value(number: float | None = 72, **more: object) -> Candidate:
    return replace(
        Candidate(WHO, Vital.HEART_RATE, number, Quality.SCORED, AT, device="cuff"),
        **more,  # type: ignore[arg-type]  # the fields of Candidate
    )


def observation(*candidates: Candidate, status: str = "final", **more: object) -> Incoming:
    number = next(_ids)
    base = Incoming(
        patient_id=WHO,
        status=status,
        candidates=candidates or (value(),),
        names=(),
        digest=str(number),
        new_id=UUID(int=number),
    )
    return replace(base, **more)  # type: ignore[arg-type]  # the fields of Incoming


NAMED: dict[str, Any] = {"names": (("urn:device", "1"),)}


def after(*before: Incoming) -> Known:
    known = Known()
    sort(before, known)
    return known


# known, arriving, same content -> what becomes of it (fhir.md section 3)
STATUSES = [
    ("final", "final", True, Outcome.REPEATED),
    ("final", "final", False, Outcome.CONFLICT),
    ("preliminary", "preliminary", False, Outcome.CONFLICT),
    ("preliminary", "final", False, Outcome.NEW_VERSION),
    ("preliminary", "final", True, Outcome.NEW_VERSION),
    ("final", "preliminary", False, Outcome.REPEATED),
    ("registered", "final", False, Outcome.NEW_VERSION),
    ("final", "registered", False, Outcome.REPEATED),
    ("final", "amended", False, Outcome.NEW_VERSION),
    ("final", "corrected", True, Outcome.NEW_VERSION),
    ("amended", "final", False, Outcome.REPEATED),
    ("amended", "amended", False, Outcome.NEW_VERSION),
    ("corrected", "corrected", True, Outcome.REPEATED),
    ("amended", "corrected", False, Outcome.NEW_VERSION),
    ("final", "cancelled", False, Outcome.NEW_VERSION),
    ("final", "entered-in-error", False, Outcome.NEW_VERSION),
    ("entered-in-error", "final", False, Outcome.REPEATED),
    ("entered-in-error", "corrected", False, Outcome.REPEATED),
    ("entered-in-error", "entered-in-error", True, Outcome.REPEATED),
    ("final", "unknown", False, Outcome.NEW_VERSION),
    ("unknown", "final", False, Outcome.NEW_VERSION),
    ("corrected", "unknown", False, Outcome.REPEATED),
]


@pytest.mark.parametrize(("known", "arriving", "same", "outcome"), STATUSES)
def test_a_status_decides_what_becomes_of_the_earlier_version(
    known: str,
    arriving: str,
    same: bool,  # noqa: FBT001 (a column of the table)
    outcome: Outcome,
) -> None:
    """FHIR-20: every pair of statuses."""
    assert revision(known, arriving, same=same) is outcome


@given(st.sampled_from(list(RANK)), st.sampled_from(list(RANK)), st.booleans())
def test_what_is_older_than_the_record_never_changes_it(
    known: str,
    arriving: str,
    same: bool,  # noqa: FBT001 (Hypothesis gives positions)
) -> None:
    assert revision(known, arriving, same=same, older=True) is Outcome.REPEATED


def test_the_first_is_new() -> None:
    first = observation()

    decision = decide(first, Known())

    assert decision.outcome is Outcome.NEW
    assert (decision.resource_id, decision.version) == (first.new_id, 1)


def test_the_same_value_in_another_unit_is_a_repeat_rel_07() -> None:
    first = observation(value(72.5747792))
    again = observation(value(72.57477920000001, value_received="160", unit_received="[lb_av]"))

    decision = decide(again, after(first))

    assert decision.outcome is Outcome.REPEATED
    assert decision.resource_id == first.new_id


def test_another_device_or_time_or_person_is_another_reading() -> None:
    known = after(observation())

    others = [
        value(80, device="other"),
        value(80, effective=AT + timedelta(seconds=1)),
        value(80, patient_id=OTHER),
        value(80, vital=Vital.RESTING_HEART_RATE),
    ]

    assert {decide(observation(each), known).outcome for each in others} == {Outcome.NEW}


def test_a_bound_is_not_the_value_it_bounds() -> None:
    known = after(observation(value(70)))

    decision = decide(observation(value(70, comparator="<", quality=Quality.BOUND)), known)

    assert decision.outcome is Outcome.CONFLICT


def test_a_conflict_is_kept_beside_and_never_overwrites_rel_08() -> None:
    first, second = observation(value(72)), observation(value(95))
    known = Known()

    decisions = sort([first, second, observation(value(95)), observation(value(72))], known)

    assert [each.outcome for each in decisions] == [
        Outcome.NEW,
        Outcome.CONFLICT,
        Outcome.REPEATED,
        Outcome.REPEATED,
    ]
    assert [each.resource_id for each in decisions[2:]] == [second.new_id, first.new_id]
    assert [each.quality for each in decisions[1].readings] == [Quality.CONFLICT]


def test_a_known_identifier_with_another_value_is_in_conflict_even_at_another_time() -> None:
    known = after(observation(**NAMED))

    moved = value(72, effective=AT + timedelta(hours=1))
    decision = decide(observation(moved, **NAMED), known)

    assert decision.outcome is Outcome.CONFLICT
    assert [each.quality for each in decision.readings] == [Quality.CONFLICT]


def test_a_correction_before_its_original_makes_the_original_a_no_op() -> None:
    correction = observation(value(70), status="corrected", **NAMED)

    decision = decide(observation(value(90), **NAMED), after(correction))

    assert (decision.outcome, decision.resource_id) == (Outcome.REPEATED, correction.new_id)


def test_an_older_correction_does_not_undo_a_newer_one() -> None:
    newer = observation(value(70), status="corrected", updated=AT, **NAMED)
    older = observation(value(71), status="corrected", updated=AT - timedelta(minutes=1), **NAMED)

    assert decide(older, after(newer)).outcome is Outcome.REPEATED


def test_a_correction_without_identifier_finds_its_original_by_natural_key() -> None:
    first = observation(value(90))

    decision = decide(observation(value(70), status="corrected"), after(first))

    assert decision.outcome is Outcome.NEW_VERSION
    assert (decision.resource_id, decision.version) == (first.new_id, 2)


def test_entered_in_error_leaves_no_reading() -> None:
    known = after(observation(**NAMED))

    wrong = observation(value(72, quality=Quality.WITHDRAWN), status="entered-in-error", **NAMED)
    decision = decide(wrong, known)
    known.learn(wrong, decision)

    assert (decision.outcome, decision.readings) == (Outcome.NEW_VERSION, ())
    assert known.twin(value()) is None


def test_an_identifier_of_another_patient_is_never_taken_over() -> None:
    known = after(observation(**NAMED))

    theirs = observation(value(patient_id=OTHER), patient_id=OTHER, **NAMED)

    assert decide(theirs, known).outcome is Outcome.TAKEN


@pytest.mark.parametrize("status", ["preliminary", "final", "entered-in-error"])
def test_a_put_over_another_version_than_was_made_sure_of_changes_nothing(status: str) -> None:
    first, right = observation(**NAMED), observation(value(95), status="corrected", **NAMED)
    known = after(first, right)
    again = observation(value(72), status=status, new_id=first.new_id, replaces=True, **NAMED)

    [stale] = sort([replace(again, knowing=1)], known)

    assert (stale.outcome, stale.version, stale.stores) == (Outcome.STALE, 2, False)
    assert known.twin(value(95)) == first.new_id
    assert decide(replace(again, knowing=2), known).outcome is not Outcome.STALE
    assert decide(again, known).outcome is not Outcome.STALE


def test_a_panel_keeps_what_is_new_beside_what_is_known() -> None:
    known = after(observation(value(72)))
    pulse, upper = value(72), value(130, vital=Vital.SYSTOLIC_BP)

    decision = decide(observation(pulse, upper), known)

    assert decision.outcome is Outcome.NEW
    assert decision.readings == (upper,)


def test_two_components_that_contradict_each_other_are_not_both_scored() -> None:
    decision = decide(observation(value(72), value(72), value(95)), Known())

    assert [(each.value, each.quality) for each in decision.readings] == [
        (72, Quality.SCORED),
        (95, Quality.CONFLICT),
    ]


def test_not_measured_never_stands_in_the_way_of_a_value() -> None:
    absent = observation(value(None, quality=Quality.ABSENT))

    decision = decide(observation(value(72)), after(absent))

    assert decision.outcome is Outcome.NEW
    assert decision.readings[0].quality is Quality.SCORED


VALUES = st.builds(
    observation,
    st.builds(value, st.sampled_from([60, 72, 95]), device=st.sampled_from(["a", "b"])),
    status=st.sampled_from(["final", "preliminary", "corrected", "entered-in-error"]),
    names=st.sampled_from([(), (("s", "1"),), (("s", "2"),)]),
)


@given(st.lists(VALUES, max_size=12))
def test_no_two_scored_readings_ever_share_a_natural_key(arrivals: list[Incoming]) -> None:
    known = Known()
    sort(arrivals, known)

    for twins in known.natural.values():
        scored = [one for _, one in twins if one.quality is not Quality.CONFLICT]
        assert len(scored) <= 1


@given(st.lists(VALUES, min_size=1, max_size=12))
def test_whatever_arrives_again_unchanged_is_a_repeat_rel_05(arrivals: list[Incoming]) -> None:
    known = Known()
    sort(arrivals, known)

    last = arrivals[-1]

    assert decide(last, known).outcome in (Outcome.REPEATED, Outcome.TAKEN)
