from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.vitals import Severity
from monitoring import scoring
from monitoring.findings import Finding, Problem, Risk, Spoken, Usual
from monitoring.words import clinician
from tests.rulebook import RULEBOOK

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
END = START + timedelta(days=12)


@pytest.mark.parametrize(
    ("probability", "tier"),
    [(0.09, None), (0.1, Severity.YELLOW), (0.3, Severity.AMBER), (1.0, Severity.AMBER)],
)
def test_the_score_raises_its_own_finding_and_never_red(
    probability: float, tier: Severity | None
) -> None:
    risk = Risk(probability, 0.0, 0.0, (), 14, "m", "simulated data")
    thresholds = {"YELLOW": 0.1, "AMBER": 0.3, "RED": 0.9}

    found = scoring.score_finding(RULEBOOK, risk, thresholds, at=END, day=END.date())

    assert (found.severity if found else None) == tier
    if found:
        assert (found.rule_id, found.problem) == ("RISK", Problem.DECLINE)
        assert "trained on simulated data" in clinician(found)


def test_the_alert_says_what_its_model_was_trained_on_in_both_languages() -> None:
    data = "simulated data and labelled days of this site"
    risk = Risk(0.2, 0.0, 0.0, (), 7, "m", data)

    found = scoring.score_finding(RULEBOOK, risk, {"YELLOW": 0.1}, at=END, day=END.date())

    assert found is not None
    assert f"(trained on {data})" in clinician(found)
    assert "학습 자료: 모의 자료와 이 기관의 결과가 표시된 날" in clinician(found, "ko")


def test_two_yellow_findings_of_different_organs_within_72_hours_are_one_amber() -> None:
    """AL-02."""
    heart = yellow("RHR-UP", Problem.RHYTHM, hours=0)
    lungs = yellow("SPO2-DRIFT", Problem.BREATHING, hours=72)

    combined = scoring.combined(RULEBOOK, [lungs], [heart])

    assert [(c.rule_id, c.severity, c.at) for c in combined] == [
        ("COMBO", Severity.AMBER, lungs.at)
    ]


@pytest.mark.parametrize(
    ("rule", "problem", "hours"),
    [
        ("SPO2-DRIFT", Problem.BREATHING, 73),  # too late
        ("HR-LOW1", Problem.RHYTHM, 1),  # the same organ system
        ("RISK", Problem.DECLINE, 1),  # the score looks at the same readings
        ("SIL-HFW", Problem.SILENCE, 1),  # silence is no organ
    ],
)
def test_other_pairs_of_yellow_findings_stay_yellow(
    rule: str, problem: Problem, hours: int
) -> None:
    heart = yellow("RHR-UP", Problem.RHYTHM, hours=0)

    assert scoring.combined(RULEBOOK, [yellow(rule, problem, hours=hours)], [heart]) == []


@pytest.mark.parametrize(("value", "count"), [(70.0 + 2 * 4.9, 0), (70.0 + 2 * 5.0, 1)])
def test_what_is_usual_for_the_person_is_no_second_signal(value: float, count: int) -> None:
    usual = Usual(centre=70.0, low=60.0, high=80.0, spread=5.0, days=28)
    heart = replace(yellow("RHR-UP", Problem.RHYTHM, hours=0), value=value, usual=usual)
    lungs = yellow("SPO2-DRIFT", Problem.BREATHING, hours=1)

    assert len(scoring.combined(RULEBOOK, [lungs], [heart])) == count


def test_a_late_finding_completes_a_combination_with_a_later_known_one() -> None:
    """REL-19."""
    heart = yellow("RHR-UP", Problem.RHYTHM, hours=0)
    lungs = yellow("SPO2-DRIFT", Problem.BREATHING, hours=10)

    in_order = scoring.combined(RULEBOOK, [lungs], [heart])
    late = scoring.combined(RULEBOOK, [heart], [lungs])

    assert in_order == late


def yellow(rule: str, problem: Problem, *, hours: int) -> Finding:
    return Finding(
        rule_id=rule,
        problem=problem,
        severity=Severity.YELLOW,
        at=START + timedelta(hours=hours),
        says=Spoken(f"{rule} fired.", ""),
        source="a test",
        confidence="E",
    )
