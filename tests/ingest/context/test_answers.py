"""What somebody answers is read as it was meant: breathlessness, and how alert they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from core.vitals import Vital
from monitoring.news2 import Part, total
from monitoring.service import load_rulebook
from tests.ingest.context.test_context import (
    LOINC,
    SNOMED,
    SYMPTOMS,
    concept,
    observation,
    read,
)

if TYPE_CHECKING:
    from core.database import Database


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"valueBoolean": True}, (Vital.BREATHLESS, 1.0)),
        (concept(SNOMED, "373066001"), (Vital.BREATHLESS, 1.0)),
        (concept(LOINC, "LA32-8"), (Vital.BREATHLESS, 0.0)),
        ({"valueInteger": 1}, (Vital.BREATHLESSNESS, 1.0)),
        ({"valueInteger": 7}, (Vital.BREATHLESSNESS, 7.0)),
    ],
)
def test_a_yes_to_breathlessness_is_no_one_on_the_scale_of_ten(
    gateway: Any, build: Any, database: Database, value: dict[str, Any], expected: Any
) -> None:
    who = gateway.create(build.patient())

    gateway.create(observation(who, SYMPTOMS, "breathlessness", **value))

    assert [(r.vital, r.value) for r in read(database, who)] == [expected]


ACVPU = (
    ((LOINC, "LA9340-6"), 0.0),
    ((SNOMED, "248234008"), 0.0),
    ((LOINC, "LA6560-2"), 1.0),
    ((SNOMED, "130987000"), 1.0),
    ((LOINC, "LA17108-4"), 1.0),
    ((SNOMED, "300202002"), 1.0),
    ((LOINC, "LA17107-6"), 1.0),
    ((SNOMED, "450847001"), 1.0),
    ((LOINC, "LA9343-0"), 1.0),
    ((SNOMED, "422768004"), 1.0),
)


@pytest.mark.parametrize(
    "asked", [(LOINC, "80288-4"), (LOINC, "67775-7"), (SNOMED, "1104441000000107")]
)
@pytest.mark.parametrize(("answer", "expected"), ACVPU)
def test_how_alert_somebody_is_is_read_by_each_of_its_codes(
    gateway: Any, build: Any, database: Database, asked: Any, answer: Any, expected: float
) -> None:
    who = gateway.create(build.patient())

    gateway.create(observation(who, *asked, **concept(*answer)))

    [reading] = read(database, who)
    assert (reading.vital, reading.value) == (Vital.NEW_CONFUSION, expected)


@pytest.mark.parametrize(
    "value",
    [
        {"valueInteger": 1},
        {"valueQuantity": {"value": 1, "system": "http://unitsofmeasure.org", "code": "1"}},
        {"valueCodeableConcept": {"text": "alert"}},
        {"valueBoolean": True},
    ],
)
def test_a_number_or_a_word_for_consciousness_is_kept_and_not_guessed(
    gateway: Any, build: Any, database: Database, value: dict[str, Any]
) -> None:
    who = gateway.create(build.patient())

    gateway.create(observation(who, LOINC, "80288-4", **value))

    assert [r.value for r in read(database, who)] == [None]


def test_alert_completes_the_early_warning_total_and_anything_else_scores_three(
    gateway: Any, build: Any, database: Database
) -> None:
    chart = load_rulebook().news2
    for code, score in (("LA9340-6", 0), ("LA17108-4", 3)):
        who = gateway.create(build.patient())
        gateway.create(observation(who, LOINC, "80288-4", **concept(LOINC, code)))
        values = {r.vital: r.value for r in read(database, who) if r.value is not None}

        found = total(chart, values, scale_two=False, oxygen=False)

        assert found.parts[Part.CONSCIOUSNESS] == score
        assert Part.CONSCIOUSNESS not in found.missing
