"""What a person is asked to measure again reaches an application in which they are signed in."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from core.vitals import Vital
from fhir.communication_request import MESSAGE
from fhir.strict import check, decode
from monitoring.asking.repository import ask, asked
from monitoring.findings import Ask
from tests.app.fhir_api.test_written import found, ward

if TYPE_CHECKING:
    from core.database import Database
    from tests.ward import Ward

__all__ = ["ward"]  # the fixture
TIP = "Please warm your hand, take off nail polish, keep still for a minute and measure again."


def test_an_asking_is_a_communication_request_that_says_only_that_there_is_a_message(
    database: Database, ward: Ward
) -> None:
    """AL-20, SEC-23: the payload holds no value, no name and no measure."""
    patient = next(iter(ward.patients.values()))
    taken = ward.now - timedelta(minutes=1)
    one = Ask(Vital.SPO2, "r1", "SPO2-CRIT", taken, ward.now + timedelta(minutes=14), True, TIP)
    old = Ask(Vital.FEV1, "r2", "COPD-FEV1", taken - timedelta(hours=2), taken, False, "Sit down.")
    with database.transaction() as session:
        ask(session, patient, [old], now=old.taken)
        for _ in range(2):  # once is enough
            ask(session, patient, [one], now=ward.now)
        mine = [each.taken for each in asked(session, patient, since=old.taken)]
        assert [mine.count(one.taken), mine.count(old.taken)] == [1, 1]

    requests = found(database, "CommunicationRequest", ward, ("status", "active"))
    [active] = [r for r in requests if r["occurrencePeriod"]["end"] == one.until.isoformat()]

    strict = decode(json.dumps(active).encode())
    assert isinstance(strict, dict)
    assert check(strict) == ()
    assert active["payload"] == [{"contentString": MESSAGE}]
    assert active["recipient"] == [{"reference": f"Patient/{patient}"}]
    assert active["priority"] == "stat"
    assert active["reasonCode"][0]["text"] == TIP
    gone = found(database, "CommunicationRequest", ward, ("status", "revoked"))
    [missed] = [r for r in gone if r["reasonCode"][0]["text"] == "Sit down."]
    assert missed["statusReason"]["text"] == "not repeated in time"
