"""The rotas of the demo have no hole, at whatever hour it is started."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from alerts.oncall.service import overview
from alerts.service import load_policy
from core.security import SYSTEM
from ingest.repository import care_teams
from ingest.tables import CareTeam
from lab import turns
from tests.ward import open_ward

if TYPE_CHECKING:
    from core.database import Database

SEOUL = "Asia/Seoul"


@pytest.mark.parametrize("hour", [1, 9, 20])  # in the night before, by day, in the night after
def test_somebody_is_on_call_at_every_hour_from_the_start_on(
    database: Database, monkeypatch: pytest.MonkeyPatch, hour: int
) -> None:
    ward = open_ward(database)
    with database.transaction() as session:
        session.add(CareTeam(id=uuid4(), name="Nobody yet"))
    start = datetime(2027, 3, 10, hour, tzinfo=ZoneInfo(SEOUL)).astimezone(UTC)
    monkeypatch.setattr(turns, "utc_now", lambda: start)
    turns.keep_rotas(database, ZoneInfo(SEOUL))

    with database.transaction() as session:
        team = next(each for each in care_teams(session, SYSTEM) if each.id == ward.team)
        policy = load_policy(zone=SEOUL)
        seen = overview(session, team, policy, start=start, end=start + timedelta(days=8))

    assert all(turn.who for turn in seen.turns)
    assert {len(turn.who) for turn in seen.turns} == {1}
    assert not [each for each in seen.warnings if "on call" in each.id]
