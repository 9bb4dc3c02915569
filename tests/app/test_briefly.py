"""What a row of the inbox says and draws: short, by stored numbers, in either language (UX-02)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import monitoring
from app.pages.briefly import brief
from app.pages.course import Subject
from app.pages.language import language
from app.pages.sparks import picture, summary
from core.vitals import Severity, Vital
from monitoring.features import FEATURES
from monitoring.findings import (
    Contribution,
    Evidence,
    Finding,
    Problem,
    Risk,
    Says,
    Spoken,
    Usual,
)
from monitoring.leading import Grounds, raised_most
from monitoring.phrases import Number, Phrase, Value, whole
from monitoring.service import load_rulebook
from reports.charts import Point

RULEBOOK = Path(monitoring.__file__).parent / "rulebook.toml"
NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)  # noon in Seoul
SPO2 = Usual(centre=96, low=94, high=98, spread=1, days=28)
GLUCOSE = Usual(centre=148, low=130, high=166, spread=9, days=28)


def points(*values: float, ends: datetime = NOW) -> list[Point]:
    first = ends - timedelta(days=len(values) - 1)
    return [Point(first + timedelta(days=n), value) for n, value in enumerate(values)]


def saturation(
    value: float = 86, *, confirmed: bool = False, usual: Usual | None = SPO2
) -> Finding:
    facts: dict[str, Value] = {"value": Number(value), "limit": Number(91)}
    return Finding(
        rule_id="SPO2-CRIT",
        problem=Problem.BREATHING,
        severity=Severity.RED,
        at=NOW,
        says=Says(
            "SpO2 {value} %, RED limit {limit} % or less", "", facts=facts, beside_usual=True
        ),
        source="",
        confidence="E",
        vital=Vital.SPO2,
        value=value,
        limit=91,
        usual=usual,
        evidence=(Evidence("r", Vital.SPO2, value, NOW),),
        confirmed=confirmed,
    )


def subject(
    finding: Finding, drawn: list[Point], grounds: Grounds | None = None, tongue: str = "en"
) -> Subject:
    return Subject(
        finding=finding,
        grounds=grounds or Grounds(),
        points=drawn,
        since=NOW - timedelta(days=14),
        week=NOW - timedelta(days=7),
        now=NOW,
        zone=ZoneInfo("Asia/Seoul"),
        said=language(tongue),
    )


def read(row: Subject) -> str:
    said = brief(row).sentence
    return f"{said.before}{said.number}{said.after}"


def score(*parts: tuple[str, float | None, float]) -> tuple[Finding, Grounds]:
    risk = Risk(
        probability=0.14,
        log_odds=0,
        intercept=0,
        contributions=tuple(
            Contribution(name, name, value, points) for name, value, points in parts
        ),
        horizon_days=7,
        model_id="m",
        trained_on="simulated data",
    )
    raised = Phrase("Raised most by: {reasons}.", {"reasons": (Phrase("x"),)})
    says = Says("Learned score", "", facts={"percent": whole(14)}, together=(raised,))
    finding = replace(
        saturation(), rule_id="RISK", says=says, vital=None, value=0.14, usual=None, limit=0.1,
        evidence=(),
    )  # fmt: skip
    return finding, Grounds({Vital.GLUCOSE: GLUCOSE}, risk)


RAISED = (
    ("glucose.level", 250.0, 0.8),
    ("heart_rate.latest", None, 0.9),  # not measured: there is nothing of it to show
    ("spo2.latest", 0.1, 0.2),
    ("age", 80.0, 2.0),
)


@pytest.mark.parametrize(
    ("values", "course"),
    [
        ((96, 96, 94, 92, 86), "falling for 3 days from 96"),
        ((96, 96, 96, 92.4, 92.2, 86), "92 the day before"),  # what reads the same is no course
        ((96, 88, 80, 86), "80 the day before"),
        ((80, 82, 86), "rising for 2 days from 80"),
        ((86,), "no earlier reading since 9 Nov"),
    ],
)
def test_a_row_says_number_usual_course_and_limit_in_one_sentence_ux_02(
    values: tuple[float, ...], course: str
) -> None:
    said = brief(subject(saturation(confirmed=True), points(*values)))

    assert said.sentence.number == "86 %"
    assert said.sentence.before == "SpO2 "
    assert said.sentence.after == f", usual 94–98, {course}; limit 91."  # noqa: RUF001 (as it is written)


def test_a_course_does_not_reach_over_days_without_a_reading() -> None:
    late = [*points(96, 94, ends=NOW - timedelta(days=5)), *points(90, 86)]

    assert "90 the day before" in read(subject(saturation(), late))
    assert "94 on 18 Nov" in read(subject(saturation(), [*late[:2], late[3]]))


def test_what_matters_at_once_follows_and_no_usual_is_said_ux_02() -> None:
    newer = [*points(96, 86), Point(NOW + timedelta(hours=1), 95)]
    short = replace(SPO2, days=8)

    assert read(subject(saturation(usual=None), points(96, 86))) == (
        "SpO2 86 %, no usual yet, 96 the day before; limit 91. Unconfirmed: not repeated yet."
    )
    assert "usual 94–98 (provisional)," in read(subject(saturation(usual=short), points(86)))  # noqa: RUF001 (as it is written)
    assert read(subject(saturation(confirmed=True), newer)).endswith("Newest since: 95 %.")


@pytest.mark.parametrize("rule", ["SPO2-CRIT", "PB-Z"])
def test_a_rule_about_one_reading_is_said_by_it_and_not_by_its_statistic_ux_02(rule: str) -> None:
    """UX-02: by the sentence that the rulebook has, of which a row is the short form."""
    template = next(each.clinician for each in load_rulebook().rules if each.id == rule)
    finding = saturation(confirmed=True)
    assert isinstance(finding.says, Says)
    stored = replace(finding, says=replace(finding.says, clinician=template))

    said = read(subject(stored, points(96, 86)))

    assert said.startswith("SpO2 86 %, usual 94–98, 96 the day before")  # noqa: RUF001 (as it is written)
    assert ("limit 91" in said) is (rule == "SPO2-CRIT")  # a chart has its own


def test_no_sentence_of_a_rule_counts_in_spreads() -> None:
    """UX-02: a clinician counts in the usual day-to-day variation."""
    text = RULEBOOK.read_text(encoding="utf-8")

    assert re.findall(r'(?:clinician|words|patient) = "[^"]*spread[^"]*"', text) == []


def test_a_mean_is_never_shown_as_a_reading() -> None:
    """UX-02: its own sentence says what it is a mean of; the usual follows."""
    facts: dict[str, Value] = {"value": Number(86), "count": whole(3), "limit": Number(88)}
    says = Says(
        "SpO2 {value} % (mean of {count}), limit {limit} %", "", facts=facts, beside_usual=True
    )
    mean = replace(saturation(confirmed=True), says=says, value=86.4)

    assert read(subject(mean, points(96, 86))) == (
        "SpO2 86 % (mean of 3), limit 88 %; usual 94–98."  # noqa: RUF001 (as it is written)
    )


def test_words_of_an_earlier_version_are_read_as_they_stand() -> None:
    told = replace(saturation(), says=Spoken("SpO2 86 %, as it was said", ""))

    assert read(subject(told, [])) == "SpO2 86 %, as it was said"


def test_a_score_leads_with_the_newest_unusual_reading_of_what_raised_it_most_ux_02() -> None:
    row = subject(score(*RAISED)[0], points(150, 205, 282), score(*RAISED)[1])

    said = brief(row)

    assert row.vital is Vital.GLUCOSE
    assert (said.sentence.before, said.sentence.number) == ("Glucose ", "282 mg/dL")
    assert said.sentence.after == ", usual 130–166, rising for 2 days from 150."  # noqa: RUF001 (as it is written)
    assert said.second == (
        "Learned score for worsening: 14 % within 7 days (trained on simulated data);"
        " 1 of 4 inputs unknown."
    )
    assert 'class="limit"' not in str(picture(row))  # that of a score is a probability


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ((150, 205, 150), "Glucose 205 mg/dL on 22 Nov, usual 130–166; newest 150 mg/dL."),  # noqa: RUF001 (as it is written)
        (
            (150, 152),
            "Glucose 152 mg/dL: no reading of the last 7 days outside the usual 130–166.",  # noqa: RUF001 (as it is written)
        ),
        ((), "Glucose: no reading since 9 Nov."),
    ],
)
def test_a_score_without_an_unusual_reading_says_so(
    values: tuple[float, ...], sentence: str
) -> None:
    finding, grounds = score(*RAISED)

    assert read(subject(finding, points(*values), grounds)) == sentence


def test_a_score_that_no_measurement_raised_says_so() -> None:
    finding, grounds = score(("age", 80.0, 2.0), ("spo2.latest", -1.0, -0.5))
    row = subject(finding, [], grounds)

    assert read(row) == "No single measurement raised the score."
    assert picture(row) is None


def test_every_input_of_the_score_is_known_by_its_name() -> None:
    for each in FEATURES:
        assert raised_most([Contribution(each.name, each.label, 1.0, 1.0)]) is each.vital


def test_a_combination_shows_its_strongest_reading_ux_02() -> None:
    """UX-02: the one farthest from its usual in the person's own spreads, and its number."""
    readings = (
        Evidence("a", Vital.GLUCOSE, 190, NOW - timedelta(hours=1)),  # 4.7 spreads
        Evidence("b", Vital.SPO2, 90, NOW),  # 6
        Evidence("c", Vital.BREATHLESSNESS, 1, NOW),  # an answer is not drawn
    )
    says = Says(
        "{count} lesser findings of different kinds within {span} h", "",
        facts={"count": whole(3), "span": whole(24)}, together=(Phrase("x"),),
    )  # fmt: skip
    combo = replace(saturation(), says=says, vital=None, value=None, usual=None, evidence=readings)
    row = subject(combo, points(95, 90), Grounds({Vital.GLUCOSE: GLUCOSE, Vital.SPO2: SPO2}))

    assert row.vital is Vital.SPO2
    assert read(row) == "SpO2 90 %, usual 94–98, 95 the day before."  # noqa: RUF001 (as it is written)
    assert brief(row).second == "3 lesser findings of different kinds within 24 h."
    assert 'class="band"' in str(picture(row))


