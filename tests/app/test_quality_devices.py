"""Alerts are counted by the devices that measured what they rest on (UX-08)."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, insert, select

from alerts.tables import Alert, AlertFinding
from core.clock import utc_now
from core.ordered_ids import ordered_id
from core.vitals import Vital
from ingest.parcels.repository import pack
from ingest.tables import Client, Device, Resource, StoredReading
from reports.devices.repository import devices_behind
from tests.door import heart_rate
from tests.ward import open_ward

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from core.database import Database
    from tests.app.conftest import Enter
    from tests.ward import Ward

RULE = "BP-OF-DEVICES"
# What each alert rests on: (the model of its device, "" for an unknown one; which client sent it).
BEHIND: list[list[tuple[str, str]]] = [
    [("Acme BP-1", "hub")],
    [("Acme BP-1", "hub"), ("", "hub")],
    [("", "hub"), ("", "hub")],
    [],
]


@pytest.fixture(scope="module")
def ward(database: Database) -> Ward:
    """A ward with four alerts more, whose devices are known."""
    ward = open_ward(database)
    with database.transaction() as session:
        Filling(session, ward.patients["Han Sooja"], ward.now).alerts(BEHIND)
    return ward


class Filling:
    """Writes alerts together with the readings, devices and clients behind them."""

    def __init__(self, session: Session, patient: UUID, now: datetime) -> None:
        self.session, self.patient, self.now = session, patient, now
        body = json.dumps(heart_rate(f"Patient/{patient}")).encode()
        (self.kept,) = pack(session, [body], now=now)  # what each stands for when it is read
        self.clients: dict[str, UUID] = {}
        self.devices: dict[str, UUID] = {}
        self.count = 0

    def alerts(self, behind: Sequence[Sequence[tuple[str, str]]]) -> None:
        resources: list[dict[str, object]] = []
        readings: list[dict[str, object]] = []
        alerts: list[dict[str, object]] = []
        findings: list[dict[str, object]] = []
        for sources in behind:
            evidence = [self._read(model, client, resources, readings) for model, client in sources]
            alerts.append(self._alert())
            findings.append(self._finding(alerts[-1]["id"], evidence))
        for table, rows in (
            (Resource, resources),
            (StoredReading, readings),
            (Alert, alerts),
            (AlertFinding, findings),
        ):
            self.session.execute(insert(table), rows)

    def _read(
        self,
        model: str,
        client: str,
        resources: list[dict[str, object]],
        readings: list[dict[str, object]],
    ) -> list[object]:
        self.count += 1
        at = self.now - timedelta(days=2, seconds=self.count)
        id_ = ordered_id(self.now)
        common = {"patient_id": self.patient, "received_at": self.now, "effective": at}
        resources.append(
            {
                "id": id_,
                "client_id": self._client(client),
                "parcel_id": self.kept.parcel_id,
                **common,
                "start": self.kept.start,
                "length": self.kept.length,
                "version": 1,
                "type": "Observation",
                "status": "",
            }
        )
        readings.append(
            {
                "resource_id": id_,
                "resource_version": 1,
                "value": 170.0,
                **common,
                "vital": Vital.SYSTOLIC_BP.value,
                "quality": "scored",
                "precision": "instant",
                "device": self._device(model),
                "ordinal": 0,
            }
        )
        return [f"{id_}/1/{Vital.SYSTOLIC_BP}", Vital.SYSTOLIC_BP.value, 170.0, at.isoformat()]

    def _client(self, name: str) -> UUID:
        if name not in self.clients:
            row = Client(
                id=uuid4(), name=f"{name} {uuid4()}", jwks={}, scopes=[], created_at=self.now
            )
            self.session.add(row)
            self.session.flush()
            self.clients[name] = row.id
        return self.clients[name]

    def _device(self, model: str) -> str:
        if not model:
            return "urn:serial|17"  # what its sender calls a device that it never sent
        if model not in self.devices:
            row = Device(id=uuid4(), patient_id=self.patient, name=b"", model=model)
            self.session.add(row)
            self.session.flush()
            self.devices[model] = row.id
        return str(self.devices[model])

    def _alert(self) -> dict[str, object]:
        at = self.now - timedelta(days=1, seconds=self.count)
        return {
            "id": uuid4(),
            "patient_id": self.patient,
            "problem": "rhythm",
            "severity": "AMBER",
            "state": "resolved",
            "policy_hash": "",
            "policy": {},
            **dict.fromkeys(("started_at", "last_seen_at", "last_found_at", "opened_at"), at),
            "closed_at": at + timedelta(hours=1),
            "outcome": "true-actionable",
        }

    def _finding(self, alert: object, evidence: list[list[object]]) -> dict[str, object]:
        return {
            "id": uuid4(),
            "alert_id": alert,
            "assessment_id": uuid4(),
            "rule_id": RULE,
            "severity": "AMBER",
            "at": self.now,
            "seen_at": self.now,
            "says": None,
            "source": "",
            "confidence": "E",
            "value": 170.0,
            "evidence": evidence,
            "missing": [],
            "confirmed": True,
            "back_in_range": False,
        }


def rows_of(page: str) -> dict[str, list[str]]:
    part = page[page.index('id="by-device"') :]
    part = part[: part.index("</section>")]
    found = {}
    for row in re.findall(r"<tr>.*?</tr>", part, re.DOTALL)[1:]:
        cells = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)
        words = [" ".join(unescape(re.sub(r"<[^>]+>", " ", each)).split()) for each in cells]
        found[words[0].rpartition(" ")[0] if words[0].startswith("sent by") else words[0]] = words
    return found


def test_an_alert_is_counted_for_each_device_behind_it_ux_08(enter: Enter, ward: Ward) -> None:
    page = enter(ward.username).get("/quality?weeks=4").text

    rows = rows_of(page)

    assert rows["Acme BP-1"][1] == "2"
    assert rows["sent by hub"][1] == "2"
    assert rows["Acme BP-1"][6].startswith("100 %")
    assert "an alert whose readings come from several devices is counted for each" in page
    assert "no device named" in rows


def test_the_figure_of_a_device_leads_to_its_alerts(enter: Enter, ward: Ward) -> None:
    client = enter(ward.username)

    listed = client.get("/quality/alerts?weeks=4&by=device&key=Acme+BP-1")

    assert listed.status_code == 200
    assert listed.text.count("<tr><th scope") == 1 + 2
    assert "by device" in listed.text.lower()


def test_a_device_is_found_however_many_alerts_there_are_by_three_queries(
    session: Session, ward: Ward
) -> None:
    """UX-18: 10,000 alerts, each with two readings; `make bench ARGS="quality"` says how long."""
    patient, asked = ward.patients["Moon Taesik"], []
    span = {"since": ward.now - timedelta(days=20), "until": utc_now()}
    Filling(session, patient, ward.now).alerts([[("Acme", "hub"), ("Beta", "hub")]] * 10_000)
    mine = set(session.scalars(select(AlertFinding.alert_id).where(AlertFinding.rule_id == RULE)))
    engine = session.get_bind()

    def note(*given: object) -> None:
        asked.append(given[2])

    event.listen(engine, "before_cursor_execute", note)
    found = devices_behind(session, [patient], **span)
    event.remove(engine, "before_cursor_execute", note)

    both = [each for alert, each in found.items() if alert in mine]
    assert both.count(frozenset({"Acme", "Beta"})) == 10_000
    assert len(asked) == 3
