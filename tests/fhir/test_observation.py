from __future__ import annotations

from typing import Any

import pytest

from core.vitals import Precision, Quality, Vital
from fhir.identity import Identifier, Ref
from fhir.observation import parse
from tests.fhir.payloads import (
    LOINC,
    MDC,
    SNOMED,
    absent,
    accepted,
    component,
    concept,
    half,
    observation,
    only,
    pressure,
    quantity,
    raw,
    refused,
    warned,
)

Q, V = Quality, Vital
SYSTOLIC, DIASTOLIC = half("8480-6", 132), half("8462-4", 81)


def qualities(resource: dict[str, Any]) -> dict[Vital, Quality]:
    return {each.vital: each.quality for each in accepted(resource).measurements}


def test_a_heart_rate_is_read_with_all_that_surrounds_it() -> None:
    parsed = accepted(
        observation(
            id="o1",
            identifier=[{"system": "urn:gateway", "value": "77"}],
            device={"reference": "Device/d1"},
            issued="2026-05-04T06:00:05Z",
            meta={"lastUpdated": "2026-05-04T06:00:09Z"},
            valueQuantity=quantity(72, "/min", "beats/minute"),
        )
    )

    one = only(parsed)
    assert (one.vital, one.value, one.quality) == (V.HEART_RATE, 72.0, Q.SCORED)
    assert (one.value_received, one.unit_received) == ("72", "/min")
    assert parsed.subject == Ref("Patient", "p1")
    assert parsed.device == Ref("Device", "d1")
    assert parsed.identifiers == (Identifier("urn:gateway", "77"),)
    assert parsed.codes == ((LOINC, "8867-4"),)
    assert parsed.when.precision is Precision.INSTANT
    assert parsed.issued
    assert parsed.last_updated
    assert (parsed.resource_id, parsed.contact, parsed.warnings) == ("o1", True, ())


SUBJECTS: list[tuple[dict[str, Any], Ref]] = [
    ({"reference": "Patient/a/_history/2"}, Ref("Patient", "a")),
    (
        {"reference": "https://ehr.example/fhir/Patient/a"},
        Ref("Patient", "a", "https://ehr.example/fhir/Patient/a"),
    ),
    ({"reference": "urn:uuid:1", "type": "Patient"}, Ref("Patient", "", "urn:uuid:1")),
    ({"reference": "#me"}, Ref("", "me", contained=True)),
    (
        {"identifier": {"system": "urn:mrn", "value": "9"}},
        Ref(identifier=Identifier("urn:mrn", "9")),
    ),
    (
        {"reference": "Patient?identifier=urn:mrn|9"},
        Ref("Patient", "", "Patient?identifier=urn:mrn|9"),
    ),
]


@pytest.mark.parametrize(("subject", "expected"), SUBJECTS)
def test_a_subject_is_read_in_every_form_and_never_resolved_here(
    subject: dict[str, Any], expected: Ref
) -> None:
    contained = [{"resourceType": "Patient", "id": "me"}] if expected.contained else None

    assert accepted(observation(subject=subject, contained=contained)).subject == expected


@pytest.mark.parametrize("subject", [None, {"display": "somebody"}])
def test_an_observation_of_nobody_is_422(subject: dict[str, Any] | None) -> None:
    answer = refused(observation(subject=subject))

    assert (answer.status, answer.issues[0].code) == (422, "required")
    assert answer.issues[0].expression == "Observation.subject"


def test_a_blood_pressure_is_two_readings_fhir_16() -> None:
    parsed = accepted(pressure(SYSTOLIC, DIASTOLIC))

    assert [(one.vital, one.value, one.component) for one in parsed.measurements] == [
        (V.SYSTOLIC_BP, 132.0, 0),
        (V.DIASTOLIC_BP, 81.0, 1),
    ]
    assert qualities(pressure(SYSTOLIC, DIASTOLIC)) == {
        V.SYSTOLIC_BP: Q.SCORED,
        V.DIASTOLIC_BP: Q.SCORED,
    }


@pytest.mark.parametrize(("high", "low"), [(80, 80), (75, 110)])
def test_systolic_not_above_diastolic_is_kept_and_not_scored_fhir_16(high: int, low: int) -> None:
    crossed = pressure(half("8480-6", high), half("8462-4", low))

    assert qualities(crossed) == {V.SYSTOLIC_BP: Q.INCONSISTENT, V.DIASTOLIC_BP: Q.INCONSISTENT}


def test_a_missing_half_needs_its_reason_fhir_16() -> None:
    reason = component((LOINC, "8462-4"), dataAbsentReason=absent())

    assert qualities(pressure(SYSTOLIC, reason)) == {
        V.SYSTOLIC_BP: Q.SCORED,
        V.DIASTOLIC_BP: Q.ABSENT,
    }
    assert qualities(pressure(SYSTOLIC)) == {V.SYSTOLIC_BP: Q.MEANING_UNSURE}
    assert "half a blood pressure" in warned(accepted(pressure(SYSTOLIC)))


def test_a_panel_without_components_is_422_unless_it_says_why_fhir_16() -> None:
    answer = refused(pressure(valueQuantity=quantity(120, "mm[Hg]")))
    reasoned = pressure(dataAbsentReason=absent("asked-declined"))
    members = pressure(hasMember=[{"reference": "Observation/o2"}])

    assert (answer.status, answer.issues[0].expression) == (422, "Observation.component")
    assert qualities(reasoned) == {V.SYSTOLIC_BP: Q.ABSENT, V.DIASTOLIC_BP: Q.ABSENT}
    assert accepted(members).measurements == ()


