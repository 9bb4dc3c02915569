from __future__ import annotations

import pytest

from ingest.negotiation import preferred, unacceptable, unreadable


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/fhir+json", None),
        ("application/fhir+json; charset=UTF-8", None),
        ("application/fhir+json; fhirVersion=4.0", None),
        ("application/fhir+json; fhirVersion=4.0.1", None),
        ("application/json", None),
        ("APPLICATION/FHIR+JSON", None),
        ("", 415),
        ("text/plain", 415),
        ("application/fhir+xml", 415),
        ("application/fhir+json; charset=latin-1", 415),
        ("application/fhir+json; fhirVersion=5.0", 415),
    ],
)
def test_a_body_is_read_by_its_media_type_fhir_10(content_type: str, status: int | None) -> None:
    answer = unreadable({"content-type": content_type})

    assert (answer.status if answer else None) == status


@pytest.mark.parametrize(
    ("accept", "format_", "status"),
    [
        ("", "", None),
        ("*/*", "", None),
        ("text/html, application/fhir+json;q=0.5", "", None),
        ("application/fhir+json; fhirVersion=4.0", "", None),
        ("application/fhir+json; fhirVersion=4.0.1; charset=utf-8", "", None),
        ("application/fhir+json; fhirVersion=3.0", "", 406),
        ("application/fhir+json;q=0", "", 406),
        ("application/fhir+json;q=0.0, */*;q=0.1", "", None),
        ("application/fhir+xml", "", 406),
        ("application/fhir+xml", "json", None),
        ("application/fhir+json", "xml", 406),
        ("", "application/fhir+json", None),
        ("", "application/fhir json", None),
    ],
)
def test_an_answer_is_given_in_json_or_not_at_all_fhir_10(
    accept: str, format_: str, status: int | None
) -> None:
    answer = unacceptable(accept, format_)

    assert (answer.status if answer else None) == status


@pytest.mark.parametrize(
    ("prefer", "wish"),
    [
        ("return=minimal", "minimal"),
        ("respond-async, return=representation", "representation"),
        ("return=OperationOutcome", "OperationOutcome"),
        ("return=everything", ""),
        ("", ""),
    ],
)
def test_an_unknown_preference_is_ignored_fhir_03(prefer: str, wish: str) -> None:
    assert preferred(prefer) == wish
