"""The list of erasures: what waits for somebody is never pushed out of it (SEC-44)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from app.erasure import service
from app.erasure.states import Ground
from core.security import SYSTEM
from ingest.tables import Patient

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_what_waits_is_listed_before_all_that_is_over_sec_44(session: Session) -> None:
    asked = []
    for days in range(4):
        who, at = uuid4(), NOW + timedelta(days=days)
        session.add(Patient(id=who, created_at=NOW))
        session.flush()
        asked.append(service.ask(session, SYSTEM, who, Ground.CONSENT, now=at))
    for each in asked[2:]:
        service.withdraw(session, SYSTEM, each, now=NOW + timedelta(days=5))

    listed = [each.id for each in service.erasures(session, most=3)]

    assert listed == [asked[1], asked[0], asked[3]]
