"""A small world of one team, of which every day and minute was counted by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from core.security import SYSTEM
from core.vitals import Precision, Quality, Vital
from ingest.tables import CareTeam, StoredReading
from tests.people import called
from tests.stays import join

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

SEOUL, CHICAGO = "Asia/Seoul", "America/Chicago"
NOW = datetime(2026, 11, 28, 3, tzinfo=UTC)  # noon in Seoul, 21:00 of the 27th in Chicago
__all__ = ["CHICAGO", "NOW", "SEOUL", "SYSTEM", "World"]


@dataclass(slots=True)
class World:
    """A team, and whom it looks after."""

    session: Session
    team: UUID = field(default_factory=uuid4)

    def __post_init__(self) -> None:
        self.session.add(CareTeam(id=self.team, name="Riverside"))
        self.session.flush()

    def admit(self, zone: str = SEOUL, *, name: str = "Oh Malsun", team: bool = True) -> UUID:
        patient = called(self.session, uuid4(), name, created=NOW - timedelta(days=90))
        patient.zone = zone
        self.session.add(patient)
        self.session.flush()
        if team:
            join(self.session, self.team, patient.id, since=patient.created_at)
        self.session.flush()
        return patient.id

    def send(self, patient: UUID, at: datetime, **said: object) -> StoredReading:
        """Store one reading as a device would have sent it."""
        values: dict[str, object] = {
            "vital": Vital.SPO2,
            "value": 95.0,
            "quality": Quality.SCORED,
            "received_at": at + timedelta(minutes=1),
            "precision": Precision.INSTANT,
            "device": "oximeter-1",
            "resource_id": uuid4(),
            "resource_version": 1,
        }
        row = StoredReading(patient_id=patient, effective=at, **(values | said))
        self.session.add(row)
        self.session.flush()
        return row

    def send_days(self, patient: UUID, first: date, count: int, zone: str = SEOUL) -> None:
        """Let a device send at eight in the morning of some days."""
        for ago in range(count):
            day = first + timedelta(days=ago)
            at = datetime(day.year, day.month, day.day, 8, tzinfo=ZoneInfo(zone))
            self.send(patient, at.astimezone(UTC))
