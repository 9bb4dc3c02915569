"""A step that fails keeps no other alert from its own (REL-27)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, text, update

from alerts import service
from alerts.oncall.service import Turnus, add
from alerts.steps import repository as rows
from alerts.tables import Alert, Step
from core.security import SYSTEM
from tests.alerts.messages import told

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from tests.alerts.conftest import FindingMaker, Raise, Ward

MINUTE = timedelta(minutes=1)


def test_a_step_that_fails_keeps_no_other_alert_from_its_own_rel_15_rel_27(
    session: Session,
    build: Callable[..., Ward],
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
) -> None:
    broken, sound = build(session), build(session)
    (first,) = judged(session, broken.patient, finding())
    (second,) = judged(session, sound.patient, finding())
    before = told(session, second)
    session.execute(update(Alert).where(Alert.id == first).values(policy={"tiers": "gone"}))

    acted = service.escalate_due(session, now=now + 15 * MINUTE)

    assert acted > 0
    assert len(told(session, second)) > len(before)
    waiting = select(func.count()).where(Step.alert_id == first, Step.state == "waiting")
    assert session.scalar(waiting)  # tried again at the next second


def test_a_rota_that_cannot_be_read_stops_the_alerts_of_no_other_team_rel_27(
    session: Session,
    build: Callable[..., Ward],
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
) -> None:
    broken, sound = build(session), build(session)
    judged(session, broken.patient, finding())
    (second,) = judged(session, sound.patient, finding())
    before = told(session, second)
    when = Turnus(now, now + MINUTE)
    row = add(session, SYSTEM, broken.team, broken.nurse, when, now=now)
    # No service writes such a row; a hand in the database could.
    far_on = text("update on_call_shift set until = '10000-01-01 05:00Z' where id = :row")
    session.execute(far_on, {"row": row})
    session.expire_all()

    acted = service.escalate_due(session, now=now + 15 * MINUTE)

    assert acted > 0
    assert len(told(session, second)) > len(before)


@pytest.mark.parametrize("page", [1, 2, 3])
def test_however_many_steps_fail_the_newest_alert_escalates_rel_27(
    session: Session,
    build: Callable[..., Ward],
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    page: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """REL-15: what fails keeps its time, and is first again at the next second."""
    monkeypatch.setattr(rows, "PAGE", page)
    for _ in range(3):
        (broken,) = judged(session, build(session).patient, finding())
        session.execute(update(Alert).where(Alert.id == broken).values(policy={"tiers": "gone"}))
    later = now + MINUTE
    (newest,) = judged(session, build(session).patient, finding(at=later), at=later)
    before = told(session, newest)

    service.escalate_due(session, now=later + 15 * MINUTE)

    assert len(told(session, newest)) > len(before)


def test_steps_that_acted_are_a_page_in_one_transaction_or_little_more(
    session: Session,
    build: Callable[..., Ward],
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rows, "PAGE", 2)
    for _ in range(3):
        judged(session, build(session).patient, finding())

    acted = [service.escalate_due(session, now=now + 15 * MINUTE) for _ in range(4)]

    assert acted == [2, 2, 2, 0]
