from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.errors import InvalidError
from monitoring.asked import Asked
from monitoring.families import MAIN, TARGETS
from monitoring.features import FEATURES
from monitoring.risk import likeliest, load, probabilities
from monitoring.sample import Sample
from monitoring.training import Recipe, binned, train

HEARTS = TARGETS[3]
RECIPE = Recipe(iterations=30, smallest_leaf=20, seed=3)


def made(patients: int = 40, days: int = 60) -> Sample:
    """Make up described days in which feature 0 and a missing feature 1 both mean risk."""
    random = np.random.default_rng(11)
    rows = patients * days
    described = random.normal(size=(rows, len(FEATURES)))
    described[random.uniform(size=described.shape) < 0.2] = np.nan
    log_odds = -3 + 1.2 * np.nan_to_num(described[:, 5]) + 1.0 * np.isnan(described[:, 1])
    happened = random.uniform(size=rows) < 1 / (1 + np.exp(-log_odds))
    hearts = happened & (random.uniform(size=rows) < 0.5)
    return Sample(
        described=described,
        outcomes={MAIN: happened, HEARTS: hearts},
        usable=random.uniform(size=rows) < 0.95,
        groups=np.repeat(np.arange(patients), days),
        days=np.tile(np.arange(days, dtype=np.float64), patients),
    )


def asked(sample: Sample) -> Asked:
    """Return the same people as asked once a day."""
    years = len(sample.days) / 365.25
    return Asked(sample.described, sample.groups, sample.days, years, 3.0)


@pytest.fixture(scope="module")
def sample() -> Sample:
    return made()


def test_training_twice_gives_the_same_artefact(sample: Sample) -> None:
    assert train(sample, asked(sample), RECIPE, trained_on="made up") == train(
        sample, asked(sample), RECIPE, trained_on="made up"
    )


def test_a_missing_value_stays_missing_in_the_bins() -> None:
    described = np.array([[np.nan, 0.5], [1.0, np.nan]])

    codes = binned((np.array([0.0, 2.0]), np.array([0.5])), described)

    np.testing.assert_array_equal(codes, [[np.nan, 1], [1, np.nan]])


def test_probabilities_are_calibrated_on_patients_that_were_not_fitted(sample: Sample) -> None:
    model = load(train(sample, asked(sample), RECIPE, trained_on="made up"))

    other = made()
    expected = probabilities(model, other.described).mean()

    assert abs(expected - other.worsened.mean()) < 0.02


def test_days_under_treatment_are_in_no_calibration_table(sample: Sample) -> None:
    """Nor are they in that of live days: what is told of a model is told of the same days."""
    patients = np.unique(sample.groups)
    held_out = np.random.default_rng(RECIPE.seed).permutation(patients)[: len(patients) // 4]
    checked = np.isin(sample.groups, held_out)

    table = train(sample, asked(sample), RECIPE, trained_on="made up")["training"]["calibration"]

    assert sum(band["rows"] for band in table) == (checked & sample.usable).sum() < checked.sum()


def test_the_artefact_says_what_it_was_trained_on_and_how(sample: Sample) -> None:
    card = train(sample, asked(sample), RECIPE, trained_on="made up")["training"]

    assert card["trained_on"] == "made up"
    assert card["patients"] == 40
    assert card["recipe"]["seed"] == 3
    assert len(card["data_sha256"]) == 64
    assert card["scikit_learn"]


def test_each_tier_keeps_within_the_burden_that_its_artefact_states(sample: Sample) -> None:
    others = asked(made())

    tiers = train(sample, others, RECIPE, trained_on="made up")["thresholds"]

    model = load(train(sample, others, RECIPE, trained_on="made up"))
    likely = likeliest(model, others.described)
    stays = likely >= model.thresholds["YELLOW"]
    for tier in tiers:
        came = others.episodes_per_year(likely >= tier["probability"], stays)
        assert 0.8 * tier["per_patient_year"] < came <= tier["per_patient_year"]
    assert dict(model.burdens) == dict(RECIPE.burdens)


def test_a_target_that_nobody_reached_has_no_head(sample: Sample) -> None:
    artefact = train(sample, asked(sample), RECIPE, trained_on="made up")

    heads = [(each["family"], each["horizon_days"]) for each in artefact["heads"]]

    assert heads == [MAIN, HEARTS]
    assert [head.family for head in load(artefact).families] == [HEARTS.family]


def test_the_card_shows_predicted_beside_seen_in_ten_bands(sample: Sample) -> None:
    table = train(sample, asked(sample), RECIPE, trained_on="made up")["training"]["calibration"]

    assert len(table) == 10
    predicted = [band["predicted"] for band in table]
    assert predicted == sorted(predicted)
    assert abs(sum(b["predicted"] - b["seen"] for b in table)) / 10 < 0.05


def test_a_score_that_learned_nothing_is_refused_in_words() -> None:
    sample = made()
    patients = np.random.default_rng(RECIPE.seed).permutation(np.unique(sample.groups))
    held_out = np.isin(sample.groups, patients[: round(RECIPE.held_out * len(patients))])
    high = np.nan_to_num(sample.described[:, 5]) > 1
    upside_down = replace(sample, outcomes={MAIN: np.where(held_out, ~high, high)})

    with pytest.raises(InvalidError, match="wrong way round"):
        train(upside_down, asked(sample), RECIPE, trained_on="made up")
