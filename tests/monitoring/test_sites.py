"""A usual of one arm is none of the other: what is compared lies at the same part of the body."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from core.vitals import Reading, Severity, Vital
from ingest.enrolment import Person
from monitoring import baseline, features, judgement, windows
from monitoring.findings import Alike
from monitoring.words import clinician
from tests.monitoring.conftest import START
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitoring.findings import Finding

V = Vital
NOISE = (0.0, 3.0, -3.0, 1.0, -1.0)
DRIFTS = {"PB-Z", "PB-EWMA", "PB-CUSUM"}


def days(
    sites: Sequence[str], values: Sequence[float], vital: Vital = V.SYSTOLIC_BP, scale: float = 1.0
) -> list[Reading]:
    """One reading each morning."""
    return [
        Reading(f"{vital} {day}", vital, value + scale * NOISE[day % 5], at, at, site=site)
        for day, (site, value) in enumerate(zip(sites, values, strict=True))
        for at in [START + timedelta(days=day)]
    ]


def judged(readings: list[Reading]) -> list[Finding]:
    past = windows.history(Person("p", "UTC"), readings, gate=RULEBOOK.gate)
    last = max(readings, key=lambda r: r.effective)
    found = judgement.judge(
        past, [windows.time_of(last)], now=last.effective, rulebook=RULEBOOK, model=None
    )
    return list(found.findings)


def drifts(readings: list[Reading]) -> set[str]:
    return {finding.rule_id for finding in judged(readings)} & DRIFTS


SWITCHED = [130.0] * 35 + [152.0] * 4
TURNS = [130.0 if day % 2 == 0 else 152.0 for day in range(40)]


def test_the_other_arm_is_no_drift_and_without_its_name_it_is() -> None:
    named = days(["left-arm"] * 35 + ["right-arm"] * 4, SWITCHED)
    unnamed = days([""] * 39, SWITCHED)

    assert drifts(named) == set()
    assert drifts(unnamed) == DRIFTS


def test_two_arms_in_turn_have_each_their_own_usual_and_their_own_drift() -> None:
    sites = ["left-arm" if day % 2 == 0 else "right-arm" for day in range(40)]
    raised = [*TURNS[:6], *TURNS[:34], *(value + 45 for value in TURNS[34:])]

    assert drifts(days(sites, TURNS)) == set()
    assert "PB-CUSUM" in drifts(days([*sites[:6], *sites], raised))

    past = windows.history(Person("p", "UTC"), days(sites, TURNS), gate=RULEBOOK.gate)
    found = baseline.usual(past, V.SYSTOLIC_BP, before=START.toordinal() + 39)
    assert found is not None
    assert (found.alike, found.days) == (Alike.SITE, 14)
    assert found.centre == pytest.approx(152, abs=1)


def test_arms_that_do_not_differ_teach_one_usual() -> None:
    sites = ["left-arm" if day % 2 == 0 else "right-arm" for day in range(40)]
    past = windows.history(Person("p", "UTC"), days(sites, [130.0] * 40), gate=RULEBOOK.gate)

    found = baseline.usual(past, V.SYSTOLIC_BP, before=START.toordinal() + 39)

    assert found is not None
    assert (found.alike, found.days) == (None, 28)


def test_a_sender_that_begins_to_name_the_arm_ends_no_usual() -> None:
    readings = days([""] * 35 + ["left-arm"] * 4, [130.0] * 35 + [175.0] * 4)

    assert "PB-Z" in drifts(readings)


def test_a_red_of_the_other_arm_is_a_red() -> None:
    readings = days(["left-arm"] * 30 + ["right-arm"], [130.0] * 30 + [225.0])

    [red] = [f for f in judged(readings) if f.severity is Severity.RED]
    assert red.rule_id == "SBP-220"
    assert red.usual is None


def test_the_sentence_says_that_the_usual_is_of_this_part_of_the_body() -> None:
    sites = ["left-arm" if day % 2 == 0 else "right-arm" for day in range(40)]
    [red] = [
        f for f in judged(days([*sites, "left-arm"], [*TURNS, 225.0])) if f.severity is Severity.RED
    ]

    assert "95 mmHg above the usual 130 mmHg" in clinician(red)
    assert "This usual is of readings at this part of the body only." in clinician(red)
    assert "같은 부위에서 잰 측정값만의 평소 값." in clinician(red, "ko")


def test_an_ear_is_no_fever_of_an_armpit() -> None:
    """1.1 °C above the own usual: the usual is of the same site (`TEMP-DELTA`)."""
    values = [36.0] * 30 + [37.2]
    armpit = days(["armpit"] * 31, values, V.BODY_TEMPERATURE, 0.05)
    ear = days(["armpit"] * 30 + ["ear"], values, V.BODY_TEMPERATURE, 0.05)

    assert "TEMP-DELTA" in {f.rule_id for f in judged(armpit)}
    assert "TEMP-DELTA" not in {f.rule_id for f in judged(ear)}


def test_the_score_looks_at_the_same_part_of_the_body() -> None:
    def week(readings: list[Reading]) -> float:
        past = windows.history(Person("p", "UTC"), readings, gate=RULEBOOK.gate)
        at = START + timedelta(days=len(readings))
        described = features.describe(past, at.timestamp())
        names = [feature.name for feature in features.FEATURES]
        return float(described[names.index("systolic_bp.recent")])

    turns = ["left-arm" if day % 2 == 0 else "right-arm" for day in range(40)]

    assert abs(week(days(turns, TURNS))) < 0.5
    assert abs(week(days([""] * 35 + ["right-arm"] * 4, SWITCHED))) > 1
