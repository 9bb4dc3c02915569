"""Where on the body something was measured: by its code, never by a text."""

from __future__ import annotations

from typing import Any

import pytest

from fhir.fast import fast
from fhir.measurement import ParsedObservation
from fhir.observation import parse_fully
from tests.fhir.payloads import LOINC, SNOMED, concept, half, observation, pressure, quantity, raw

LEFT, RIGHT = (SNOMED, "368208006"), (SNOMED, "368209003")


def sites(resource: dict[str, Any]) -> set[str]:
    """Return what the full path reads, and the short cut where it takes the bytes."""
    found = [parse_fully(raw(resource)), fast(raw(resource))]
    return {each.site for each in found if isinstance(each, ParsedObservation)}


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        (concept(LEFT), "left-arm"),
        (concept((SNOMED, "72098002")), "left-arm"),
        (concept(RIGHT) | {"text": "Right arm"}, "right-arm"),
        (concept(("urn:ours", "arm-2"), RIGHT), "right-arm"),
        (concept((SNOMED, "5951000")), "left-wrist"),
        (concept(("urn:ours", "arm-2")), "urn:ours|arm-2"),
        (concept((SNOMED, "61685007")), "http://snomed.info/sct|61685007"),
        ({"text": "left arm"}, ""),
    ],
)
def test_the_site_of_a_pressure_is_its_code(site: dict[str, Any], expected: str) -> None:
    resource = pressure(half("8480-6", 132), half("8462-4", 81), bodySite=site)

    assert sites(resource) == {expected}


def test_the_short_cut_takes_what_says_its_site() -> None:
    resource = pressure(half("8480-6", 132), half("8462-4", 81), bodySite=concept(LEFT))

    assert fast(raw(resource)) == parse_fully(raw(resource))
    assert fast(raw(resource)) is not None
    twice = raw(resource).replace(b'"bodySite":', b'"bodySite": {"text": "x"}, "bodySite":')
    assert fast(twice) is None


@pytest.mark.parametrize(
    ("code", "site", "expected"),
    [
        ("8310-5", None, ""),
        ("8331-1", None, "mouth"),
        ("8333-7", None, "ear"),
        ("8328-7", None, "armpit"),
        ("75539-7", None, "temple"),
        ("8310-5", concept((SNOMED, "42859004")), "ear"),
        ("8310-5", concept((SNOMED, "91470000")), "armpit"),
        ("8333-7", concept((SNOMED, "74262004")), "mouth"),  # said of this one reading
    ],
)
def test_a_code_of_temperature_says_where_unless_the_reading_does(
    code: str, site: dict[str, Any] | None, expected: str
) -> None:
    resource = observation(code, valueQuantity=quantity(36.8, "Cel"), bodySite=site)

    assert sites(resource) == {expected}


def test_a_long_code_is_cut_and_no_coding_is_no_site() -> None:
    long = concept(("urn:x", "y" * 300))

    assert {len(each) for each in sites(observation(bodySite=long))} == {128}
    assert sites(observation(code=concept((LOINC, "8867-4")))) == {""}
