"""Every FHIR file of the reference data through the readers: an answer each, and the right one."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from core.vitals import Quality, Vital
from fhir.bundle import Bundle, read_bundle
from fhir.links import rewrite, unresolved
from fhir.measurement import ParsedObservation
from fhir.observation import parse
from fhir.outcome import Refusal
from fhir.strict import check, decode
from tests.fhir.payloads import raw

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.reference
BOM = b"\xef\xbb\xbf"
FILES_WITH_BOM = 20  # as the reference data's own README counts them
Q = Quality


@pytest.fixture(scope="module")
def files(reference_data: Path) -> dict[str, bytes]:
    found = {p.name: p.read_bytes() for p in sorted((reference_data / "fhir").rglob("*.json"))}
    assert found
    return found


@pytest.fixture(scope="module")
def answers(files: dict[str, bytes]) -> list[tuple[dict[str, Any], ParsedObservation | Refusal]]:
    bodies = (json.loads(body.removeprefix(BOM)) for body in files.values())
    return [(each, parse(raw(each))) for body in bodies for each in observations(body)]


def observations(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if node.get("resourceType") == "Observation":
            yield node
        for value in node.values():
            yield from observations(value)
    elif isinstance(node, list):
        for value in node:
            yield from observations(value)


def reasoned(answer: Refusal) -> bool:
    return answer.status in (400, 413, 422) and all(
        issue.text and issue.severity == "error" for issue in answer.issues
    )


def test_every_file_is_accepted_or_refused_with_a_reason(files: dict[str, bytes]) -> None:
    for name, body in files.items():
        answer = read_bundle(body) if b'"Bundle"' in body else parse(body)
        assert not isinstance(answer, Refusal) or reasoned(answer), name


def test_every_observation_is_accepted_or_refused_with_a_path(
    answers: list[tuple[dict[str, Any], ParsedObservation | Refusal]],
) -> None:
    refusals = [answer for _, answer in answers if isinstance(answer, Refusal)]

    assert len(answers) > len(refusals) * 5
    assert all(reasoned(each) and each.issues[0].expression for each in refusals)


def test_a_byte_order_mark_is_refused_and_the_body_behind_it_answered(
    files: dict[str, bytes],
) -> None:
    marked = {name: body for name, body in files.items() if body.startswith(BOM)}

    assert len(marked) == FILES_WITH_BOM
    for name, body in marked.items():
        answer = read_bundle(body) if b'"Bundle"' in body else parse(body)
        assert isinstance(answer, Refusal), name
        assert (answer.status, "byte-order mark" in answer.issues[0].text) == (400, True)


def test_a_value_beside_its_absence_is_kept_on_a_component(
    answers: list[tuple[dict[str, Any], ParsedObservation | Refusal]],
) -> None:
    kept = 0
    for resource, answer in answers:
        for index, part in enumerate(resource.get("component") or ()):
            if "dataAbsentReason" in part and "valueQuantity" in part:
                assert isinstance(answer, ParsedObservation)
                (one,) = [each for each in answer.measurements if each.component == index]
                assert (one.value, one.quality) == (None, Q.MEANING_UNSURE)
                kept += 1

    assert kept == 6


def test_a_unit_system_at_another_address_is_read_with_a_warning(
    answers: list[tuple[dict[str, Any], ParsedObservation | Refusal]],
) -> None:
    other = [answer for resource, answer in answers if "https://ucum.org" in json.dumps(resource)]

    assert other
    for answer in other:
        assert isinstance(answer, ParsedObservation)
        assert any("unit-from-text" in issue.text for issue in answer.warnings)


def test_not_done_yields_contact_and_no_reading(
    answers: list[tuple[dict[str, Any], ParsedObservation | Refusal]],
) -> None:
    marked = [answer for resource, answer in answers if "modifierExtension" in resource]

    assert len(marked) == 8
    for answer in marked:
        assert isinstance(answer, ParsedObservation)
        assert answer.measurements == ()


def test_withdrawn_and_registered_observations_yield_no_reading(
    answers: list[tuple[dict[str, Any], ParsedObservation | Refusal]],
) -> None:
    silent = ("cancelled", "entered-in-error", "registered")
    parsed = [a for _, a in answers if isinstance(a, ParsedObservation) and a.status in silent]

    assert parsed
    assert all(each.measurements == () for each in parsed)


def test_nobody_is_read_without_subject_and_no_vital_without_time(
    answers: list[tuple[dict[str, Any], ParsedObservation | Refusal]],
) -> None:
    for resource, answer in answers:
        if "subject" not in resource:
            assert isinstance(answer, Refusal)
        if isinstance(answer, ParsedObservation) and answer.measurements:
            assert answer.when.start or answer.when.end or answer.when.day or not answer.when.sure


def test_a_creatinine_ratio_under_a_glucose_code_is_422(
    answers: list[tuple[dict[str, Any], ParsedObservation | Refusal]],
) -> None:
    wrong = [
        answer
        for resource, answer in answers
        if (resource.get("valueQuantity") or {}).get("code") == "mg/g{Cr}"
        and any(each.get("code") == "15074-8" for each in resource["code"]["coding"])
    ]

    assert wrong
    for answer in wrong:
        assert isinstance(answer, Refusal)
        assert answer.status == 422


def test_other_releases_are_400_by_the_element(
    answers: list[tuple[dict[str, Any], ParsedObservation | Refusal]],
) -> None:
    """FHIR-26."""
    stu3 = [answer for resource, answer in answers if "context" in resource]

    assert stu3
    for answer in stu3:
        assert isinstance(answer, Refusal)
        assert answer.status == 400


def test_most_vital_signs_are_scored_and_each_vital_is_met(
    answers: list[tuple[dict[str, Any], ParsedObservation | Refusal]],
) -> None:
    parsed = [answer for _, answer in answers if isinstance(answer, ParsedObservation)]
    read = Counter((one.vital, one.quality) for each in parsed for one in each.measurements)

    for vital in (Vital.SYSTOLIC_BP, Vital.HEART_RATE, Vital.SPO2, Vital.BODY_WEIGHT, Vital.BMI):
        assert read[vital, Q.SCORED] > 0
    assert read[Vital.DIASTOLIC_BP, Q.ABSENT] > 0
    assert sum(n for (_, q), n in read.items() if q is Q.SCORED) > sum(read.values()) * 0.8


def test_official_examples_read_the_same_in_r4_and_r4b(files: dict[str, bytes]) -> None:
    kinds = {"Observation", "Patient", "Condition", "Device", "CareTeam", "Practitioner"}
    official = {name: body for name, body in files.items() if "r4.examples" in name}

    assert official
    for name, body in official.items():
        resource = decode(body)
        assert isinstance(resource, dict), name
        if resource["resourceType"] in kinds:
            assert check(resource) == (), name


def test_the_synthetic_transactions_are_read_whole(reference_data: Path) -> None:
    bundles = sorted((reference_data / "synthea_elderly").glob("*.gz"))
    assert bundles
    for path in bundles[:5]:
        body = gzip.decompress(path.read_bytes())
        bundle = read_bundle(body)
        assert isinstance(bundle, Bundle), path.name
        ids = {each.full_url: f"{each.resource_type}/{each.index}" for each in bundle.entries}
        for entry in bundle.entries:
            assert entry.raw in body
            resource = decode(rewrite(entry.raw, ids))
            assert isinstance(resource, dict)
            assert check(resource) == ()
            assert not [ref for ref in unresolved(rewrite(entry.raw, ids)) if "urn:" in ref[:4]]
            if entry.resource_type == "Observation":
                assert isinstance(parse(rewrite(entry.raw, ids)), ParsedObservation)
