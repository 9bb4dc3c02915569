"""From the door to the finding: pounds of a new person are for support, not for the physician."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

import monitoring.service
from core.vitals import Severity
from monitoring.repository import assessment
from tests.door import NOW
from tests.fhir.payloads import observation, quantity
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from core.database import Database

ACTIVE = "http://terminology.hl7.org/CodeSystem/condition-clinical"


def weigh(gateway: Any, who: str, value: float, back: timedelta) -> None:
    body = observation(
        "29463-7",
        subject={"reference": f"Patient/{who}"},
        effectiveDateTime=(NOW - back).isoformat(),
        valueQuantity=quantity(value, "kg"),
    )
    gateway.create(body)


def heart_failure(who: str) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"system": ACTIVE, "code": "active"}]},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "I50.9"}]},
        "subject": {"reference": f"Patient/{who}"},
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [(176.4, {"DQ-UNIT"}), (83.0, {"HF-W3"}), (96.0, {"HF-W3"})],
)
def test_four_days_after_enrolment(
    gateway: Any, build: Any, database: Database, value: float, expected: set[str]
) -> None:
    who = gateway.create(build.patient())
    gateway.create(heart_failure(who))
    for day in range(4, 0, -1):
        weigh(gateway, who, 80.0, timedelta(days=day, hours=2))
    weigh(gateway, who, value, timedelta(hours=2))

    with database.transaction() as session:
        id_ = monitoring.service.assess(session, UUID(who), now=NOW, rulebook=RULEBOOK, model=None)
        found = assessment(session, id_).findings

    assert expected <= {each.rule_id for each in found}
    physician = [f for f in found if f.severity in (Severity.RED, Severity.AMBER)]
    assert bool(physician) is ("HF-W3" in expected)
    assert all(f.confirmed is (value == 83.0) for f in physician)