def test_separate_systolic_and_diastolic_observations_are_understood_fhir_16() -> None:
    alone = observation("8480-6", valueQuantity=quantity(132, "mm[Hg]"))

    assert qualities(alone) == {V.SYSTOLIC_BP: Q.SCORED}


def test_known_components_are_read_under_an_unknown_root() -> None:
    pulse = component((MDC, "149546"), valueQuantity=quantity(66, "{beat}/min"))
    vendor = observation(
        code=concept(("urn:vendor", "bp")),
        valueQuantity=None,
        component=[SYSTOLIC, DIASTOLIC, half("8478-0", 98), pulse, half("718-7", 1, "g/dL")],
    )

    parsed = accepted(vendor)

    assert [one.vital for one in parsed.measurements] == [
        V.SYSTOLIC_BP,
        V.DIASTOLIC_BP,
        V.MEAN_BP,
        V.HEART_RATE,
    ]
    assert parsed.codes == (("urn:vendor", "bp"),)


def test_the_same_measurement_twice_in_one_observation_is_not_scored() -> None:
    twice = pressure(SYSTOLIC, half("8480-6", 150), DIASTOLIC)

    assert [one.quality for one in accepted(twice).measurements] == [
        Q.MEANING_UNSURE,
        Q.MEANING_UNSURE,
        Q.SCORED,
    ]


@pytest.mark.parametrize(
    ("status", "quality", "contact"),
    [
        ("final", Q.SCORED, True),
        ("amended", Q.SCORED, True),
        ("corrected", Q.SCORED, True),
        ("preliminary", Q.SCORED, True),
        ("unknown", Q.STATUS_UNKNOWN, True),
        ("registered", None, False),
        ("cancelled", None, False),
        ("entered-in-error", None, False),
    ],
)
def test_each_status_on_first_arrival_fhir_20(
    status: str, quality: Quality | None, *, contact: bool
) -> None:
    parsed = accepted(observation(status=status))

    assert [one.quality for one in parsed.measurements] == ([quality] if quality else [])
    assert (parsed.status, parsed.contact) == (status, contact)


@pytest.mark.parametrize("status", ["registered", "cancelled", "entered-in-error"])
def test_a_status_without_reading_needs_no_value_and_no_time_fhir_20(status: str) -> None:
    bare = observation(status=status, valueQuantity=None, effectiveDateTime=None)

    assert accepted(bare).measurements == ()


@pytest.mark.parametrize(
    ("elements", "expression"),
    [
        ({"effectiveDateTime": None}, "Observation.effective"),
        ({"valueQuantity": None}, "Observation.value"),
        ({"valueQuantity": {"unit": "/min"}}, "Observation.valueQuantity.value"),
        ({"valueQuantity": quantity(72, "bpm")}, "Observation.valueQuantity.code"),
        (
            {"effectiveDateTime": None, "effectivePeriod": {"start": "2026"}},
            "Observation.effective",
        ),
    ],
)
def test_a_vital_sign_without_what_its_profile_needs_is_422_fhir_15(
    elements: dict[str, Any], expression: str
) -> None:
    answer = refused(observation(**elements))

    assert (answer.status, answer.issues[0].expression) == (422, expression)


def test_a_component_in_a_wrong_unit_is_named_by_its_index_fhir_15() -> None:
    answer = refused(pressure(half("8480-6", 132, "mmHg"), DIASTOLIC))

    assert answer.issues[0].expression == "Observation.component[0].valueQuantity.code"


def test_a_missing_category_is_only_a_warning_fhir_15() -> None:
    parsed = accepted(observation(category=None))

    assert only(parsed).quality is Q.SCORED
    assert parsed.warnings[0].expression == "Observation.category"


@pytest.mark.parametrize("code", [(LOINC, "718-7"), (SNOMED, "1"), ("urn:vendor", "1")])
def test_what_is_not_monitored_is_stored_and_said_to_be_so(code: tuple[str, str]) -> None:
    parsed = accepted(observation(code=concept(code)))

    assert (parsed.measurements, parsed.contact) == ((), False)
    assert parsed.warnings[0].severity == "information"


@pytest.mark.parametrize("system", ["urn:vendor", "https://loinc.org", "loinc"])
def test_a_loinc_under_another_system_is_not_guessed_and_its_sender_is_warned(system: str) -> None:
    parsed = accepted(observation(code=concept((system, "8867-4"))))

    assert parsed.measurements == ()
    assert parsed.warnings[0].severity == "warning"
    assert LOINC in warned(parsed)


def test_codings_that_name_different_measurements_are_kept() -> None:
    mixed = observation(code=concept((LOINC, "8867-4"), (LOINC, "9279-1")))

    assert only(accepted(mixed)).quality is Q.MEANING_UNSURE


NOT_DONE = "http://hl7.org/fhir/us/qicore/StructureDefinition/qicore-notDone"


def test_not_done_is_contact_without_a_reading() -> None:
    parsed = accepted(observation(modifierExtension=[{"url": NOT_DONE, "valueBoolean": True}]))

    assert (parsed.measurements, parsed.contact) == ((), True)


@pytest.mark.parametrize(
    "elements",
    [
        {"modifierExtension": [{"url": "urn:x", "valueBoolean": True}]},
        {"modifierExtension": [{"url": NOT_DONE, "valueBoolean": False}]},
        {"implicitRules": "urn:rules"},
    ],
)
def test_a_changed_meaning_that_is_not_understood_is_kept(elements: dict[str, Any]) -> None:
    parsed = accepted(observation(**elements))

    assert only(parsed).quality is Q.MEANING_UNSURE
    assert "not understood" in warned(parsed)


@pytest.mark.parametrize("kind", ["Patient", "Bundle"])
def test_another_resource_is_no_observation(kind: str) -> None:
    assert parse(raw({"resourceType": kind})) == refused({"resourceType": kind})