def test_a_row_is_said_in_korean_ux_17() -> None:
    row = subject(saturation(), points(96, 94, 86), tongue="ko")
    scored = subject(score(*RAISED)[0], points(150, 282), score(*RAISED)[1], "ko")

    assert read(row) == (
        "산소포화도 86%, 평소 94~98, 96에서 2일간 계속 낮아짐; 기준 91."
        " 미확인: 아직 재측정하지 않음."
    )
    assert read(scored) == "혈당 282mg/dL, 평소 130~166, 전날 150."
    assert "입력 4개 중 1개는 알 수 없음" in brief(scored).second


def test_the_words_of_a_sparkline_say_what_it_shows_with_right_plurals_ux_11() -> None:
    old = Point(NOW - timedelta(days=15), 50)
    gap = [*points(95, 96, ends=NOW - timedelta(days=5)), *points(94, 88)]

    drawn = list(summary(subject(saturation(), [old, *gap]), Vital.SPO2))
    alone = list(summary(subject(saturation(), points(88)), Vital.SPO2))

    assert drawn == [
        "newest 88 %, between 88 and 96, middle 94, 4 readings",
        "usual 94–98",  # noqa: RUF001 (as it is written)
        "limit 91",
        "1 gap without readings",
    ]
    assert alone[0] == "newest 88 %, between 88 and 88, middle 88, 1 reading"
    assert list(summary(subject(saturation(), []), Vital.SPO2)) == ["no readings in this span"]
    assert "측정 공백 1회" in ", ".join(
        summary(subject(saturation(), gap, tongue="ko"), Vital.SPO2)
    )
