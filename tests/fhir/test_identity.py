from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir.identity import Identifier, Ref, read_identifiers, read_reference

FORMS: list[tuple[dict[str, Any] | None, Ref | None]] = [
    (None, None),
    ({}, None),
    ({"display": "somebody"}, None),
    ({"identifier": {"system": "urn:x"}}, None),
    ({"reference": "Patient/a"}, Ref("Patient", "a")),
    ({"reference": "Patient/a/_history/3"}, Ref("Patient", "a")),
    (
        {"reference": "http://e.example/r4/Patient/a"},
        Ref("Patient", "a", "http://e.example/r4/Patient/a"),
    ),
    ({"reference": "urn:uuid:1"}, Ref(url="urn:uuid:1")),
    ({"reference": "Patient?identifier=a|b"}, Ref("Patient", url="Patient?identifier=a|b")),
    ({"reference": "#c"}, Ref(id="c", contained=True)),
    ({"reference": "nonsense"}, Ref(url="nonsense")),
    (
        {"identifier": {"value": "9"}, "type": "Patient"},
        Ref("Patient", identifier=Identifier("", "9")),
    ),
]


@pytest.mark.parametrize(("reference", "expected"), FORMS)
def test_a_reference_is_read_as_received(
    reference: dict[str, Any] | None, expected: Ref | None
) -> None:
    assert read_reference(reference) == expected


def test_identifiers_without_a_value_are_left_out() -> None:
    resource = {"identifier": [{"system": "urn:x"}, {"value": "1"}, {"system": "s", "value": "2"}]}

    assert read_identifiers(resource) == (Identifier("", "1"), Identifier("s", "2"))


@given(st.text(max_size=80))
def test_no_reference_text_fails_or_is_lost(text: str) -> None:
    ref = read_reference({"reference": text})

    assert (ref is None) == (text == "")
    if ref and not ref.contained:
        assert ref.url == text or text.startswith(f"{ref.type}/{ref.id}")
