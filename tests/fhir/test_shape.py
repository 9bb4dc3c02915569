from __future__ import annotations

from typing import Any

import pytest

from fhir.outcome import Refusal
from fhir.strict import check
from tests.fhir.payloads import half, observation, pressure, quantity, refused

NOTE = [{"text": "a"}]
STRUCTURE: list[tuple[str, dict[str, Any], str]] = [
    ("a status that R4 lacks", {"status": "done"}, "Observation.status"),
    (
        "text for a number",
        {"valueQuantity": quantity("72", "/min")},
        "Observation.valueQuantity.value",
    ),
    ("a number for text", {"id": 5}, "Observation.id"),
    (
        "a number for a truth value",
        {"valueQuantity": None, "valueBoolean": 1},
        "Observation.valueBoolean",
    ),
    ("an object for an array", {"note": NOTE[0]}, "Observation.note"),
    ("an array for an object", {"subject": [{"reference": "Patient/p"}]}, "Observation.subject"),
    ("text for an object", {"code": "heart rate"}, "Observation.code"),
    ("an id with a space", {"id": "a b"}, "Observation.id"),
    ("an id of 65 characters", {"id": "a" * 65}, "Observation.id"),
    (
        "a system with a space",
        {"identifier": [{"system": "a b"}]},
        "Observation.identifier[0].system",
    ),
    ("no code", {"code": None}, "Observation.code"),
    ("no status", {"status": None}, "Observation.status"),
    ("two values", {"valueString": "x"}, "Observation"),
    ("an unknown element", {"colour": "red"}, "Observation.colour"),
    ("STU3's comment", {"comment": "x"}, "Observation.comment"),
    ("STU3's context", {"context": {"reference": "Encounter/e"}}, "Observation.context"),
    ("R5's triggeredBy", {"triggeredBy": [{"type": "reflex"}]}, "Observation.triggeredBy"),
    (
        "R5's bodyStructure",
        {"bodyStructure": {"reference": "BodyStructure/b"}},
        "Observation.bodyStructure",
    ),
    (
        "an unknown contained type",
        {"contained": [{"resourceType": "Foo"}]},
        "Observation.contained[0]",
    ),
    ("a contained number", {"contained": [3]}, "Observation.contained[0]"),
    ("DSTU2's comments", {"fhir_comments": ["x"]}, "Observation"),
]


@pytest.mark.parametrize(
    ("elements", "expression"), [row[1:] for row in STRUCTURE], ids=[row[0] for row in STRUCTURE]
)
def test_what_is_not_r4_is_400_with_its_path_fhir_26(
    elements: dict[str, Any], expression: str
) -> None:
    answer = refused(observation(**elements))

    assert answer.status == 400
    assert answer.issues[0].expression == expression


@pytest.mark.parametrize("release", ["STU3", "R5"])
def test_another_release_is_named_fhir_26(release: str) -> None:
    elements: dict[str, Any] = {"STU3": {"comment": "x"}, "R5": {"triggeredBy": [{"type": "x"}]}}

    assert release in refused(observation(**elements[release])).issues[0].text


RULES: list[tuple[str, dict[str, Any], str]] = [
    (
        "a comparator that R4 lacks",
        observation(valueQuantity=quantity(72, "/min") | {"comparator": "~~"}),
        "Observation.valueQuantity.comparator",
    ),
    (
        "obs-6: value and dataAbsentReason",
        observation(dataAbsentReason={"text": "broken"}),
        "Observation.dataAbsentReason",
    ),
    (
        "obs-7: a component repeats the code",
        observation(component=[half("8867-4", 70, "/min")]),
        "Observation.component[0].code",
    ),
    (
        "qty-3: a code without system",
        observation(valueQuantity={"value": 72, "code": "/min"}),
        "Observation.valueQuantity.system",
    ),
    (
        "a subject that is no person",
        observation(subject={"reference": "Medication/m"}),
        "Observation.subject.reference",
    ),
    (
        "a Period that ends before it starts",
        observation(
            effectiveDateTime=None,
            effectivePeriod={"start": "2026-05-04T08:00:00Z", "end": "2026-05-04T07:00:00Z"},
        ),
        "Observation.effectivePeriod",
    ),
    (
        "qty-3 in a component",
        pressure(half("8480-6", 120) | {"valueQuantity": {"value": 1, "code": "mm[Hg]"}}),
        "Observation.component[0].valueQuantity.system",
    ),
]


@pytest.mark.parametrize(
    ("resource", "expression"), [row[1:] for row in RULES], ids=[row[0] for row in RULES]
)
def test_a_broken_rule_of_r4_is_422_with_its_path_fhir_09(
    resource: dict[str, Any], expression: str
) -> None:
    answer = refused(resource)

    assert answer.status == 422
    assert answer.issues[0].expression == expression


def test_a_refusal_repeats_nothing_of_the_document_fhir_08() -> None:
    name = "Wilhelmina Vandenberg"
    bodies: list[dict[str, Any]] = [
        observation(status=name),
        observation(effectiveDateTime=name),
        observation(**{name: name}),
        observation(valueQuantity=quantity(name, "/min")),
        observation(valueQuantity=quantity(72, name)),
        observation(subject={"reference": {"Wilhelmina": name}}),
        observation(note=[{name: []}]) | {name: None},
        observation() | {"resourceType": name, "x": []},
        observation(contained=[{"resourceType": name}]),
    ]

    said = [issue for body in bodies for issue in refused(body).issues]

    assert not [issue for issue in said if "Wilhelmina" in issue.text + issue.expression]


@pytest.mark.parametrize(
    "kind", ["", "Foo", "Resource", "DomainResource", "Quantity", "../x", None]
)
def test_only_r4_resource_types_are_known(kind: str | None) -> None:
    answer = check({"resourceType": kind, "id": "a"})

    assert isinstance(answer, Refusal)
    assert answer.status == 400


def test_a_sample_stream_is_bounded_and_well_formed_fhir_21() -> None:
    stream = {"origin": {"value": 0}, "period": 10, "dimensions": 2, "data": "1 2 E U"}
    ecg = observation("11524-6", valueQuantity=None, valueSampledData=stream)

    assert check(ecg) == ()
    for data in ("1 2 3", "1  2", "one two"):
        answer = refused(ecg | {"valueSampledData": stream | {"data": data}})
        assert answer.issues[0].expression == "Observation.valueSampledData.data"
    long = refused(ecg | {"valueSampledData": stream | {"data": "1 " * 999_999 + "1"}})
    assert long.status in (400, 413)


def test_deep_extensions_are_no_exception() -> None:
    nested: dict[str, Any] = {"url": "u", "valueString": "x"}
    for _ in range(25):
        nested = {"url": "u", "extension": [nested]}

    assert check(observation(extension=[nested])) == ()
