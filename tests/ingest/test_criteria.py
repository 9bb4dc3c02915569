from __future__ import annotations

import pytest

from ingest.archive.repository import asked_for
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
        ("identifier=urn:a|1,urn:a|2", None),
        ("identifier=urn:a|1,2", None),
        (r"identifier=urn:a|1\,2", Name("Patient", "urn:a", "1,2")),
        ("name=x", None),
        ("", None),
    ],
)
def test_only_one_identifier_with_its_system_is_understood_fhir_04(
    criteria: str, name: Name | None
) -> None:
    assert asked_for("Patient", criteria) == name
