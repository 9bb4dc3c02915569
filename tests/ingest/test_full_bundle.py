"""A Bundle as large as the door takes; how fast that goes is measured by `make bench`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fhir.bundle import MOST_ENTRIES

PEOPLE = 20


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_every_reading_of_a_full_bundle_is_stored_once(
    gateway: Any, build: Any, clock: Any, kind: str
) -> None:
    people = [gateway.create(build.patient()) for _ in range(PEOPLE)]
    posted = build.bundle(
        kind,
        *(
            build.heart_rate(
                f"Patient/{people[n % PEOPLE]}",
                60 + n % 40,
                effectiveDateTime=(clock() - timedelta(minutes=n)).isoformat(),
                identifier=[{"system": "urn:device", "value": f"{people[0]}-{n}"}],
            )
            for n in range(MOST_ENTRIES)
        ),
    )

    first, again = (
        [each["response"] for each in gateway.post(posted).json()["entry"]] for _ in range(2)
    )

    assert {each["status"] for each in first} == {"201 Created"}
    assert {each["status"] for each in again} == {"200 OK"}
    assert len({each["location"] for each in first}) == MOST_ENTRIES
    assert [each["location"] for each in again] == [each["location"] for each in first]
