from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import numpy as np
import pytest

from core.vitals import Vital
from monitoring.by_measurement import by_measurement
from monitoring.features import FEATURES
from monitoring.findings import Contribution, Evidence, Risk
from monitoring.risk import load, score

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def risks() -> list[Risk]:
    random = np.random.default_rng(4)
    rows = random.normal(size=(40, len(FEATURES)))
    rows[random.uniform(size=rows.shape) < 0.25] = np.nan
    artefact = files("monitoring").joinpath("artefact.json").read_text(encoding="utf-8")
    return score(load(json.loads(artefact)), rows)


def test_what_the_measurements_add_sums_to_the_log_odds_of_the_score_and_of_the_family(
    risks: list[Risk],
) -> None:
    """Proves G12 per measurement: to 1e-9, each part in just one of them."""
    for risk in risks:
        assert risk.family is not None
        for each in (risk, risk.family):
            groups = by_measurement(each.contributions)
            total = each.intercept + sum(group.points for group in groups)
            parts = [part for group in groups for part in group.parts]

            assert math.isclose(total, each.log_odds, rel_tol=0, abs_tol=1e-9)
            assert sorted(map(str, parts)) == sorted(map(str, each.contributions))
            assert all(
                math.isclose(g.points, sum(p.points for p in g.parts), abs_tol=1e-9) for g in groups
            )


def test_every_feature_of_the_catalogue_has_its_heading() -> None:
    groups = by_measurement(Contribution(f.name, f.label, 1.0, 0.1) for f in FEATURES)
    where = {part.feature: group.key for group in groups for part in group.parts}

    assert where == {f.name: f.vital or where[f.name] for f in FEATURES}
    assert {where[f.name] for f in FEATURES if not f.vital} == {"together", "person", "contact"}
    assert (where["heart.now"], where["has.insulin"]) == ("together", "person")
    assert (where["age"], where["contact.silence"]) == ("person", "contact")


def test_the_reading_behind_a_measurement_is_its_last_one() -> None:
    early = Evidence("a/1/spo2", Vital.SPO2, 95.0, NOW - timedelta(days=2))
    late = Evidence("b/1/spo2", Vital.SPO2, 91.0, NOW)
    parts = [Contribution("spo2.latest", "", -2.0, 0.5), Contribution("age", "", 80.0, 0.6)]

    age, spo2 = by_measurement(parts, [late, early])

    assert (spo2.vital, spo2.latest) == (Vital.SPO2, late)
    assert (age.vital, age.latest) == (None, None)


def test_a_feature_that_the_catalogue_has_no_longer_is_told_by_its_name() -> None:
    old = [
        Contribution("spo2.change3", "SpO2: change over 3 days", 1.0, -0.3),
        Contribution("moon", "Phase of the moon", 1.0, 0.1),
    ]

    assert [each.key for each in by_measurement(old)] == ["spo2", "other"]
