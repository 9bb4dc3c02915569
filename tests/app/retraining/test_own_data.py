"""The site's own days in a training: enough of them or none, each weighing what it stands for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import update

from app.follow_up.tables import FollowedDayRow
from app.retraining import own_data
from monitoring.families import MAIN
from monitoring.features import FEATURES
from monitoring.followed import Outcome, Source
from monitoring.sample import Sample
from monitoring.training import Recipe, binning, fit
from tests.scored import MODEL, people_of_day, score

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

DAY = date(2026, 3, 2)
SCORED = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 14, tzinfo=UTC)
LABELLED, LABELLED_WORSE = 10, 8  # what alerted: most of it was true
DRAWN, DRAWN_WORSE, CHOSEN_WITH = 50, 5, 0.25  # of two hundred quiet days every fourth
TRUE_SHARE = (LABELLED_WORSE + DRAWN_WORSE / CHOSEN_WITH) / (LABELLED + DRAWN / CHOSEN_WITH)


@pytest.fixture
def known(session: Session, monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    monkeypatch.setattr(own_data, "FEWEST_DAYS", LABELLED + DRAWN)
    monkeypatch.setattr(own_data, "FEWEST_WORSE", LABELLED_WORSE + DRAWN_WORSE)
    earlier = update(FollowedDayRow).values(outcome=Outcome.CANNOT_TELL)
    session.execute(earlier)
    people = people_of_day(session, DAY, LABELLED + DRAWN)
    for n, person in enumerate(people):
        labelled = n < LABELLED
        worse = n < LABELLED_WORSE or LABELLED <= n < LABELLED + DRAWN_WORSE
        values = {each.name: float(n) for each in FEATURES[: -1 if n % 2 else None]}
        row = FollowedDayRow(
            patient_id=person,
            assessment_id=score(session, person, SCORED, 0.1, values=values),
            day=DAY,
            scored_at=SCORED,
            model_id=MODEL,
            probability=0.1,
            source=Source.LABEL if labelled else Source.DRAWN,
            chosen_with=1.0 if labelled else CHOSEN_WITH,
            outcome=Outcome.YES if worse else Outcome.NO,
            followed_at=NOW,
        )
        session.add(row)
    session.flush()
    return people


@pytest.mark.usefixtures("known")
def test_each_day_weighs_what_it_stands_for_and_the_share_is_the_true_one(
    session: Session,
) -> None:
    own = own_data.labelled(session, now=NOW)

    acknowledged = own.worsened[own.weights == 1.0].mean()
    weighed = np.average(own.worsened, weights=own.weights)
    assert own.enough
    assert own.card()["used"]
    assert sorted(set(own.weights)) == [1.0, 4.0]
    assert own.weights.sum() == LABELLED + DRAWN / CHOSEN_WITH
    assert acknowledged == 0.8
    assert weighed == pytest.approx(TRUE_SHARE)
    assert sorted(own.described[:, 0]) == list(range(LABELLED + DRAWN))
    assert np.isnan(own.described[:, -1]).sum() == (LABELLED + DRAWN) / 2


@pytest.mark.usefixtures("known")
def test_what_is_trained_on_them_predicts_the_true_share_and_not_that_of_alerts(
    session: Session,
) -> None:
    own = own_data.labelled(session, now=NOW)
    sample = own_data.joined(none(), own)

    edges = binning(sample.described, Recipe())
    fitted = fit(MAIN, sample, sample, Recipe(), edges)
    log_odds = fitted.slope * fitted.log_odds(sample.described) + fitted.offset
    predicted = 1 / (1 + np.exp(-log_odds))

    assert np.average(predicted, weights=sample.weights) == pytest.approx(TRUE_SHARE, abs=0.01)


def none() -> Sample:
    empty = np.empty(0)
    return Sample(
        np.empty((0, len(FEATURES))),
        {MAIN: empty.astype(bool)},
        empty.astype(bool),
        empty.astype(np.int64),
        empty,
    )


def test_they_join_the_simulated_people_as_other_people(
    session: Session, known: list[UUID]
) -> None:
    simulated = Sample(
        np.zeros((3, len(FEATURES))),
        {MAIN: np.array([False, True, False])},
        np.ones(3, dtype=bool),
        np.array([0, 0, 1]),
        np.arange(3.0),
    )

    both = own_data.joined(simulated, own_data.labelled(session, now=NOW))

    assert len(both.days) == 3 + len(known)
    assert len(np.unique(both.groups)) == 2 + len(known)
    assert both.weights is not None
    assert both.weights[:3].tolist() == [1.0, 1.0, 1.0]
    assert both.usable.all()


@pytest.mark.usefixtures("known")
def test_too_few_take_no_part_and_the_card_says_how_many_there_are(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_data, "FEWEST_DAYS", LABELLED + DRAWN + 1)

    own = own_data.labelled(session, now=NOW)
    simulated = none()

    assert not own.enough
    assert (own.card()["labelled_patient_days"], own.card()["used"]) == (60, False)
    assert own_data.joined(simulated, own) is simulated


@pytest.mark.usefixtures("known")
def test_only_so_many_are_held_in_memory_the_newest(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_data, "MOST_DAYS", 20)

    assert len(own_data.labelled(session, now=NOW).days) == 20
    assert own_data.labelled(session, now=NOW + timedelta(days=800)).labelled == 0
