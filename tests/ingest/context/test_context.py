"""What rules must know besides readings comes through the same door (fhir.md section 7a)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from core.outbox import Topic
from core.vitals import MEASURES, Group, Vital
from ingest.repository import person, readings
from tests.door import NOW, work_for

if TYPE_CHECKING:
    from core.database import Database
    from core.vitals import Reading
    from ingest.enrolment import Person

SYMPTOMS = "urn:wardlight:codesystem:symptoms"
HOME = "urn:wardlight:codesystem:home-activity"
ATC = "http://www.whocc.no/atc"
LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
ANSWERS = [vital for vital, measure in MEASURES.items() if measure.group is Group.ANSWER]


def observation(who: str, system: str, code: str, **value: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "identifier": [{"system": "urn:answer", "value": str(uuid4())}],
        "status": "final",
        "code": {"coding": [{"system": system, "code": code}]},
        "subject": {"reference": f"Patient/{who}"},
        "effectiveDateTime": (NOW - timedelta(hours=1)).isoformat(),
    } | value


def known(database: Database, who: str) -> Person:
    with database.transaction() as session:
        return person(session, UUID(who))


def read(database: Database, who: str) -> list[Reading]:
    with database.transaction() as session:
        return readings(session, UUID(who), since=NOW - timedelta(days=1))


def concept(system: str, code: str) -> dict[str, Any]:
    return {"valueCodeableConcept": {"coding": [{"system": system, "code": code}]}}


@pytest.mark.parametrize("vital", ANSWERS)
def test_each_symptom_that_was_answered_is_a_reading(
    gateway: Any, build: Any, database: Database, vital: Vital
) -> None:
    who = gateway.create(build.patient())
    code = vital.value.replace("_", "-")

    gateway.create(observation(who, SYMPTOMS, code, valueInteger=1))

    assert [(r.vital, r.value) for r in read(database, who)] == [(vital, 1.0)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"valueBoolean": True}, 1.0),
        ({"valueBoolean": False}, 0.0),
        ({"valueInteger": 0}, 0.0),
        (concept(LOINC, "LA33-6"), 1.0),
        (concept(LOINC, "LA32-8"), 0.0),
        (concept(SNOMED, "373066001"), 1.0),
        (concept(SNOMED, "373067005"), 0.0),
        (concept(SNOMED, "261665006"), None),  # unknown is not no
        ({"valueString": "a little"}, None),
        ({"valueInteger": 7}, 7.0),  # outside 0 to 1: kept, never scored
    ],
)
def test_yes_and_no_are_understood_however_they_are_said_and_nothing_else(
    gateway: Any, build: Any, database: Database, value: dict[str, Any], expected: float | None
) -> None:
    who = gateway.create(build.patient())

    gateway.create(observation(who, SYMPTOMS, "chest-pain", **value))

    [reading] = read(database, who)
    assert reading.value == expected
    assert (reading.quality.value == "scored") is (expected in (0.0, 1.0))


@pytest.mark.parametrize(
    ("code", "vital"),
    [
        ("fall", Vital.FALL),
        ("away", Vital.AWAY),
        ("hub-heartbeat", Vital.HUB_HEARTBEAT),
        ("outer-door", Vital.OUTER_DOOR),
        ("bathroom", Vital.BATHROOM),
        ("irregular-rhythm", Vital.IRREGULAR_RHYTHM),
    ],
)
def test_what_a_home_tells_is_a_reading(
    gateway: Any, build: Any, database: Database, code: str, vital: Vital
) -> None:
    who = gateway.create(build.patient())

    gateway.create(observation(who, HOME, code, valueBoolean=True))

    assert [(r.vital, r.value) for r in read(database, who)] == [(vital, 1.0)]
    assert Topic.ASSESS in {row.topic for row in work_for(database, who)}


def test_a_panel_of_standing_pressures_is_read_as_standing(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    unit = {"unit": "mmHg", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}
    parts = [
        {
            "code": {"coding": [{"system": LOINC, "code": code}]},
            "valueQuantity": unit | {"value": v},
        }
        for code, v in (("8460-8", 105), ("8454-1", 62))
    ]

    gateway.create(observation(who, LOINC, "85354-9", component=parts))

    assert {r.vital: r.value for r in read(database, who)} == {
        Vital.STANDING_SYSTOLIC_BP: 105.0,
        Vital.STANDING_DIASTOLIC_BP: 62.0,
    }


def statement(who: str, code: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationStatement",
        "identifier": [{"system": "urn:medicine", "value": str(uuid4())}],
        "status": "active",
        "medicationCodeableConcept": {"coding": [{"system": ATC, "code": code}]},
        "subject": {"reference": f"Patient/{who}"},
    } | more


@pytest.mark.parametrize(
    ("code", "classes"),
    [
        ("C07AB02", {"beta-blocker", "antihypertensive"}),
        ("A10AE04", {"insulin", "glucose-lowering"}),
        ("A10BB12", {"sulfonylurea", "glucose-lowering"}),
        ("A10BA02", {"metformin", "glucose-lowering"}),
        ("A10BK01", {"sglt2-inhibitor", "glucose-lowering"}),
        ("C03CA01", {"loop-diuretic", "diuretic", "antihypertensive"}),
        ("C09AA05", {"raas-inhibitor", "antihypertensive"}),
        ("C09BA05", {"raas-inhibitor", "diuretic", "antihypertensive"}),
        ("H02AB06", {"steroid"}),
    ],
)
def test_a_medicine_belongs_to_the_classes_of_its_atc_code(
    gateway: Any, build: Any, database: Database, code: str, classes: set[str]
) -> None:
    who = gateway.create(build.patient())

    gateway.create(statement(who, code))

    assert known(database, who).medicines == classes
    assert known(database, who).medicines_known


@pytest.mark.parametrize(
    "more",
    [
        {"status": "stopped"},
        {"status": "entered-in-error"},
        {"effectivePeriod": {"end": "2020-01-01T00:00:00Z"}},
        {"effectivePeriod": {"end": "2020-01-01"}},
        {"resourceType": "MedicationRequest", "intent": "order", "doNotPerform": True},
        {"resourceType": "MedicationRequest", "intent": "proposal"},
    ],
)
def test_a_medicine_that_is_not_taken_any_more_does_not_count(
    gateway: Any, build: Any, database: Database, more: dict[str, Any]
) -> None:
    who = gateway.create(build.patient())

    gateway.create(statement(who, "A10AE04", **more))

    assert known(database, who).medicines == frozenset()


def test_a_medicine_in_another_system_is_stored_and_its_class_not_guessed(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    rxnorm = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "1"}]}

    answer = gateway.post(statement(who, "", medicationCodeableConcept=rxnorm))

    assert answer.status_code == 201
    assert known(database, who).medicines == frozenset()


def test_a_request_counts_as_a_statement_and_a_contained_medicine_is_read(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    request = statement(who, "") | {
        "resourceType": "MedicationRequest",
        "intent": "order",
        "contained": [
            {
                "resourceType": "Medication",
                "id": "m",
                "code": {"coding": [{"system": ATC, "code": "A10AB01"}]},
            }
        ],
        "medicationReference": {"reference": "#m"},
    }
    del request["medicationCodeableConcept"]

    gateway.create(request)

    assert "insulin" in known(database, who).medicines
