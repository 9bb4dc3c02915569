"""JSON and FHIR that are valid and that nobody sends: read or refused, never a failure (SEC-33)."""

from __future__ import annotations

from typing import Any

import pytest

from fhir.bundle import read_bundle
from fhir.observation import parse
from fhir.outcome import Refusal
from fhir.questionnaire import DAILY
from fhir.questionnaire_response import parse_answers
from fhir.strict import decode
from tests.fhir.payloads import observation, raw

UNKNOWN = {"extension": [{"url": "https://maker.example/why", "valueCode": "unknown"}]}
ANSWERS: dict[str, Any] = {
    "resourceType": "QuestionnaireResponse",
    "status": "completed",
    "questionnaire": DAILY,
    "subject": {"reference": "Patient/p1"},
    "authored": "2026-03-02T08:00:00Z",
}


def without(resource: dict[str, Any], name: str) -> dict[str, Any]:
    rest = {key: value for key, value in resource.items() if key != name}
    return rest | {f"_{name}": UNKNOWN}


@pytest.mark.parametrize("number", ["1e1000000", "1e9999999999999999999999", "-1e-1000000"])
def test_a_number_of_any_exponent_is_out_of_bounds_sec_33(number: str) -> None:
    answer = decode(f'{{"a": {number}}}'.encode())

    assert isinstance(answer, Refusal)
    assert (answer.status, answer.issues[0].text) == (400, "a number is out of bounds")


@pytest.mark.parametrize(
    ("reader", "body", "path"),
    [
        (parse, without(observation(), "status"), "Observation.status"),
        (parse_answers, without(ANSWERS, "status"), "QuestionnaireResponse.status"),
        (
            parse_answers,
            ANSWERS | {"item": [{"_linkId": UNKNOWN}]},
            "QuestionnaireResponse.item[0].linkId",
        ),
        (read_bundle, {"resourceType": "Bundle", "_type": UNKNOWN}, "Bundle.type"),
    ],
)
def test_an_extension_does_not_stand_in_for_what_is_required_fhir_08(
    reader: Any, body: dict[str, Any], path: str
) -> None:
    answer = reader(raw(body))

    assert isinstance(answer, Refusal)
    assert answer.status == 400
    assert [(each.code, each.expression) for each in answer.issues] == [("required", path)]


def test_a_profile_that_is_only_an_extension_is_passed_over() -> None:
    read = parse(raw(observation(meta={"profile": [None], "_profile": [UNKNOWN]})))

    assert not isinstance(read, Refusal)
    assert len(read.measurements) == 1


@pytest.mark.parametrize("name", ["code", "subject"])
def test_what_is_nested_too_deep_is_refused_sec_32(name: str) -> None:
    body = raw(observation(**{name: "@"})).replace(b'"@"', b"[" * 1100 + b"]" * 1100)

    answer = parse(body)

    assert isinstance(answer, Refusal)
    assert answer.status == 400
