from __future__ import annotations

import pytest

from ingest.criteria import conditional_references, read_criteria
from ingest.receipt import Name


@pytest.mark.parametrize(
    ("criteria", "name"),
    [
        ("identifier=urn:a|1", Name("Patient", "urn:a", "1")),
        ("identifier=http%3A%2F%2Fx%7C1", Name("Patient", "http://x", "1")),
        ("Patient?identifier=urn:a|1", Name("Patient", "urn:a", "1")),
        ("identifier=1", None),
        ("identifier=|1", None),
        ("identifier=urn:a|", None),
        ("identifier=urn:a|1&active=true", None),
        ("identifier=urn:a|1&identifier=urn:a|2", None),
        ("name=x", None),
        ("", None),
    ],
)
def test_only_one_identifier_with_its_system_is_understood_fhir_04(
    criteria: str, name: Name | None
) -> None:
    assert read_criteria("Patient", criteria) == name


def test_conditional_references_are_found_and_others_left_alone() -> None:
    body = (
        b'{"subject":{"reference":"Patient?identifier=urn:a|1"},'
        b'"performer":[{"reference":"Organization?identifier=urn:o|1"},'
        b'{"reference":"Practitioner/1"}]}'
    )

    assert conditional_references([body]) == {
        "Patient?identifier=urn:a|1": Name("Patient", "urn:a", "1")
    }
