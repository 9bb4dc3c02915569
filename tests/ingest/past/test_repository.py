from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from ingest.past.repository import ever_stood
from tests.door import NOW

if TYPE_CHECKING:
    from core.database import Database


def test_a_corrected_value_stood_until_its_correction_arrived_rel_23(
    gateway: Any, build: Any, database: Database, clock: Any
) -> None:
    who, name = gateway.create(build.patient()), [{"system": "urn:d", "value": str(uuid4())}]
    at = {"effectiveDateTime": (NOW - timedelta(hours=1)).isoformat(), "identifier": name}
    gateway.post(build.heart_rate(f"Patient/{who}", value=172, **at))
    clock.now = NOW + timedelta(hours=2)
    corrected = build.heart_rate(f"Patient/{who}", value=72, status="corrected", **at)
    assert gateway.post(corrected).status_code == 200

    with database.transaction() as session:
        stood = ever_stood(session, UUID(who), since=NOW - timedelta(days=1))

    assert sorted((r.value, until) for r, until in stood) == [
        (72.0, None),
        (172.0, NOW + timedelta(hours=2)),
    ]


def test_a_retracted_value_stood_until_it_was_taken_back_rel_23(
    gateway: Any, build: Any, database: Database, clock: Any
) -> None:
    who, name = gateway.create(build.patient()), [{"system": "urn:d", "value": str(uuid4())}]
    at = {"effectiveDateTime": (NOW - timedelta(hours=1)).isoformat(), "identifier": name}
    gateway.post(build.heart_rate(f"Patient/{who}", value=172, **at))
    clock.now = NOW + timedelta(minutes=5)
    gateway.post(build.heart_rate(f"Patient/{who}", status="entered-in-error", **at))

    with database.transaction() as session:
        stood = ever_stood(session, UUID(who), since=NOW - timedelta(days=1))

    assert [(r.value, until) for r, until in stood] == [(172.0, NOW + timedelta(minutes=5))]
