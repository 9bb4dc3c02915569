from __future__ import annotations

import json
import math
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.vitals import Reading, Severity, Vital
from ingest.enrolment import Person
from monitoring.asked import Asked
from monitoring.drift import placed
from monitoring.families import ANY, MAIN, TARGETS
from monitoring.features import FEATURES
from monitoring.judgement import judge
from monitoring.record import read_risk, write_risk
from monitoring.risk import (
    ArtefactError,
    Model,
    digest,
    leading,
    likeliest,
    load,
    parts,
    probabilities,
    score,
)
from monitoring.sample import Sample
from monitoring.service import load_rulebook
from monitoring.training import Fitted, Recipe, binned, binning, export, fit
from monitoring.windows import history
from monitoring.words import clinician

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
HEARTS = TARGETS[3]


@pytest.fixture(scope="module")
def described() -> np.typing.NDArray[np.float64]:
    random = np.random.default_rng(4)
    rows = random.normal(size=(3000, len(FEATURES)))
    rows[random.uniform(size=rows.shape) < 0.25] = np.nan
    return rows


@pytest.fixture(scope="module")
def fitted(described: np.typing.NDArray[np.float64]) -> tuple[Fitted, dict[str, Any]]:
    random = np.random.default_rng(5)
    log_odds = -2 + np.nan_to_num(described[:, 5]) - np.nan_to_num(described[:, 15])
    rows = len(described)
    sample = Sample(
        described,
        {MAIN: (worse := random.uniform(size=rows) < 1 / (1 + np.exp(-log_odds))), HEARTS: worse},
        np.ones(rows, dtype=bool),
        np.arange(rows) // 50,
        np.arange(rows, dtype=np.float64) % 50,
    )
    recipe = Recipe(iterations=40, smallest_leaf=20)
    asked = Asked(described, sample.groups, sample.days, rows / 365.25, 3.0)
    edges = binning(described, recipe)
    heads = [fit(target, sample, sample, recipe, edges) for target in (MAIN, HEARTS)]
    return heads[0], export(heads, sample, asked, recipe, {"trained_on": "made-up rows"})


