from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from core.clock import utc_now
from core.errors import NotFoundError
from core.security import SYSTEM, Caller, Role
from reports.service import team_week
from reports.week import Week
from tests.ward import Ward, open_ward

if TYPE_CHECKING:
    from core.database import Database


@pytest.fixture(scope="module")
def ward(database: Database) -> Ward:
    """A ward on a Wednesday: on a Monday morning its alerts would be of the week before."""
    now = utc_now()
    days = (now.weekday() - 2) % 7
    return open_ward(database, now=now.replace(hour=12, minute=0) - timedelta(days=days or 7))


def test_a_report_reads_the_alerts_and_readings_of_its_team_alone(
    database: Database, ward: Ward
) -> None:
    week = Week.of(ward.now, zone=UTC)

    with database.transaction() as session:
        found = team_week(session, SYSTEM, ward.team, week, now=ward.now)

    assert "Yun Hidden" not in found.names.values()
    assert found.report.patients == 7
    assert {found.names[c.patient_id] for c in found.report.worse} >= {"Oh Malsun", "Baek Jonggil"}
    assert [found.names[who] for who in found.report.silent] == ["Jung Dahye"]
    assert found.report.opened >= 5


def test_the_week_before_had_readings_and_no_alerts(database: Database, ward: Ward) -> None:
    week = Week.of(ward.now, zone=UTC).shifted(-1)

    with database.transaction() as session:
        found = team_week(session, SYSTEM, ward.team, week, now=ward.now)

    days = {found.names[a.patient_id]: a.days for a in found.report.adherence}
    assert days["Han Sooja"] == 7
    assert found.report.possible_days == 7
    assert found.report.opened <= 1


@pytest.mark.parametrize("weeks", [0, 1])
def test_no_report_of_another_team_or_of_the_future(
    database: Database, ward: Ward, weeks: int
) -> None:
    """SEC-11, SEC-12."""
    stranger = Caller("user", uuid4(), Role.PHYSICIAN, uuid4())
    caller = SYSTEM if weeks else stranger
    week = Week.of(ward.now + timedelta(weeks=weeks), zone=UTC)

    with database.transaction() as session, pytest.raises(NotFoundError):
        team_week(session, caller, ward.team, week, now=ward.now)
