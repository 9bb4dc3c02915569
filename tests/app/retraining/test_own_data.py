"""The site's own days in a training: enough of them or none, each weighing what it stands for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import psycopg
import pytest

from app.follow_up.tables import FollowedDayRow
from app.retraining import own_data
from core.security import SYSTEM
from ingest.choices import Purpose
from ingest.merging import service as merging
from monitoring.asked import Asked
from monitoring.contests import Ground, Ruling
from monitoring.families import MAIN, TARGETS
from monitoring.features import FEATURES
from monitoring.followed import Outcome, Source
from monitoring.risk import probabilities, readable
from monitoring.sample import Sample
from monitoring.training import Recipe, binning, fit, train
from tests.choosing import say
from tests.scored import MODEL, contested, people_of_day, score

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.database import Database
    from core.embedded import Servers

DAY = date(2026, 3, 2)
SCORED = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 14, tzinfo=UTC)
LABELLED, LABELLED_WORSE = 10, 8  # what alerted: most of it was true
DRAWN, DRAWN_WORSE, CHOSEN_WITH = 50, 5, 0.25  # of two hundred quiet days every fourth
TRUE_SHARE = (LABELLED_WORSE + DRAWN_WORSE / CHOSEN_WITH) / (LABELLED + DRAWN / CHOSEN_WITH)


@pytest.fixture(autouse=True)
def nothing_is_left_of_other_tests(database: Database, embedded: Servers) -> None:
    """Delete what other files asked about, which the application itself may not."""
    _ = database
    with psycopg.connect(embedded.migration_database_url, autocommit=True) as connection:
        connection.execute("delete from followed_day")


@pytest.fixture
def known(session: Session, monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    monkeypatch.setattr(own_data, "FEWEST_DAYS", LABELLED + DRAWN)
    monkeypatch.setattr(own_data, "FEWEST_WORSE", LABELLED_WORSE + DRAWN_WORSE)
    people = people_of_day(session, DAY, LABELLED + DRAWN)
    for person in people:
        say(session, person, Purpose.TRAINING, allowed=True, at=SCORED)
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


def of(session: Session) -> Sample:
    found = own_data.labelled(session, now=NOW).sample
    assert found is not None
    return found


@pytest.mark.usefixtures("known")
def test_each_day_weighs_what_it_stands_for_and_the_share_is_the_true_one(
    session: Session,
) -> None:
    own = of(session)

    assert sorted(set(own.weight)) == [1.0, 4.0]
    assert own.weight.sum() == LABELLED + DRAWN / CHOSEN_WITH
    assert own.worsened[own.weight == 1.0].mean() == 0.8
    assert np.average(own.worsened, weights=own.weight) == pytest.approx(TRUE_SHARE)
    assert sorted(own.described[:, 0]) == list(range(LABELLED + DRAWN))
    assert np.isnan(own.described[:, -1]).sum() == (LABELLED + DRAWN) / 2
    assert own_data.labelled(session, now=NOW).card()["used"]


@pytest.mark.usefixtures("known")
def test_what_is_trained_on_them_predicts_the_true_share_and_not_that_of_alerts(
    session: Session,
) -> None:
    own, recipe = of(session), Recipe(calm=1.0, iterations=20)

    fitted = fit(MAIN, own, own, recipe, binning(own.described, recipe))
    log_odds = fitted.slope * fitted.log_odds(own.described) + fitted.offset
    predicted = 1 / (1 + np.exp(-log_odds))

    assert np.average(predicted, weights=own.weight) == pytest.approx(TRUE_SHARE, abs=0.01)


def test_they_teach_the_main_outcome_alone_and_as_other_people(
    session: Session, known: list[UUID]
) -> None:
    """Of whom it is known that they got worse, nobody has said of what."""
    simulated = Sample(
        np.zeros((3, len(FEATURES))),
        {target: np.array([False, True, False]) for target in TARGETS},
        np.ones(3, dtype=bool),
        np.array([0, 0, 1]),
        np.arange(3.0),
    )
    own = of(session)

    both = simulated.joined(own, MAIN)

    assert set(own.outcomes) == {MAIN}
    assert len(both.days) == 3 + len(known)
    assert len(np.unique(both.groups)) == 2 + len(known)
    assert both.weight[:3].tolist() == [1.0, 1.0, 1.0]
    assert both.weight[3:].sum() == own.weight.sum()


def test_a_training_with_them_changes_the_main_head_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No family is taught that somebody who got worse, of whatever, did not."""
    monkeypatch.setattr("monitoring.training.TARGETS", (MAIN, TARGETS[-1]))
    random = np.random.default_rng(1)
    rows, recipe = 1200, Recipe(iterations=2, smallest_leaf=20)
    described = random.normal(size=(rows, len(FEATURES)))
    outcomes = {each: random.random(rows) < 0.1 + 0.2 * (described[:, 0] > 0) for each in TARGETS}
    people = np.repeat(np.arange(rows // 10), 10)
    days = np.tile(np.arange(10.0), rows // 10)
    simulated = Sample(described, outcomes, np.ones(rows, dtype=bool), people, days)
    asked = Asked(described, people, days, rows / 365.25, 3.0)
    worse = {MAIN: np.ones(rows, dtype=bool)}
    own = Sample(described, worse, simulated.usable, people, days, np.full(rows, 4.0))

    alone = train(simulated, asked, recipe, trained_on="x")
    both = train(simulated, asked, recipe, trained_on="x", more=own)

    main, *others = both["heads"]
    assert main != alone["heads"][0]
    assert others == alone["heads"][1:]
    assert len(others) == 1
    before, after = (probabilities(readable(each), described).mean() for each in (alone, both))
    assert before < 0.3
    assert after > 0.7


def test_two_records_of_one_person_are_one_person(session: Session, known: list[UUID]) -> None:
    """Or the same person would stand among those learnt from and those that calibrate."""
    merging.merge(session, SYSTEM, known[0], known[-1], reason="the same", now=NOW)

    own = of(session)

    assert len(own.groups) == len(known)
    assert len(np.unique(own.groups)) == len(known) - 1
    both = own.groups[np.isin(own.described[:, 0], [0.0, len(known) - 1.0])]
    assert both[0] == both[1]


@pytest.mark.usefixtures("known")
def test_too_few_take_no_part_and_the_card_says_how_many_there_are(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_data, "FEWEST_DAYS", LABELLED + DRAWN + 1)

    own = own_data.labelled(session, now=NOW)

    assert own.sample is None
    assert (own.card()["labelled_patient_days"], own.card()["used"]) == (60, False)


@pytest.mark.usefixtures("known")
def test_only_so_many_are_held_in_memory_the_newest(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_data, "MOST_DAYS", 20)

    assert len(of(session).days) == 20
    assert own_data.labelled(session, now=NOW + timedelta(days=800)).labelled == 0


def test_who_takes_their_yes_back_or_never_gave_it_teaches_nothing_sec_47(
    session: Session, known: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_data, "FEWEST_DAYS", 1)
    monkeypatch.setattr(own_data, "FEWEST_WORSE", 1)
    before = own_data.labelled(session, now=NOW).labelled

    say(session, known[0], Purpose.TRAINING, allowed=False, at=NOW)
    say(session, known[1], Purpose.USE, allowed=False, at=NOW)
    after = own_data.labelled(session, now=NOW)

    assert (before, after.labelled) == (LABELLED + DRAWN, LABELLED + DRAWN - 2)
    assert after.sample is not None
    assert len(after.sample.weight) == LABELLED + DRAWN - 2


def test_nobody_teaches_where_nobody_was_asked_sec_47(session: Session, known: list[UUID]) -> None:
    for person in known:
        say(session, person, Purpose.TRAINING, allowed=False, at=NOW)

    assert own_data.labelled(session, now=NOW).labelled == 0


def test_a_day_whose_score_was_fed_wrongly_teaches_nothing_sec_46(
    session: Session, known: list[UUID]
) -> None:
    """One that was explained does: without it a model would look better than it is."""
    rulings = (
        (known[0], Ground.READING, Ruling.UPHELD),
        (known[1], Ground.READING, Ruling.NOT_UPHELD),
        (known[2], Ground.EXPLAINED, Ruling.UPHELD),
        (known[3], Ground.DEVICE, None),
    )
    for person, ground, ruling in rulings:
        contested(session, person, ground, ruling, now=NOW)

    own = own_data.labelled(session, now=NOW)

    assert own.labelled == LABELLED + DRAWN - 1
