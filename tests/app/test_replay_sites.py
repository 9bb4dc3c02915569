"""A replayed folder compares one arm with the same arm, as the door does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from app.replay_folder import read
from app.replay_past import past_of
from ingest.repository import condition_groups
from tests.app.test_replay import START, observation, patient, run, write

if TYPE_CHECKING:
    from pathlib import Path

    from tests.app.test_replay import Resource

SNOMED = "http://snomed.info/sct"


def finger(code: str) -> dict[str, object]:
    return {"bodySite": {"coding": [{"system": SNOMED, "code": code}]}}


def saturations(other: str) -> list[Resource]:
    """Thirty mornings at one finger at 99 %, then three at another at 95 %."""
    return [
        patient("anna"),
        *(
            observation(
                "anna",
                "59408-5",
                99 if day < 30 else 95,
                START + timedelta(days=day),
                **finger("7569003" if day < 30 else other),
            )
            for day in range(33)
        ),
    ]


@pytest.mark.parametrize(("other", "told"), [("7569003", True), ("83738005", False)])
def test_a_folder_is_compared_by_site(tmp_path: Path, other: str, *, told: bool) -> None:
    issues, _ = run(tmp_path, saturations(other))

    assert bool(issues) is told


def test_what_a_folder_says_of_the_site_reaches_the_readings(tmp_path: Path) -> None:
    write(tmp_path, saturations("83738005"))

    past = past_of(read(tmp_path).members["anna"], condition_groups())

    assert {version.reading.site for version in past.versions} == {
        "finger",
        f"{SNOMED}|83738005",
    }
