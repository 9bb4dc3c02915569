"""From the door to the finding: the arm that a gateway names is the arm that is compared."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

import monitoring.service
from ingest.repository import readings
from monitoring.repository import assessment
from tests.door import NOW
from tests.fhir.payloads import SNOMED, concept, half, pressure
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from core.database import Database
    from core.vitals import Reading

LEFT, RIGHT = concept((SNOMED, "368208006")), concept((SNOMED, "368209003"))
NOISE = (0, 3, -3, 1, -1)


def send(gateway: Any, who: str, back: int, value: float, site: dict[str, Any] | None) -> None:
    at = NOW - timedelta(days=back, hours=2)
    body = pressure(
        half("8480-6", value + NOISE[back % 5]),
        half("8462-4", 70 + NOISE[back % 5]),
        subject={"reference": f"Patient/{who}"},
        effectiveDateTime=at.isoformat(),
        bodySite=site,
    )
    gateway.create(body)


def stored(database: Database, who: str) -> list[Reading]:
    with database.transaction() as session:
        return readings(session, UUID(who), since=NOW - timedelta(days=60))


def drifts(database: Database, who: str) -> set[str]:
    with database.transaction() as session:
        found = monitoring.service.assess(
            session, UUID(who), now=NOW, rulebook=RULEBOOK, model=None
        )
        told = {each.rule_id for each in assessment(session, found).findings}
    return told & {"PB-Z", "PB-EWMA", "PB-CUSUM"}


@pytest.mark.parametrize(("named", "expected"), [(True, set()), (False, {"PB-Z", "PB-CUSUM"})])
def test_three_days_at_the_other_arm_are_no_drift(
    gateway: Any,
    build: Any,
    database: Database,
    named: bool,  # noqa: FBT001 (a parameter of the test)
    expected: set[str],
) -> None:
    who = gateway.create(build.patient())
    for back in range(32, -1, -1):
        other = back < 3
        site = (RIGHT if other else LEFT) if named else None
        send(gateway, who, back, 152.0 if other else 130.0, site)

    assert expected <= drifts(database, who)
    assert expected or not drifts(database, who)
    assert {r.site for r in stored(database, who)} == ({"left-arm", "right-arm"} if named else {""})


def test_a_correction_of_the_arm_is_stored(gateway: Any, build: Any, database: Database) -> None:
    who = gateway.create(build.patient())
    body = pressure(
        half("8480-6", 132),
        half("8462-4", 81),
        subject={"reference": f"Patient/{who}"},
        effectiveDateTime=(NOW - timedelta(hours=1)).isoformat(),
        identifier=[{"system": "urn:gateway", "value": "arm"}],
        bodySite=LEFT,
    )
    gateway.create(body)

    gateway.post(body | {"bodySite": RIGHT, "status": "corrected"})

    assert {r.site for r in stored(database, who)} == {"right-arm"}
