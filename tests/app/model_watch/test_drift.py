"""Drift of what people are scored on: read in parts, kept as a row, told by feature."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import delete

from app.model_watch import repository, service
from app.periods import ScheduledRun
from core.security import SYSTEM
from ingest.choices import Purpose
from ingest.merging import service as merging
from ingest.tables import Patient
from monitoring.contests import Ground, Ruling
from monitoring.drift import Drift
from monitoring.features import FEATURES
from monitoring.models.scorers import Scorers
from monitoring.service import load_model
from monitoring.tables import COPIED, AssessmentRow, LastJudged
from tests.choosing import say
from tests.scored import contested, score

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from monitoring.risk import Model

NOW = datetime(2026, 4, 2, 3, 0, tzinfo=UTC)
MOVED, CALM = "age", "conditions"


@pytest.fixture(scope="module")
def model() -> Model:
    """Return the model that ships, with shares: everybody's value is known and spread evenly."""
    found = load_model()
    assert found is not None
    many = [int(np.isfinite(row).sum()) + 1 for row in found.edges]
    shares = [[1 / bins] * bins + [0.0] for bins in many]
    return replace(found, id="risk-of-the-drift-test", card={**found.card, "shares": shares})


@pytest.fixture(autouse=True)
def alone(session: Session) -> None:
    session.execute(delete(LastJudged))
    session.execute(delete(ScheduledRun).where(ScheduledRun.job == service.JOB))


def people(session: Session, model: Model, count: int) -> None:
    """Score people whose age is above all bins but one, and who are else as in training."""
    place = [feature.name for feature in FEATURES].index(CALM)
    edges = model.edges[place][np.isfinite(model.edges[place])]
    for n in range(count):
        id_ = uuid4()
        session.add(Patient(id=id_, created_at=NOW, zone="UTC"))
        session.flush()
        spread = [edges[0] - 1, *edges][n % (len(edges) + 1)]
        values = {MOVED: 120.0, CALM: float(spread)}
        score(session, id_, NOW - timedelta(days=1), 0.1, values=values)
        score(session, id_, NOW - timedelta(days=2), 0.1, values={MOVED: 1.0})


def test_what_moved_is_told_worst_first_of_the_last_score_of_each(
    session: Session, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "HELD", 7)  # several parts
    people(session, model, 40)

    service.look_for_drift(session, model, now=NOW)
    found = service.drift_of(session, model.id)

    assert found is not None
    assert (found.people, found.shares_known) == (40, True)
    words = {each.feature: each.word for each in found.moved}
    assert words[MOVED] is Drift.MARKED
    assert words[CALM] is Drift.NOT_ENOUGH
    assert [each.index for each in found.moved] == sorted(
        (each.index for each in found.moved), reverse=True
    )


def test_no_more_people_are_read_than_is_said(session: Session, model: Model) -> None:
    people(session, model, 12)

    some = list(repository.lately(session, since=NOW - service.LATELY, salt="a", most=5))

    assert len(some) == 5
    assert set(some[0]) == {feature.name for feature in FEATURES}


def test_a_merged_person_counts_once_and_whoever_objects_not_at_all_sec_46_sec_47(
    session: Session,
) -> None:
    """Nor does a score that another system made: of each the last that counts."""
    one, same, objects, restricts, brought = (uuid4() for _ in range(5))
    for n, id_ in enumerate((one, same, objects, restricts, brought)):
        session.add(Patient(id=id_, created_at=NOW, zone="UTC"))
        session.flush()
        score(session, id_, NOW - timedelta(days=3), 0.1, values={MOVED: float(n)})
    score(session, same, NOW - timedelta(days=2), 0.1, values={MOVED: 70.0})
    merging.merge(session, SYSTEM, one, same, reason="the same", now=NOW)
    say(session, objects, Purpose.SCORING, allowed=False, at=NOW)
    say(session, restricts, Purpose.USE, allowed=False, at=NOW)
    copied = score(session, brought, NOW - timedelta(days=1), 0.1, values={MOVED: 80.0})
    session.get_one(AssessmentRow, copied).key = f"{COPIED}{copied}"
    session.flush()

    found = list(repository.lately(session, since=NOW - service.LATELY, salt="a"))

    assert sorted(each[MOVED] or 0.0 for each in found) == [4.0, 70.0]


def test_a_score_that_is_upheld_to_be_fed_wrongly_says_nothing_of_who_is_scored_sec_46(
    session: Session,
) -> None:
    """The one before it counts; what was explained, or was not upheld, had right inputs."""
    rulings = (
        (Ground.READING, Ruling.UPHELD, 1.0),  # what counts of them is their score of before
        (Ground.EXPLAINED, Ruling.UPHELD, 82.0),
        (Ground.READING, Ruling.NOT_UPHELD, 83.0),
        (Ground.READING, None, 84.0),
    )
    for n, (ground, ruling, _) in enumerate(rulings):
        id_ = uuid4()
        session.add(Patient(id=id_, created_at=NOW, zone="UTC"))
        session.flush()
        score(session, id_, NOW - timedelta(days=3), 0.1, values={MOVED: 1.0})
        score(session, id_, NOW - timedelta(days=2), 0.1, values={MOVED: 81.0 + n})
        contested(session, id_, ground, ruling, now=NOW - timedelta(days=1))

    found = list(repository.lately(session, since=NOW - service.LATELY, salt="a"))
    none = list(repository.lately(session, since=NOW - timedelta(days=2), salt="a"))

    assert sorted(each[MOVED] or 0.0 for each in found) == [count for *_, count in rulings]
    assert len(none) == len(rulings) - 1


def test_a_model_without_shares_says_so(session: Session, model: Model) -> None:
    bare = replace(model, card={k: v for k, v in model.card.items() if k != "shares"})

    service.look_for_drift(session, bare, now=NOW)
    found = service.drift_of(session, model.id)

    assert found is not None
    assert (found.shares_known, found.moved) == (False, [])


def test_a_model_is_looked_at_once_a_day(session: Session, model: Model) -> None:
    asked: list[int] = []
    beside = replace(model, id="risk-in-shadow-of-the-drift-test")

    def models(_: Session) -> Scorers:
        asked.append(1)
        return Scorers(model, (beside,))

    for _ in range(3):
        service.look(session, now=NOW, models=models)

    assert asked == [1]
    assert service.calibration_of(session, model.id) is not None
    assert service.calibration_of(session, beside.id) is not None
    assert service.drift_of(session, beside.id) is None  # what people measure is the same for all
    service.look(session, now=NOW + timedelta(days=1), models=lambda _: Scorers(None))
