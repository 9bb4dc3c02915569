from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from core.vitals import Severity, Vital
from monitoring import explanation
from monitoring.findings import Evidence, Usual
from monitoring.moment import Hit

if TYPE_CHECKING:
    from monitoring.rulebook import Rulebook

NOON = 1_772_452_800.0  # 2026-03-02 12:00 UTC


@pytest.mark.parametrize(
    ("value", "beside", "shown"),
    [
        (37.84, None, "37.8"),
        (37.84, 37.8, "37.84"),  # or it would read: 37.8 is above 37.8
        (37.8, 37.8, "37.8"),
        (37.9, 37.8, "37.9"),
        (37.80004, 37.8, "37.800"),  # three digits are enough for anybody
    ],
)
def test_a_number_is_rounded_as_its_vital_is_shown_but_never_onto_its_limit(
    value: float, beside: float | None, shown: str
) -> None:
    assert explanation.number(value, Vital.BODY_TEMPERATURE, beside=beside) == shown


def weight_hit(rulebook: Rulebook) -> Hit:
    return Hit(
        rule=rulebook.by_id["HF-W3"],
        severity=Severity.AMBER,
        at=NOON,
        day=739_677,
        vital=Vital.BODY_WEIGHT,
        value=82.4,
        limit=82.0,
        usual=Usual(80.0, 79.2, 80.8, 0.4, 12),
        change=2.4,
        since=NOON - 3 * 86_400,
        span=3,
    )


def test_a_finding_says_number_change_limit_usual_range_and_what_would_have_kept_it_quiet(
    rulebook: Rulebook,
) -> None:
    found = explanation.finding(weight_hit(rulebook), zone="UTC", closing=rulebook.closing)

    assert found.sentence == (
        "Weight 82.4 kg, up 2.4 kg in 3 days (rule: more than 2); "
        "usual 79.2–80.8 kg (12 days, provisional)."  # noqa: RUF001 (a range)
    )
    assert found.counterfactual == "It would not have fired with Weight at or below 82.0 kg."


def test_the_patient_reads_what_was_noticed_what_happens_and_when_to_call(
    rulebook: Rulebook,
) -> None:
    """The order of alerting.md section 8."""
    found = explanation.finding(weight_hit(rulebook), zone="UTC", closing=rulebook.closing)

    words = found.patient_sentence
    order = ["gone up 2.4 kg in 3 days", "can mean", "care team", "emergency", "not a diagnosis"]
    places = [words.index(part) for part in order]
    assert places == sorted(places)


def test_no_sentence_leaves_a_hole(rulebook: Rulebook) -> None:
    for rule in rulebook.rules:
        for sentence in (rule.clinician, rule.patient):
            assert not re.search(r"\{\}|\s{2}", sentence), rule.id


def test_a_local_time_is_the_persons_own() -> None:
    assert explanation.local_time(NOON, "Asia/Seoul") == "02 Mar 21:00"


@pytest.mark.parametrize(
    ("vital", "words"),
    [(Vital.SPO2, "SpO2 95 %"), (Vital.HEART_RATE, "heart rate 95 /min")],
)
def test_a_second_fact_is_named_with_its_number(vital: Vital, words: str) -> None:
    second = Evidence("r", vital, 95.0, datetime(2026, 3, 2, tzinfo=UTC))

    assert explanation.evidence_words(second) == words
