"""One fault for each element that R4's vital-signs profiles ask for, in each mode (FHIR-15)."""

from __future__ import annotations

from typing import Any

import pytest

from core.vitals import Quality
from fhir.codes import LOINC, meaning
from fhir.fast import fast
from fhir.measurement import ParsedObservation
from fhir.observation import parse
from fhir.outcome import Refusal
from fhir.policy import Mode, Policy
from fhir.profiles import BASE, contradicted
from tests.fhir.payloads import SNOMED, component, concept, half, observation, quantity, raw

Q = Quality
BP = {"valueQuantity": None, "component": [half("8480-6", 132), half("8462-4", 81)]}
# Profile -> LOINC, what makes it whole, a unit of another dimension or none, an unusual one
SIGNS: dict[str, tuple[str, dict[str, Any], str, tuple[float, str]]] = {
    "heartrate": ("8867-4", {}, "bpm", (1.2, "Hz")),
    "resprate": ("9279-1", {"valueQuantity": quantity(16, "/min")}, "l/min", (0, "")),
    "oxygensat": ("59408-5", {"valueQuantity": quantity(97, "%")}, "kg", (0.97, "1")),
    "bodytemp": ("8310-5", {"valueQuantity": quantity(37, "Cel")}, "degF", (310, "K")),
    "bodyheight": ("8302-2", {"valueQuantity": quantity(175, "cm")}, "kg", (1.75, "m")),
    "headcircum": ("9843-4", {"valueQuantity": quantity(55, "cm")}, "kg", (0.55, "m")),
    "bodyweight": ("29463-7", {"valueQuantity": quantity(80, "kg")}, "lbs", (180, "[lb_av]")),
    "bmi": ("39156-5", {"valueQuantity": quantity(27, "kg/m2")}, "kg", (0, "")),
    "bp": ("85354-9", BP, "mmHg", (17.6, "kPa")),
}
ALL = list(SIGNS)
UNUSUAL = [name for name, row in SIGNS.items() if row[3][1]]


def whole(name: str, **more: Any) -> dict[str, Any]:
    loinc, elements, _, _ = SIGNS[name]
    return observation(loinc, **{"meta": {"profile": [BASE + name]}} | elements | more)


def in_unit(name: str, value: float, unit: str) -> dict[str, Any]:
    if name == "bp":
        return whole(name, component=[half("8480-6", value, unit), half("8462-4", 81)])
    return whole(name, valueQuantity=quantity(value, unit))


def answers(resource: dict[str, Any]) -> dict[str, int]:
    """Return the status in each mode; 201 stands for a warning, 200 for none."""
    found = {}
    for mode in Mode:
        parsed = parse(raw(resource), Policy(mode))
        if isinstance(parsed, Refusal):
            assert all(issue.severity == "error" and issue.text for issue in parsed.issues)
            found[mode.value] = parsed.status
        else:
            warned = any(issue.severity == "warning" for issue in parsed.warnings)
            found[mode.value] = 201 if warned else 200
    return found


def scored(resource: dict[str, Any], mode: Mode = Mode.WARN) -> bool:
    parsed = parse(raw(resource), Policy(mode))
    assert isinstance(parsed, ParsedObservation), parsed
    return bool(parsed.measurements) and all(
        each.quality is Q.SCORED for each in parsed.measurements
    )


def modes(enforce: int, warn: int, off: int) -> dict[str, int]:
    return {"enforce": enforce, "warn": warn, "off": off}


@pytest.mark.parametrize("name", ALL)
def test_a_whole_vital_sign_is_taken_without_a_word_in_every_mode_fhir_15(name: str) -> None:
    assert answers(whole(name)) == modes(200, 200, 200)
    assert scored(whole(name)) is (name != "headcircum")


@pytest.mark.parametrize("name", ALL)
def test_a_missing_category_fhir_15(name: str) -> None:
    bare = whole(name, category=None)

    assert answers(bare) == modes(422, 201, 200)
    assert scored(bare) is (name != "headcircum")


@pytest.mark.parametrize("name", ALL)
def test_a_missing_subject_is_refused_in_every_mode_fhir_15(name: str) -> None:
    assert answers(whole(name, subject=None)) == modes(422, 422, 422)


@pytest.mark.parametrize("effective", [None, "2026", "2026-05"])
@pytest.mark.parametrize("name", ALL)
def test_no_day_of_measurement_vs_1_fhir_15(name: str, effective: str | None) -> None:
    vague = whole(name, effectiveDateTime=effective)

    assert answers(vague)["enforce"] == answers(vague)["warn"] == 422
    assert answers(vague)["off"] in (200, 201)
    assert not scored(vague, Mode.OFF)


@pytest.mark.parametrize("name", ALL)
def test_neither_value_nor_reason_vs_2_fhir_15(name: str) -> None:
    silent = whole(name, valueQuantity=None, component=None)

    assert answers(silent) == modes(422, 422, 200)
    assert not scored(silent, Mode.OFF)


@pytest.mark.parametrize("name", ALL)
def test_a_unit_that_is_invalid_or_of_another_dimension_fhir_15(name: str) -> None:
    wrong = in_unit(name, 72, SIGNS[name][2])

    assert answers(wrong)["enforce"] == answers(wrong)["warn"] == 422
    assert answers(wrong)["off"] in (200, 201)
    assert not scored(wrong, Mode.OFF)


@pytest.mark.parametrize("name", UNUSUAL)
def test_a_unit_that_converts_but_is_not_the_profiles_fhir_15(name: str) -> None:
    unusual = in_unit(name, *SIGNS[name][3])

    assert answers(unusual) == modes(422, 201, 200 if name != "headcircum" else 201)
    assert fast(raw(unusual)) is None