@pytest.fixture(scope="module")
def shipped() -> dict[str, Any]:
    text = files("monitoring").joinpath("artefact.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


@pytest.fixture(scope="module")
def model(shipped: dict[str, Any]) -> Model:
    return load(shipped)


def test_the_parts_sum_to_the_fitted_models_log_odds(
    fitted: tuple[Fitted, dict[str, Any]], described: np.typing.NDArray[np.float64]
) -> None:
    """Proves G12: to 1e-9, in calibrated log-odds and in scikit-learn's own."""
    estimator, artefact = fitted
    loaded = load(json.loads(json.dumps(artefact)))
    raw = estimator.log_odds(described)

    summed = loaded.intercept + parts(loaded, described).sum(axis=1)

    np.testing.assert_allclose(summed, estimator.slope * raw + estimator.offset, atol=1e-9)
    np.testing.assert_allclose((summed - estimator.offset) / estimator.slope, raw, atol=1e-9)


def test_each_part_depends_on_its_own_feature_alone(
    fitted: tuple[Fitted, dict[str, Any]], described: np.typing.NDArray[np.float64]
) -> None:
    loaded = load(fitted[1])
    changed = described.copy()
    changed[:, 5] = 3.0

    before, after = parts(loaded, described), parts(loaded, changed)

    np.testing.assert_array_equal(np.delete(before, 5, axis=1), np.delete(after, 5, axis=1))


def test_a_risk_explains_itself_exactly(
    model: Model, described: np.typing.NDArray[np.float64]
) -> None:
    for risk in score(model, described[:20]):
        total = risk.intercept + sum(part.points for part in risk.contributions)

        assert math.isclose(total, risk.log_odds, abs_tol=1e-9)
        assert math.isclose(risk.probability, 1 / (1 + math.exp(-risk.log_odds)))
        assert risk.trained_on == "simulated data"


def test_the_likeliest_family_explains_itself_exactly_too(
    model: Model, described: np.typing.NDArray[np.float64]
) -> None:
    for risk, likely in zip(
        score(model, described[:20]), likeliest(model, described[:20]), strict=True
    ):
        family = risk.family
        assert family is not None
        total = family.intercept + sum(part.points for part in family.contributions)
        of_families = [p.probability for p in risk.others if p.family != ANY]

        assert math.isclose(total, family.log_odds, abs_tol=1e-9)
        assert math.isclose(family.probability, likely)
        assert family.probability == pytest.approx(max(of_families))


def test_a_stored_risk_is_read_back_whole(
    model: Model, described: np.typing.NDArray[np.float64]
) -> None:
    [risk] = score(model, described[:1])

    assert read_risk(json.loads(json.dumps(write_risk(risk)))) == risk


def test_a_batch_and_one_row_agree(model: Model, described: np.typing.NDArray[np.float64]) -> None:
    batch = probabilities(model, described)

    assert batch.shape == (len(described),)
    assert score(model, described[7:8])[0].probability == pytest.approx(batch[7], abs=1e-12)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(lambda a: a.update(format=99), id="another format"),
        pytest.param(lambda a: a.update(features_format=0), id="features changed meaning"),
        pytest.param(lambda a: a["features"].pop(), id="a feature is missing"),
        pytest.param(lambda a: a["heads"].reverse(), id="another head first"),
        pytest.param(lambda a: a["heads"].clear(), id="no head"),
        pytest.param(lambda a: a["heads"][1]["points"].pop(), id="a head without a feature"),
        pytest.param(lambda a: a["features"].reverse(), id="features in another order"),
        pytest.param(lambda a: a["heads"][0]["points"][0].pop(), id="a bin without points"),
        pytest.param(lambda a: a["features"][0]["edges"].reverse(), id="edges out of order"),
        pytest.param(lambda a: a["heads"][1].pop("calibration"), id="no calibration"),
        pytest.param(lambda a: a["heads"][0].update(intercept=math.nan), id="not a number"),
        pytest.param(lambda a: a["heads"][2]["calibration"].update(slope=-1.0), id="upside down"),
        pytest.param(lambda a: a["thresholds"].clear(), id="no tier"),
        pytest.param(lambda a: a["thresholds"][0].update(tier="amber"), id="a tier of no name"),
        pytest.param(lambda a: a["thresholds"][0].update(probability="0.05"), id="a text"),
        pytest.param(lambda a: a["thresholds"][0].update(probability=math.nan), id="no threshold"),
        pytest.param(lambda a: a["thresholds"][0].update(probability=0), id="always"),
        pytest.param(lambda a: a["thresholds"][0].update(probability=1.5), id="never"),
        pytest.param(lambda a: a["thresholds"][0].update(probability=1), id="the graver first"),
    ],
)
def test_an_artefact_that_does_not_match_is_refused(shipped: dict[str, Any], fault: Any) -> None:
    """Proves FT-33 at its source: even with a hash that fits the damage."""
    damaged = deepcopy(shipped)
    fault(damaged)
    damaged["sha256"] = digest(damaged)

    with pytest.raises(ArtefactError):
        load(damaged)


@pytest.mark.parametrize("payload", [[], {}, {"format": 1}, "text"])
def test_what_is_no_artefact_is_refused(payload: Any) -> None:
    with pytest.raises(ArtefactError):
        load(payload)


def test_one_changed_number_is_noticed(shipped: dict[str, Any]) -> None:
    changed = deepcopy(shipped)
    changed["heads"][0]["points"][3][0] += 0.01

    with pytest.raises(ArtefactError, match="hash"):
        load(changed)


