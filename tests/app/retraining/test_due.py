"""Trainings that nobody asks for: by schedule, and when what is measured has moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.model_watch import repository as watched
from app.model_watch.service import DRIFT, DriftFound
from app.retraining import due, repository, service
from app.retraining.states import CLOCK, Order, Run, RunState, Stage
from core.audit import AuditEvent
from core.security import SYSTEM
from monitoring.drift import Drift, Moved
from monitoring.models.scorers import Scorers
from monitoring.service import load_model

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NOW = datetime(2046, 4, 2, 3, 0, tzinfo=UTC)  # long after whatever other tests asked for
EVERY = timedelta(days=90)


def run(days_ago: float, state: RunState = RunState.DONE) -> Run:
    at = NOW - timedelta(days=days_ago)
    return Run(
        *(uuid4(), state, Stage.KEEPING, 1.0, Order(), at, "user", uuid4(), "why", at, at),
        *(None, None, "", "", ""),
    )


def drift(word: Drift) -> DriftFound:
    return DriftFound(NOW, 500, True, [Moved("age", 0.4, 0.05, word)])


@pytest.mark.parametrize(
    ("runs", "found", "why"),
    [
        ([], None, due.LONG_AGO),
        ([run(89.9)], None, None),
        ([run(90)], None, due.LONG_AGO),
        ([run(90, RunState.FAILED)], None, due.LONG_AGO),
        ([run(1, RunState.FAILED), run(200)], None, None),
        ([run(1, RunState.CANCELLED), run(200)], None, None),
        ([run(400), run(0, RunState.RUNNING)], drift(Drift.MARKED), None),
        ([run(29.9)], drift(Drift.MARKED), None),
        ([run(30)], drift(Drift.MARKED), due.MOVED),
        ([run(30)], drift(Drift.SOME), None),
        ([run(30)], drift(Drift.NOT_ENOUGH), None),
    ],
)
def test_when_a_training_is_due(runs: list[Run], found: DriftFound | None, why: str | None) -> None:
    assert due.due(runs, found, now=NOW, every=EVERY) == why


def test_it_is_asked_for_once_a_day_by_the_timetable_and_audited(session: Session) -> None:
    model = load_model()
    assert model is not None
    model = replace(model, id="risk-of-the-due-test")
    moved = {"feature": "age", "index": 0.4, "noise": 0.05, "word": "marked"}
    found = {"people": 500, "shares_known": True, "moved": [moved]}
    watched.keep(session, DRIFT, model.id, NOW.date(), at=NOW, found=found)
    done = service.ask(session, SYSTEM, Order(), reason="by hand", now=NOW - timedelta(days=31))
    service.cancel(session, SYSTEM, done, now=NOW - timedelta(days=31))

    for minutes in range(3):
        due.ask_if_due(
            session,
            now=NOW + timedelta(minutes=minutes),
            models=lambda _: Scorers(model),
            every=EVERY,
        )

    asked = repository.live(session)
    assert asked is not None
    assert (asked.asked_by_kind, asked.asked_by, asked.reason) == (CLOCK, None, due.MOVED)
    query = select(AuditEvent.caller_kind).where(AuditEvent.entity_id == asked.id)
    assert session.scalars(query).all() == [CLOCK]


def test_nothing_is_trained_unasked_unless_the_installation_says_so(session: Session) -> None:
    due.ask_if_due(session, now=NOW, models=lambda _: Scorers(None), every=None)

    assert repository.live(session) is None
