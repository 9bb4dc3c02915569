"""A RED reaches the patient by real processes, and their answer comes back as a reading (AL-20)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from core.clock import utc_now
from core.signing import secret_from
from ingest.contacts.service import PAGE_CLIENT
from ingest.numbers.repository import called
from ingest.tables import Resource, StoredReading
from lab.gateway import Tally
from tests.invented import enrolment, observation, ordinary
from tests.provider import provider
from tests.running_system import System, running_system, until
from tests.told import OWN, telephones

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

pytestmark = [pytest.mark.processes, pytest.mark.faults]
NAME, MRN = "Canarysmith", "canary-4712"


def typed(system: System, patient: UUID) -> list[float | None]:
    mine = (StoredReading.patient_id == patient, Resource.client_id == PAGE_CLIENT)
    query = select(StoredReading.value).join(Resource, Resource.id == StoredReading.resource_id)
    with system.database.transaction() as session:
        return list(session.scalars(query.where(*mine)))


def with_telephone(bundle: dict[str, Any]) -> dict[str, Any]:
    for entry in bundle["entry"]:
        if entry["resource"]["resourceType"] == "Patient":
            entry["resource"] |= {k: v for k, v in telephones().items() if v}
    return bundle


def test_a_red_reaches_the_patient_who_measures_again_and_answers_sec_20_sec_23(
    tmp_path: Path,
) -> None:
    with (
        provider() as sms,
        running_system(
            tmp_path,
            WARDLIGHT_ENVIRONMENT="demo",
            WARDLIGHT_OUTBOUND_LOOPBACK="true",
            WARDLIGHT_SMS_GATEWAY_URL=sms.url,
            WARDLIGHT_SMS_GATEWAY_SECRET=secret_from(b"k" * 32),
        ) as system,
    ):
        gateway, tally = system.gateway("reached"), Tally()
        gateway.post(with_telephone(enrolment(MRN, name=NAME, email="rho@clinic.example")), tally)
        gateway.post(ordinary(MRN, days=20, until=utc_now()), tally)
        gateway.post(observation(MRN, "spo2", 86, utc_now()), tally)
        assert tally.refused == 0, tally.reasons
        with system.database.transaction() as session:
            [patient] = called(session, None, MRN)
        came = until(lambda: list(sms.came), within=60, what="a text message")
        path = str(came[0].said["text"]).rpartition("/m/")[2]
        reader = system.browser()
        front = reader.get(f"/m/{path}")
        page = reader.submit(front, f"/m/{path}")
        thanks = reader.submit(page, "/m", spo2="97")
        until(lambda: typed(system, patient), within=20, what="the answer is a reading")
        log = system.log.read_text()

    assert came[0].said["to"] == OWN
    assert "oxygen" in page.text
    assert "Thank you. Your answer has arrived." in thanks.text
    for canary in (NAME, MRN, OWN, path):
        assert canary not in log
        assert canary == path or canary.encode() not in came[0].body.replace(OWN.encode(), b"")
