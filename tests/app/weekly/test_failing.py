"""A report that fails says why, without anybody's data, and keeps no other from being made."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.weekly import making, repository
from app.weekly.making import MOST_ATTEMPTS, why_of
from app.weekly.service import issue_again
from app.weekly.states import State, Why
from core.outbox import Outbox
from core.outbox import State as Work
from core.security import SYSTEM
from tests.app.weekly.conftest import FIRST, MONDAY_SEVEN, SATURDAY, TUESDAY, of, tick, work

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.ward import Ward

WEEK = timedelta(weeks=1)


def test_what_kills_its_workers_is_given_up_and_says_so_rel_27(
    session: Session, ward: Ward
) -> None:
    tick(session, SATURDAY)
    row = of(session, ward.team)[0]
    rung = session.scalars(select(Outbox).where(Outbox.subject_id == row.id)).one()
    rung.state, rung.attempts = Work.PARKED, 8
    session.flush()

    tick(session, SATURDAY)

    failed = of(session, ward.team)[0]
    assert (failed.state, failed.why, failed.attempts) == (State.FAILED, Why.LOST, 8)

    issue_again(session, SYSTEM, ward.team, failed.monday, reason="a new worker", now=TUESDAY)
    work(session, TUESDAY, ward.team)

    again = of(session, ward.team)[0]
    assert (again.state, again.why) == (State.MADE, None)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (SoftTimeLimitExceeded(), Why.SLOW),
        (MemoryError(), Why.MEMORY),
        (OperationalError("select", {}, Exception()), Why.DATABASE),
        (ValueError(), Why.ERROR),
    ],
)
def test_an_error_has_a_reason_that_a_page_can_say(error: Exception, why: Why) -> None:
    assert why_of(error) is why


def test_a_report_that_fails_is_tried_again_and_ends_with_a_reason_without_anybodys_data(
    session: Session,
    ward: Ward,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    error = ValueError("Oh Malsun has 61.2 kg")

    def broken(*_: object, **__: object) -> None:
        raise error

    work(session, SATURDAY, ward.team)
    with monkeypatch.context() as patch:
        patch.setattr(making, "team_week", broken)
        for hour in range(MOST_ATTEMPTS + 2):
            work(session, TUESDAY + timedelta(hours=hour), ward.team)

    row = of(session, ward.team)[1]
    stored = repository.one(session, row.id)
    assert stored is not None
    assert (row.state, row.why, row.attempts) == (State.FAILED, Why.ERROR, MOST_ATTEMPTS)
    assert stored.detail == "ValueError"
    assert "Malsun" not in "".join(capfd.readouterr())

    again = TUESDAY + timedelta(days=1)
    issue_again(session, SYSTEM, ward.team, FIRST, reason="mended", now=again)
    work(session, again, ward.team)

    made = of(session, ward.team)[1]
    assert (made.state, made.version, made.late, made.why) == (State.MADE, 1, True, None)


def test_a_failed_week_keeps_no_later_one_waiting(session: Session, ward: Ward) -> None:
    work(session, SATURDAY, ward.team)
    row = of(session, ward.team)[1]
    repository.change(session, row.id, State.DUE, state=State.FAILED, why=Why.ERROR)

    work(session, MONDAY_SEVEN + WEEK, ward.team)

    states = [(each.monday, each.state) for each in of(session, ward.team)[1:3]]
    assert states == [(FIRST, State.FAILED), (FIRST + WEEK, State.MADE)]