@pytest.mark.parametrize("name", [each for each in ALL if each != "bp"])
def test_a_unit_without_its_system_or_code_fhir_15(name: str) -> None:
    value = SIGNS[name][1].get("valueQuantity", quantity(72, "/min"))
    text = {"value": value["value"], "unit": value["code"]}
    odd = {"value": value["value"], "unit": "so and so"}

    assert answers(whole(name, valueQuantity=text)) == modes(422, 201, 201)
    assert answers(whole(name, valueQuantity=odd)) == modes(422, 201, 201)
    assert not scored(whole(name, valueQuantity=odd))


@pytest.mark.parametrize("name", ALL)
def test_another_measurements_code_under_a_declared_profile_fhir_15(name: str) -> None:
    other = "8867-4" if name != "heartrate" else "9279-1"
    mistaken = observation(other, valueQuantity=quantity(50, "/min"))
    mistaken["meta"] = {"profile": [f"{BASE}{name}|4.0.1"]}

    assert answers(mistaken) == modes(422, 422, 200)
    assert fast(raw(mistaken)) is None


def test_the_base_profile_and_profiles_of_others_name_no_measurement_fhir_15() -> None:
    pulse = meaning([(LOINC, "8867-4")])

    assert not contradicted([f"{BASE}vitalsigns", "urn:some:profile"], pulse)
    assert not contradicted([f"{BASE}heartrate"], meaning([(LOINC, "40443-4")]))
    assert not contradicted([f"{BASE}heartrate"], meaning([(SNOMED, "1")]))
    assert contradicted([f"{BASE}heartrate"], meaning([(LOINC, "85354-9")]))


def test_half_a_blood_pressure_without_a_reason_fhir_16() -> None:
    lone = whole("bp", component=[half("8480-6", 132)])

    assert answers(lone) == modes(422, 201, 200)
    assert not scored(lone)
    assert scored(lone, Mode.OFF)


@pytest.mark.parametrize(
    "elements",
    [
        {"valueQuantity": quantity(72, "/min") | {"comparator": "~~"}},
        {"dataAbsentReason": concept(("urn:x", "unknown"))},
        {"valueQuantity": {"value": 72, "code": "/min"}},
        {"status": "done"},
        {"valueQuantity": quantity("72", "/min")},
        {"note": []},
        {"effectiveDateTime": "2026-05-04T08:00:00"},
        {"comment": "from STU3"},
        {"subject": {"reference": "Medication/m1"}},
    ],
)
def test_structure_and_invariants_are_asked_in_every_mode(elements: dict[str, Any]) -> None:
    found = answers(observation(**elements))

    assert set(found.values()) <= {400, 422}
    assert len(set(found.values())) == 1


TIMES: list[dict[str, Any]] = [
    {"effectiveTiming": {"event": ["2026-05-04"]}},
    {"effectivePeriod": {"start": "2026-05-04T08:00:00Z"}},
    {"effectivePeriod": {"start": "2026-05-04T08:00:00Z", "end": "2026-05-06T08:00:00Z"}},
]


@pytest.mark.parametrize("time", TIMES)
def test_a_time_that_is_only_kept_is_refused_where_the_client_enforces(
    time: dict[str, Any],
) -> None:
    vague = observation(effectiveDateTime=None, **time)

    assert answers(vague) == modes(422, 201, 201)
    assert not scored(vague)


@pytest.mark.parametrize(
    "resource",
    [
        observation(valueQuantity=quantity(900, "/min")),
        observation("85354-9", valueQuantity=None)
        | {"component": [half("8480-6", 80), half("8462-4", 81)]},
        observation(code=concept((LOINC, "8867-4"), (LOINC, "9279-1"))),
        observation(modifierExtension=[{"url": "urn:x", "valueBoolean": True}]),
        observation("85354-9", valueQuantity=None)
        | {
            "component": [
                half("8480-6", 132) | {"dataAbsentReason": component((LOINC, "8480-6"))["code"]},
                half("8462-4", 81),
            ]
        },
    ],
    ids=["implausible", "crossed", "two meanings", "modified", "value beside a reason"],
)
def test_doubts_about_value_or_meaning_are_kept_in_every_mode(resource: dict[str, Any]) -> None:
    assert answers(resource) == modes(201, 201, 201)


def test_a_refusal_by_mode_says_what_the_warning_says_and_not_that_it_is_kept() -> None:
    answer = parse(raw(observation(valueQuantity={"value": 72})), Policy(Mode.ENFORCE))

    assert isinstance(answer, Refusal)
    assert answer.issues[0].expression == "Observation.valueQuantity"
    assert "expected /min" in answer.issues[0].text
    assert "kept" not in answer.issues[0].text


def test_glucose_has_no_profile_and_its_unit_counts_in_every_mode_fhir_19() -> None:
    ratio = observation("15074-8", valueQuantity=quantity(5, "mg/g{Cr}"), category=None)

    assert answers(ratio) == modes(422, 422, 422)


def test_what_the_short_cut_takes_every_mode_takes_alike_fhir_15() -> None:
    taken = [name for name in ALL if fast(raw(whole(name)))]

    assert set(taken) == set(ALL) - {"headcircum"}
    for name in taken:
        parsed = {mode: parse(raw(whole(name)), Policy(mode)) for mode in Mode}
        assert parsed[Mode.ENFORCE] == parsed[Mode.WARN] == parsed[Mode.OFF]
