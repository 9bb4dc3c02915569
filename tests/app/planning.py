"""One person without a plan, and their plan's page in one browser."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import select

from core.clock import utc_now
from core.vitals import Quality
from ingest.tables import (
    CareTeamPatient,
    Patient,
    StoredReading,
)
from monitoring.plans.tables import PlanVersion

if TYPE_CHECKING:
    from fastapi.testclient import TestClient
    from httpx2 import Response

    from core.database import Database
    from tests.ward import Ward

WHO = "Kwon Yeonghui"  # weight rises, blood pressure near 131
VITAL = "systolic_bp"


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def hidden(page: str, action: str) -> dict[str, str]:
    form = page[page.index(f'action="{action}"') :]
    form = form[: form.index("</form>")]
    found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {name: unescape(value) for name, value in found}


class Sheet:
    """One person's plan in one browser."""

    def __init__(self, client: TestClient, patient: UUID, measure: str = VITAL) -> None:
        self.client, self.path = client, f"/patients/{patient}/plan"
        self.page = client.get(f"{self.path}?measure={measure}").text
        self.sent = hidden(self.page, f"{self.path}/preview") | {
            "reason": "lives above 140",
            "review_by": review(),
            "readings": "1",
            "within_minutes": "30",
        }

    def preview(self, **typed: str) -> Response:
        return self.client.post(f"{self.path}/preview", data=self.sent | typed)

    def save(self, page: str) -> Response:
        return self.client.post(self.path, data=hidden(page, self.path))


def review(days: int = 60) -> str:
    return (utc_now() + timedelta(days=days)).date().isoformat()


def versions(database: Database, patient: UUID) -> list[tuple[str, object]]:
    with database.transaction() as session:
        rows = session.scalars(
            select(PlanVersion)
            .where(PlanVersion.patient_id == patient)
            .order_by(PlanVersion.number)
        )
        return [(row.change, row.content.get("warn_high")) for row in rows]


def admitted(database: Database, ward: Ward) -> UUID:
    """Return a new person of the ward: systolic 150, 152, 158, 131 within 40 days."""
    who = uuid4()
    with database.transaction() as session:
        session.add(Patient(id=who, sex="female", zone="Asia/Seoul", created_at=ward.now))
        session.flush()
        session.add(CareTeamPatient(care_team_id=ward.team, patient_id=who))
        for ago, value in ((40, 150.0), (20, 152.0), (9, 158.0), (2, 131.0)):
            at = ward.now - timedelta(days=ago)
            session.add(
                StoredReading(
                    patient_id=who,
                    vital=VITAL,
                    value=value,
                    quality=Quality.SCORED,
                    effective=at,
                    received_at=at,
                    precision="instant",
                    device="cuff-1",
                    value_received=str(value),
                    unit_received="mm[Hg]",
                    resource_id=uuid4(),
                    resource_version=1,
                    history=False,
                )
            )
    return who