def test_the_shipped_artefact_is_small_and_says_that_its_data_are_simulated(
    shipped: dict[str, Any],
) -> None:
    size = len(files("monitoring").joinpath("artefact.json").read_bytes())

    assert size < 60_000 * len(shipped["heads"])
    assert shipped["trained_on"] == "simulated data"
    assert {tier["tier"] for tier in shipped["thresholds"]} == {"AMBER", "YELLOW"}


@given(st.floats(-6, 6), st.floats(0, 6), st.integers(0, len(FEATURES) - 1))
def test_what_physiology_calls_worse_never_lowers_the_score(
    value: float, more: float, column: int
) -> None:
    text = files("monitoring").joinpath("artefact.json").read_text(encoding="utf-8")
    loaded = _cached(text)
    rows = np.full((2, len(FEATURES)), np.nan)
    rows[:, column] = value, value + more

    lower, higher = probabilities(loaded, rows)

    sign = FEATURES[column].monotonic
    assert sign == 0 or sign * (higher - lower) >= -1e-12


_LOADED: dict[int, Model] = {}


def _cached(text: str) -> Model:
    return _LOADED.setdefault(hash(text), load(json.loads(text)))


def test_leading_parts_only_raise(model: Model, described: np.typing.NDArray[np.float64]) -> None:
    risk = score(model, described[:1])[0]

    first = leading(risk.contributions)

    assert len(first) == 3
    assert first[0].points >= first[1].points >= first[2].points > 0


def test_the_score_alone_raises_an_alert_where_no_rule_fires(model: Model) -> None:
    """Several vitals drift a little; the usual is too young for rules that add up drifts."""
    person = Person("p1", "UTC", date(1944, 5, 1), groups=frozenset({"hypertension", "diabetes"}))
    now = START + timedelta(days=14, hours=2)

    judged = judge(
        history(person, drifting()),
        [(START + timedelta(days=14)).timestamp()],
        now=now,
        rulebook=load_rulebook(),
        model=model,
    )

    charts = {"PB-Z"}  # of single signals, which the score adds up
    alerting = [
        f
        for f in judged.findings
        if f.severity in (Severity.AMBER, Severity.YELLOW) and f.rule_id not in charts
    ]
    assert [finding.rule_id for finding in alerting] == ["RISK"]
    assert "simulated data" in clinician(alerting[0])
    assert "Raised most by" in clinician(alerting[0])


def drifting() -> list[Reading]:
    """Return eleven calm days, then four in which everything is a little worse at once."""
    calm = {
        Vital.HEART_RATE: (72.0, 3.0, 7.2),
        Vital.RESPIRATORY_RATE: (15.0, 1.0, 2.2),
        Vital.SPO2: (95.0, 0.7, -1.6),
        Vital.BODY_TEMPERATURE: (36.5, 0.15, 0.7),
        Vital.BODY_WEIGHT: (80.0, 0.3, 0.0),
    }
    random = np.random.default_rng(8)
    return [
        Reading(f"{vital}-{day}", vital, round(value, 1), moment, moment)
        for vital, (usual, spread, worse) in calm.items()
        for day in range(15)
        for moment in [START + timedelta(days=day)]
        for value in [usual + spread * random.uniform(-1, 1) + (worse if day > 10 else 0.0)]
    ]


@pytest.mark.parametrize("name", ["body_temperature.highest", "body_temperature.level"])
def test_a_value_on_an_edge_is_where_it_was_learned_from(
    shipped: dict[str, Any], model: Model, name: str
) -> None:
    """Tenths of a degree are edges: trained in single precision, read in double."""
    column = [feature.name for feature in FEATURES].index(name)
    edges = tuple(np.array(part["edges"]) for part in shipped["features"])
    rows = np.full((60, len(FEATURES)), np.nan)
    rows[:, column] = np.round(np.arange(35, 41, 0.1), 1)
    trained = binned(edges, rows.astype(np.float32))[:, column].astype(int)

    live = parts(model, rows)[:, column]

    np.testing.assert_array_equal(live, model.points[column, trained])
    np.testing.assert_array_equal(placed(edges[column], rows[:, column]), trained)
