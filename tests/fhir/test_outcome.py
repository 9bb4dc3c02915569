from __future__ import annotations

import pytest

from fhir.outcome import Issue, operation_outcome, refusal, shown
from fhir.strict import check


def test_issues_become_an_operation_outcome_fhir_08() -> None:
    issues = [
        Issue("error", "required", "the patient is needed", "Observation.subject"),
        Issue("warning", "business-rule", ""),
    ]

    outcome = operation_outcome(issues)

    assert check(outcome) == ()
    assert outcome["issue"] == [
        {
            "severity": "error",
            "code": "required",
            "diagnostics": "the patient is needed",
            "expression": ["Observation.subject"],
        },
        {"severity": "warning", "code": "business-rule"},
    ]


def test_an_outcome_without_issues_says_that_all_is_well_fhir_08() -> None:
    outcome = operation_outcome([])

    assert check(outcome) == ()
    assert outcome["issue"][0]["severity"] == "information"


def test_a_refusal_is_one_error() -> None:
    assert refusal(422, "value", "x", "a").issues == (Issue("error", "value", "x", "a"),)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Observation.component[0].valueQuantity.code", None),
        ("Patient._birthDate", None),
        ("Attachment.valueBase64Binary", None),
        ("Observation.Ann Example.code", "Observation"),
        ("Observation.note[0].a@b.c", "Observation.note[0]"),
        ("Observation.", "Observation"),
    ],
)
def test_a_path_ends_before_the_first_step_that_is_no_name_fhir_08(
    path: str, expected: str | None
) -> None:
    assert shown(path) == (path if expected is None else expected)
