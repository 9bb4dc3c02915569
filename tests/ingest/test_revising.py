"""Whose reading an Observation without a known name speaks of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.vitals import Quality
from ingest.acceptance import Known, decide, sort
from ingest.revising import Outcome
from tests.ingest.test_acceptance import after, observation, value


def not_own(known: Known) -> Known:
    """Return what is known as another client knows it."""
    for id_, kept in list(known.kept.items()):
        known.kept[id_] = replace(kept, own=False)
    return known


@pytest.mark.parametrize("status", ["final", "amended", "corrected", "preliminary", "unknown"])
def test_anothers_value_never_takes_the_place_of_a_reading_fhir_20(status: str) -> None:
    """REL-08: whatever its status, it is a conflict."""
    first = observation(value(61))
    known = not_own(after(first))

    decision = decide(observation(value(99), status=status), known)

    assert decision.outcome is Outcome.CONFLICT
    assert decision.resource_id != first.new_id
    assert [each.quality for each in decision.readings] == [Quality.CONFLICT]


@pytest.mark.parametrize("status", ["final", "amended", "corrected", "preliminary"])
def test_anothers_equal_value_is_a_repeat_whatever_its_status_rel_07(status: str) -> None:
    first = observation(value(61))

    decision = decide(observation(value(61), status=status), not_own(after(first)))

    assert decision.outcome is Outcome.REPEATED
    assert (decision.resource_id, decision.version) == (first.new_id, 1)
    assert decision.alike


@pytest.mark.parametrize("status", ["registered", "cancelled", "entered-in-error"])
@pytest.mark.parametrize("number", [61, 99])
def test_anothers_withdrawal_stands_for_itself_fhir_20(status: str, number: float) -> None:
    first = observation(value(61))
    withdrawal = observation(value(number), status=status)

    decision = decide(withdrawal, not_own(after(first)))

    assert decision.outcome is Outcome.NEW
    assert decision.resource_id == withdrawal.new_id
    assert decision.readings == ()


@pytest.mark.parametrize("number", [61, 98])
def test_a_correction_without_a_name_is_about_its_own_senders_value_fhir_20(number: float) -> None:
    known = not_own(after(observation(value(61))))
    own = observation(value(99))
    sort([own], known)

    decision = decide(observation(value(number), status="corrected"), known)

    assert decision.outcome is Outcome.NEW_VERSION
    assert decision.resource_id == own.new_id
    assert [each.quality for each in decision.readings] == ([Quality.CONFLICT] * (number != 61))
