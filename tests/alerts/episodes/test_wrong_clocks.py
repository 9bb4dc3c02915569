"""A device whose clock is wrong is shown to the support lane and pages nobody (REL-21, FT-20)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts.tables import Alert, Delivery
from tests.alerts.episodes.test_through_the_door import Home, home

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

__all__ = ["home"]  # the fixture


def alerts(home: Home) -> list[tuple[str, str]]:
    query = select(Alert.problem, Alert.severity).where(Alert.patient_id == home.patient)
    return [(row[0], row[1]) for row in home.session.execute(query)]


def channels(session: Session, home: Home) -> set[str]:
    query = select(Delivery.channel).join(Alert, Alert.id == Delivery.alert_id)
    return set(session.scalars(query.where(Alert.patient_id == home.patient)))


@pytest.mark.parametrize(
    "ahead", [timedelta(minutes=6), timedelta(days=2), timedelta(days=3650)], ids=str
)
def test_a_critical_value_from_the_future_is_a_matter_for_support_rel_21(
    home: Home, session: Session, now: datetime, ahead: timedelta
) -> None:
    assert home.post(172, now + ahead, now=now) == 201

    assert alerts(home) == [("device", "DQ")]
    assert channels(session, home) <= {"inbox"}


@pytest.mark.parametrize("year", [1970, 2000])
def test_a_critical_value_of_long_ago_opens_nothing_rel_21(
    home: Home, session: Session, now: datetime, year: int
) -> None:
    assert home.post(172, datetime(year, 1, 1, tzinfo=UTC), now=now) == 201

    assert alerts(home) == []
    assert channels(session, home) == set()


def test_a_clock_three_hours_behind_is_believed_at_its_own_time_rel_20_rel_21(
    home: Home, now: datetime
) -> None:
    """Nothing tells it from a reading that came late: it is judged, and marked, as one."""
    behind = timedelta(hours=3)

    home.post(172, now - behind, now=now)

    assert alerts(home) == [("rhythm", "RED")]
    assert home.alert().last_seen_at == now - behind
