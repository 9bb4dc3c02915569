"""AL-21: a model in shadow is compared with the one that judges, by hand-counted examples."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from core.security import SYSTEM
from monitoring.models import service
from reports.shadow import Comparison, Side
from reports.shadowing.repository import compared
from tests.artefacts import artefact
from tests.monitoring.test_service import enrol
from tests.shadowed import ended, say

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
NOW = START + timedelta(days=60)
JUDGES = "risk-judges"


@pytest.fixture
def model(session: Session) -> str:
    return service.add(session, SYSTEM, artefact("tried"), reason="a test", now=START)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def test_firings_within_a_fortnight_are_one_episode_al_21(session: Session, model: str) -> None:
    who, other = enrol(session), enrol(session)
    for at in (0, 10, 20, 40):  # 20 to 40 is longer than a fortnight
        say(session, who, (model, JUDGES), day(at), ("AMBER" if at < 40 else "YELLOW", None))
    say(session, other, (model, JUDGES), day(1), (None, "YELLOW"))
    say(session, other, (model, JUDGES), day(1.2), ("YELLOW", "YELLOW"))

    found = compared(session, model, JUDGES, now=NOW)

    assert (found.own, found.others) == (Side(3, 1), Side(1, 0))
    assert (found.scored, found.patients, found.days, found.agreeing) == (6, 2, 5, 1)
    assert found.since == day(0)
    assert found.few
    assert found.per_year(found.own) == pytest.approx(3 / 5 * 365.25)
    assert found.apart == pytest.approx((5 * 0.1 + 0.05) / 6)


def test_only_what_was_said_beside_the_model_that_judges_is_compared(
    session: Session, model: str
) -> None:
    who = enrol(session)
    say(session, who, (model, "risk-before"), day(0), ("AMBER", None))
    say(session, who, (model, JUDGES), day(90), ("AMBER", None))  # after now

    assert compared(session, model, JUDGES, now=NOW) == Comparison(JUDGES)


def test_labelled_alerts_say_which_of_the_two_spoke_before(session: Session, model: str) -> None:
    def person(said: tuple[str | None, str | None], outcome: str, *, after: float = 2) -> UUID:
        who = enrol(session)
        say(session, who, (model, JUDGES), day(0), said)
        ended(session, who, day(after), outcome)
        return who

    person(("YELLOW", None), "true-actionable")
    person((None, "YELLOW"), "true-no-action-needed")
    person(("AMBER", "AMBER"), "false-measurement")
    person((None, None), "false-physiology-benign")
    person(("AMBER", "AMBER"), "unsure")  # tells neither way
    person(("AMBER", "AMBER"), "true-actionable", after=8)  # nobody was scored in that week
    person(("AMBER", "AMBER"), "true-actionable", after=-1)  # it spoke afterwards

    found = compared(session, model, JUDGES, now=NOW)

    assert (found.true, found.false) == (2, 2)
    assert (found.own.true, found.own.false) == (1, 1)
    assert (found.others.true, found.others.false) == (1, 1)
