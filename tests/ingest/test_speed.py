"""How long the door takes for a full Bundle."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest

PEOPLE = 20
MOST_SECONDS = 2.0


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_a_bundle_of_1000_readings_takes_under_two_seconds(
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
            for n in range(1000)
        ),
    )

    took = []
    for expected in ("201 Created", "200 OK"):
        started = time.perf_counter()
        answer = gateway.post(posted)
        took.append(time.perf_counter() - started)
        statuses = {each["response"]["status"] for each in answer.json()["entry"]}
        assert statuses == {expected}

    assert max(took) < MOST_SECONDS
