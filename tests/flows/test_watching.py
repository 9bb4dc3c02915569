"""The synthetic reading goes the real way through real processes, and nobody sees it (REL-33)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from sqlalchemy import select

from alerts.tables import Alert, Delivery
from app.commands.tokens import fetch_token
from app.watching import rounds
from core.security import SYSTEM
from ingest.repository import visible_to
from ingest.synthetic.repository import synthetic_people
from tests.running_system import System, until

if TYPE_CHECKING:
    from app.watching.tables import Round

pytestmark = pytest.mark.processes
KINDS = ("Patient", "Observation", "DetectedIssue", "RiskAssessment", "Task", "Communication")


def completed(system: System) -> Round | None:
    with system.database.transaction() as session:
        return rounds.last_completed(session)


def test_the_synthetic_reading_comes_through_by_the_real_door_and_nobody_sees_it_rel_33(
    system: System,
) -> None:
    came = until(lambda: completed(system), within=60, what="a round comes through")

    assert came.accepted_at is not None
    with system.database.transaction() as session:
        hers = set(session.scalars(synthetic_people()))
        alerts = session.scalars(select(Alert).where(Alert.patient_id.in_(hers))).all()
        sent = select(Delivery).where(Delivery.alert_id.in_([each.id for each in alerts]))
        deliveries = session.scalars(sent).all()
        assert not hers & set(session.scalars(visible_to(SYSTEM)))
    assert {each.severity for each in alerts} >= {"RED"}
    assert {each.recipient for each in deliveries} == {"watcher"}
    assert {each.channel for each in deliveries} <= {"test", "inbox"}

    gateway = system.gateway("looks-for-her")
    token = fetch_token(gateway.key, base_url=system.base_url)
    with httpx.Client(base_url=f"{system.base_url}/fhir", timeout=20) as http:
        http.headers = {"Authorization": f"Bearer {token}"}
        for kind in KINDS:
            found = http.get(f"/{kind}?_count=200")
            assert found.status_code == 200
            assert not [each for each in hers if str(each) in found.text]
        person = next(iter(hers))
        assert http.get(f"/Patient/{person}").status_code == 404
        assert http.get(f"/DetectedIssue/{alerts[0].id}").status_code == 404
