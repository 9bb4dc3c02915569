"""A device whose clock is wrong is shown to the support lane and pages nobody (REL-21, FT-20)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

import ingest.service
import monitoring.service
from alerts import service as alerts_service
from alerts.tables import Alert, Delivery
from ingest.receipt import Posted
from tests.alerts.episodes.test_through_the_door import Home, home
from tests.rulebook import RULEBOOK

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
def test_a_critical_value_from_the_future_is_a_matter_for_support_rel_21_ft_20(
    home: Home, session: Session, now: datetime, ahead: timedelta
) -> None:
    assert home.post(172, now + ahead, now=now) == 201

    assert alerts(home) == [("device", "DQ")]
    assert channels(session, home) <= {"inbox"}


@pytest.mark.parametrize("year", [1970, 2000])
def test_a_critical_value_of_long_ago_opens_nothing_rel_21_ft_20(
    home: Home, session: Session, now: datetime, year: int
) -> None:
    assert home.post(172, datetime(year, 1, 1, tzinfo=UTC), now=now) == 201

    assert alerts(home) == []
    assert channels(session, home) == set()


@pytest.mark.parametrize(
    ("ago", "found"),
    [
        (timedelta(days=30), [("rhythm", "RED")]),
        (timedelta(days=30, seconds=1), [("device", "DQ")]),
        (timedelta(days=400), [("device", "DQ")]),
    ],
    ids=str,
)
def test_more_than_thirty_days_old_on_arrival_is_a_matter_for_support_rel_21(
    home: Home,
    session: Session,
    now: datetime,
    ago: timedelta,
    found: list[tuple[str, str]],
) -> None:
    """rules.csv, DQ-CLOCK."""
    assert home.post(172, now - ago, now=now) == 201
    judge(home, now)

    assert [each for each in alerts(home) if each[0] != "silence"] == found
    if found == [("device", "DQ")]:
        assert channels(session, home) <= {"inbox"}


def test_a_declared_load_of_the_past_says_nothing_of_clocks_rel_21(
    home: Home, now: datetime
) -> None:
    home.sender = replace(home.sender, history=True)

    home.post(172, now - timedelta(days=400), now=now)
    judge(home, now)

    assert "device" not in dict(alerts(home))


@pytest.mark.parametrize("way", [1, -1])
@pytest.mark.parametrize(
    ("off", "found"),
    [(timedelta(hours=1), []), (timedelta(hours=1, seconds=1), [("device", "DQ")])],
    ids=str,
)
def test_a_clock_more_than_an_hour_off_its_gateways_is_a_matter_for_support_rel_21(
    home: Home, session: Session, now: datetime, off: timedelta, found: list[object], way: int
) -> None:
    """rules.csv, DQ-CLOCK."""
    about = stamp(f"Patient/{home.patient}", "Device/cuff", now, way * off)
    posted = Posted(0, "Observation", json.dumps(about).encode())

    assert ingest.service.accept(session, home.sender, posted, now=now).status == 201
    judge(home, now)

    assert alerts(home) == found
    assert channels(session, home) <= {"inbox"}


def stamp(subject: str, device: str, now: datetime, ahead: timedelta) -> dict[str, object]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "urn:iso:std:iso:11073:10101", "code": "67975"}]},
        "subject": {"reference": subject},
        "device": {"reference": device},
        "effectiveDateTime": now.isoformat(),
        "valueDateTime": (now + ahead).isoformat(),
    }


def judge(home: Home, now: datetime) -> None:
    """Judge as the round does, whatever arrived."""
    found = monitoring.service.assess(
        home.session, home.patient, now=now, rulebook=RULEBOOK, model=None
    )
    alerts_service.raise_from(home.session, found, now=now, policy=home.policy)


def test_a_clock_three_hours_behind_is_believed_at_its_own_time_rel_20_rel_21(
    home: Home, now: datetime
) -> None:
    """Nothing tells it from a reading that came late: it is judged, and marked, as one."""
    behind = timedelta(hours=3)

    home.post(172, now - behind, now=now)

    assert alerts(home) == [("rhythm", "RED")]
    assert home.alert().last_seen_at == now - behind
