"""Messages to patients are Communications too, beside those to clinicians, and say nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from alerts.tables import Delivery
from core.vitals import Vital
from fhir.communication_request import MESSAGE
from fhir.strict import check, decode
from tests.app.fhir_api.test_written import found, ward
from tests.told import asked_again, messages_of, reachable

if TYPE_CHECKING:
    from core.database import Database
    from tests.ward import Ward

__all__ = ["ward"]  # the fixture


def test_a_message_to_a_patient_is_a_communication_without_content_fhir_25_sec_23(
    database: Database, ward: Ward
) -> None:
    patient, at = next(iter(ward.patients.values())), ward.now - timedelta(minutes=5)
    before = found(database, "Communication", ward)
    with database.transaction() as session:
        reachable(session, patient, now=at)
        asked_again(session, patient, Vital.SPO2, now=at)
        messages = messages_of(session, patient)
        message = next(each for each in messages if each.channel)
        message.opened_at = at + timedelta(minutes=1)
        asks = [f"CommunicationRequest/{each}" for each in message.asks]
        id_, new = str(message.id), {str(each.id) for each in messages}

    all_of_them = found(database, "Communication", ward, ("_count", "1"))
    [ours] = [each for each in all_of_them if each["id"] == id_]

    strict = decode(json.dumps(ours).encode())
    assert isinstance(strict, dict)
    assert check(strict) == ()
    assert {each["id"] for each in all_of_them} == {each["id"] for each in before} | new
    assert ours["status"] == "completed"
    assert ours["recipient"] == [{"reference": f"Patient/{patient}"}]
    assert [each["reference"] for each in ours["basedOn"]] == asks
    assert ours["payload"] == [{"contentString": MESSAGE}]
    assert [each["text"] for each in ours["note"]] == ["opened"]
    assert "SpO2" not in json.dumps(ours)


def test_what_waits_for_a_digest_is_read_as_well_al_17(database: Database, ward: Ward) -> None:
    known = [each["id"] for each in found(database, "Communication", ward)]
    with database.transaction() as session:
        mine = Delivery.id.in_(known)
        one = session.scalars(select(Delivery).where(mine)).first()
        assert one is not None
        id_, state = one.id, one.state
        session.execute(update(Delivery).where(Delivery.id == id_).values(state="in-digest"))
    try:
        told = found(database, "Communication", ward)
    finally:
        with database.transaction() as session:
            session.execute(update(Delivery).where(Delivery.id == id_).values(state=state))

    (waiting,) = [each for each in told if each["id"] == str(id_)]
    assert waiting["status"] == "preparation"
