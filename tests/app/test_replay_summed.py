"""A replayed folder that was handed out whole counts summed movements as the system does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from app.replay_folder import read
from app.replay_past import past_of
from fhir.summed import MOST, SUMMED
from ingest.repository import condition_groups
from tests.app.test_replay import START, patient, write
from tests.ingest.summing.test_again import moved

if TYPE_CHECKING:
    from pathlib import Path


def counting(minute: int, count: int) -> dict[str, Any]:
    at = (START + timedelta(minutes=minute)).isoformat()
    said = [{"url": SUMMED, "valuePositiveInt": count}]
    return moved("Patient/anna", 0) | {"effectiveDateTime": at, "extension": said}


def test_a_folder_counts_summed_movements_and_refuses_what_cannot_be_sec_48(
    tmp_path: Path,
) -> None:
    """SEC-48: what is kept by the hour is judged the same, also once it was exported."""
    write(tmp_path, [patient("anna"), counting(0, 1), counting(30, 7), counting(40, MOST + 1)])

    folder = read(tmp_path)
    past = past_of(folder.members["anna"], condition_groups())

    assert [version.reading.stands_for for version in past.versions] == [1, 7]
    assert folder.refused == {"Observation: counts for a number that cannot be": 1}
