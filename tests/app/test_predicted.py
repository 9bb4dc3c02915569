"""What stands beside the score: horizons, families of events, and the measurements (UX-06)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.pages.explained import Reader
from app.pages.language import language
from app.pages.predicted import family_words, predictions
from app.pages.score import risk_print
from app.pages.score_values import percent
from core.vitals import MEASURES, Vital
from monitoring.by_measurement import CONTACT, OTHER, PERSON, TOGETHER
from monitoring.families import FAMILIES
from monitoring.findings import Assessment, Contribution, Evidence, FamilyRisk, Prediction, Risk
from monitoring.predictors import FEATURES
from monitoring.record import read_risk, write_risk
from monitoring.tables import AssessmentRow
from tests.ward import MALSUN

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi.testclient import TestClient

    from core.database import Database
    from tests.ward import Ward

PEOPLE = (MALSUN,)
NOW = datetime(2026, 11, 23, 1, 42, tzinfo=UTC)
ENGLISH = Reader(NOW, ZoneInfo("Asia/Seoul"), frozenset())
KOREAN = replace(ENGLISH, language="ko")
PARTS = (
    Contribution("age", "Age", 84.0, 0.1),
    Contribution("body_weight.latest", "Weight: latest day against usual", 3.2, 0.2),
    Contribution("spo2.latest", "SpO2: latest day against usual", None, -0.1),
)
OF_HEART = tuple(
    replace(part, points=points) for part, points in zip(PARTS, (0.3, 0.6, -0.1), strict=True)
)
OLD = Risk(0.04, -3.8, -4.0, PARTS, 7, "m1", "simulated data")
RISK = replace(
    OLD,
    others=(
        Prediction("any", 14, 0.124),
        Prediction("any", 3, 0.004),
        Prediction("infection", 7, 0.02),
        Prediction("heart_failure", 7, 0.08),
    ),
    family=FamilyRisk("heart_failure", 0.08, -3.2, -4.0, OF_HEART),
    basis=(Evidence("a/1/body_weight", Vital.BODY_WEIGHT, 61.2, NOW - timedelta(hours=2)),),
)


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        (0.0, "under 1 %"),
        (0.0099, "under 1 %"),
        (0.01, "1 %"),
        (0.99, "99 %"),
        (0.996, "over 99 %"),
    ],
)
def test_no_estimate_is_told_as_certain(probability: float, said: str) -> None:
    assert percent(probability, ENGLISH.said) == said


def test_other_horizons_and_the_likeliest_family_are_said_in_plain_words() -> None:
    found = predictions(RISK, ENGLISH)

    assert found.horizons == ["under 1 % within 3 days", "12 % within 14 days"]
    assert found.likeliest == "Most likely: heart failure, 8 % within 7 days."
    assert [(each.name, each.percent) for each in found.families] == [
        ("heart failure", "8 %"),
        ("an infection", "2 %"),
    ]
    assert predictions(RISK, KOREAN).likeliest == "가장 가능성이 큰 사건: 심부전, 7일 이내 8 %."


def test_a_whole_that_a_part_carries_is_a_lower_bound_and_says_of_which_part() -> None:
    """Decision 40."""
    carried = replace(RISK, probability=0.08, by=Prediction("heart_failure", 7, 0.08))
    sooner = replace(RISK, by=Prediction("any", 3, 0.04))

    assert predictions(RISK, ENGLISH).at_least == ""
    assert predictions(carried, ENGLISH).at_least == (
        "At least this: heart failure within 7 days is by itself estimated so."
    )
    assert predictions(sooner, ENGLISH).at_least == (
        "At least this: worsening within 3 days is by itself estimated so."
    )
    assert "심부전, 7일 이내" in predictions(carried, KOREAN).at_least
    judged = Assessment("p", NOW, (), carried, "", "m1")
    assert risk_print(judged, ENGLISH).percent == "at least 8 %"
    assert risk_print(judged, KOREAN).percent == "8 % 이상"
    assert risk_print(replace(judged, risk=RISK), ENGLISH).percent == "4 %"


def test_the_likeliest_family_is_explained_by_measurement_with_the_reading_behind() -> None:
    found = predictions(RISK, ENGLISH)
    weight, person, spo2 = found.rows
    summed = sum(float(row.points) for row in [*found.rows, *found.rest])

    assert found.caption == "What moves the most likely, by measurement: heart failure"
    assert (weight.id, weight.label, weight.reading) == ("risk-of-body-weight", "Weight", "61.2 kg")
    assert weight.at is not None
    assert weight.at.absolute == "08:42"
    assert weight.effect == "raises it, 60 % of all"
    assert (person.label, person.reading, person.most) == (
        "About the person",
        "",
        "Age (84 years)",
    )
    assert (spo2.reading, spo2.at) == ("no reading in the last week", None)
    assert float(found.start) + summed == pytest.approx(float(found.total), abs=0.002)


def test_a_score_of_an_earlier_version_is_explained_by_its_own_parts() -> None:
    found = predictions(OLD, ENGLISH)

    assert (found.horizons, found.likeliest, found.families) == ([], "", [])
    assert found.caption == "What moves the score, by measurement"
    assert [row.label for row in found.rows] == ["Weight", "About the person", "SpO2"]
    assert {(row.reading, row.at) for row in found.rows} == {("", None)}


def test_a_family_of_another_version_is_told_by_its_own_name() -> None:
    assert family_words("moonlight", ENGLISH) == "moonlight"


def test_headings_measurements_and_families_are_said_in_korean_ux_17() -> None:
    labels = {MEASURES[each.vital].display for each in FEATURES if each.vital} - {"SpO2"}
    labels |= {heading[1] for heading in (TOGETHER, PERSON, CONTACT, OTHER)}

    assert {each for each in labels if language("ko").say(each) == each} == set()
    assert all(family_words(name, KOREAN) != words for name, words in FAMILIES.items())


def test_the_page_of_a_patient_says_it_and_still_shows_an_old_score(
    enter: Callable[[str], TestClient], ward: Ward, database: Database
) -> None:
    patient = ward.patients["Oh Malsun"]
    newest = select(AssessmentRow).where(AssessmentRow.patient_id == patient)
    newest = newest.order_by(AssessmentRow.at.desc()).limit(1)
    client = enter(ward.username)
    fresh = client.get(f"/patients/{patient}").text
    with database.transaction() as session:
        row = session.scalars(newest).one()
        assert row.risk is not None
        stored = write_risk(read_risk(row.risk))
        row.risk = {k: v for k, v in stored.items() if k not in ("others", "family", "basis")}

    old = client.get(f"/patients/{patient}").text

    for part in ("risk-horizons", "risk-likeliest", "risk-families"):
        assert f'id="{part}"' in fresh
        assert f'id="{part}"' not in old
    assert 'id="risk-by-measurement"' in fresh
    assert 'id="risk-by-measurement"' in old
    assert 'id="risk-of-spo2"' in fresh
