from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from core.vitals import Severity, Vital
from monitoring import explanation, words
from monitoring.findings import Finding, Problem, Says, Usual
from monitoring.moment import Hit
from monitoring.phrases import Instant, measured, number

if TYPE_CHECKING:
    from monitoring.phrases import Value
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
    assert str(number(value, Vital.BODY_TEMPERATURE, beside=beside)) == shown


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

    assert words.clinician(found) == (
        "Weight 82.4 kg, up 2.4 kg in 3 days (rule: more than 2 kg). That is 2.4 kg above the "
        "usual 80.0 kg (range 79.2–80.8 kg, 12 days). "  # noqa: RUF001 (a range)
        "This usual is provisional: it rests on 12 days."
    )
    assert words.counterfactual(found) == "It would not have fired with weight at or below 82.0 kg."


def test_the_patient_reads_what_was_noticed_what_happens_and_when_to_call(
    rulebook: Rulebook,
) -> None:
    """The order of alerting.md section 8."""
    found = explanation.finding(weight_hit(rulebook), zone="UTC", closing=rulebook.closing)

    said = words.patient(found, emergency="119")
    order = ["gone up 2.4 kg in 3 days", "can mean", "care team", "call", "not a diagnosis"]
    places = [said.index(part) for part in order]
    assert places == sorted(places)


def test_the_patient_reads_the_sites_own_emergency_number(rulebook: Rulebook) -> None:
    grave = replace(weight_hit(rulebook), severity=Severity.RED)
    found = explanation.finding(grave, zone="UTC", closing=rulebook.closing)

    assert "call 119 now" in words.patient(found, emergency="119")
    assert "call the emergency number now" in words.patient(found)
    assert "{" not in words.patient(found)


def test_no_words_for_a_patient_name_a_diagnosis_or_blame(rulebook: Rulebook) -> None:
    """alerting.md section 8: reading age 12, no diagnosis, no blame, no alarm words."""
    heavy = re.compile(
        r"heart failure|sepsis|pneumonia|hypo|hyper|bradycard|tachycard|fibrillation"
        r"|dying|death|danger|critical|forgot|failed|refus|your fault|you should have",
        re.IGNORECASE,
    )
    for rule in rulebook.rules:
        assert not heavy.search(rule.patient), rule.id
        longest = max(len(part.split()) for part in re.split(r"[.:;] ", rule.patient))
        assert longest <= 22, rule.id


def test_a_meters_bound_is_never_read_out_as_the_value(rulebook: Rulebook) -> None:
    low = Hit(
        rule=rulebook.by_id["GLU-L2"],
        severity=Severity.RED,
        at=NOON,
        day=739_677,
        vital=Vital.GLUCOSE,
        value=20.0,
        limit=54.0,
        bound="below",
    )

    found = explanation.finding(low, zone="UTC", closing=rulebook.closing)

    assert words.clinician(found).startswith("Glucose below 20 mg/dL, RED limit below 54 mg/dL")
    assert words.patient(found).startswith("Your blood sugar is below 20 mg/dL.")


@pytest.mark.parametrize(
    ("vital", "value", "said"),
    [
        (Vital.BODY_TEMPERATURE, 38.5, "That is 2.1 °C above the usual 36.4 °C"),
        (Vital.SPO2, 33.4, "That is 3 points below the usual 36 %"),
        (Vital.SPO2, 36.6, "That is 1 point above the usual 36 %"),
        (Vital.HEART_RATE, 36.4, "That is the usual 36 /min"),
    ],
)
def test_how_far_a_value_is_from_the_usual_reads_as_english(
    vital: Vital, value: float, said: str
) -> None:
    usual = Usual(36.4, 35.8, 37.0, 0.3, 28)

    [sentence] = words.against_usual(value, usual, vital)

    assert words.phrase(sentence).startswith(said)


def test_no_sentence_leaves_a_hole(rulebook: Rulebook) -> None:
    for rule in rulebook.rules:
        for sentence in (rule.clinician, rule.patient):
            assert not re.search(r"\{\}|\s{2}", sentence), rule.id


def test_a_local_time_is_the_persons_own_in_the_readers_language() -> None:
    assert words.moment(Instant(NOON, "Asia/Seoul")) == "2 Mar 21:00"
    assert words.moment(Instant(NOON, "Asia/Seoul"), "ko") == "3월 2일 21:00"


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "3월 2일 오후 9시"),
        (5, "3월 2일 오후 9시 5분"),
        (180, "3월 3일 오전 12시"),
        (600, "3월 3일 오전 7시"),
        (900, "3월 3일 오후 12시"),
    ],
)
def test_patients_are_told_the_time_as_people_say_it(minutes: int, said: str) -> None:
    at = Instant(NOON + 60 * minutes, "Asia/Seoul")

    assert words.moment(at, "ko", spoken=True) == said
    assert words.moment(at, spoken=True) == words.moment(at)


def test_a_patient_reads_the_time_as_it_is_said_and_a_clinician_as_in_a_chart() -> None:
    facts: dict[str, Value] = {"since": Instant(NOON, "Asia/Seoul")}
    says = Says(
        "Fall detected at {since}, not cancelled",
        "We have had no measurement from you since {since}.",
        facts=facts,
    )
    finding = Finding(
        "FALL-DEV", Problem.WELFARE, Severity.RED, datetime.fromtimestamp(NOON, UTC), says, "", "E"
    )

    assert "3월 2일 오후 9시 이후로 측정값을 받지 못했습니다." in words.patient(finding, "ko")
    assert "3월 2일 21:00 낙상 감지" in words.clinician(finding, "ko")
    assert "2 Mar 21:00" in words.patient(finding)


@pytest.mark.parametrize(
    ("vital", "said"),
    [
        (Vital.SPO2, "SpO2 95 %"),
        (Vital.HEART_RATE, "heart rate 95 /min"),
        (Vital.CHEST_PAIN, "chest pain"),
    ],
)
def test_a_second_fact_is_named_with_its_number_and_an_answer_by_its_name(
    vital: Vital, said: str
) -> None:
    assert words.phrase(measured(vital, 95.0)) == said
