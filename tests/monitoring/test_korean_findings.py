"""Whatever is judged is said whole in Korean, with the numbers that English has."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.vitals import Quality, Reading, Vital
from ingest.enrolment import Person
from monitoring import judgement, windows, words
from tests.monitoring.said import charted
from tests.monitoring.test_korean import LATIN, NUMBER, POLITE, SENTENCE, WORD
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitoring.findings import Finding

DAYS = 16  # of an ordinary life, before the days that are judged
START = datetime(2026, 3, 2, 23, tzinfo=UTC)  # 08:00 the next day in Seoul
SOMEBODY = Person(
    "p",
    "Asia/Seoul",
    birth_date=date(1948, 5, 1),
    groups=frozenset({"heart_failure", "copd", "diabetes", "hypertension"}),
    medicines=frozenset({"insulin", "loop-diuretic", "antihypertensive"}),
    lives_alone=True,
)
ORDINARY = {
    Vital.BODY_WEIGHT: 80.0,
    Vital.HEART_RATE: 72.0,
    Vital.SYSTOLIC_BP: 132.0,
    Vital.SPO2: 96.0,
    Vital.RESPIRATORY_RATE: 16.0,
    Vital.BODY_TEMPERATURE: 36.5,
    Vital.GLUCOSE: 128.0,
}
STRANGE = {
    Vital.BODY_WEIGHT: (64.2, 78.0, 81.6, 82.8, 176.0),
    Vital.HEART_RATE: (36.0, 48.0, 97.0, 114.0, 118.0, 138.0),
    Vital.SYSTOLIC_BP: (84.0, 88.0, 97.0, 192.0, 224.0),
    Vital.STANDING_SYSTOLIC_BP: (88.0, 104.0),
    Vital.SPO2: (82.0, 89.0, 92.0, 93.0),
    Vital.RESPIRATORY_RATE: (7.0, 22.0, 24.0, 27.0),
    Vital.BODY_TEMPERATURE: (34.6, 37.5, 38.3, 38.9),
    Vital.GLUCOSE: (48.0, 62.0, 66.0, 280.0, 340.0, 610.0),
    Vital.BREATHLESSNESS: (2.0, 6.0),
    Vital.PERFUSION_INDEX: (0.3, 1.5),
    Vital.CHEST_PAIN: (1.0,),
    Vital.BREATHLESS_AT_REST: (1.0,),
    Vital.BREATHLESS_LYING_FLAT: (0.0, 1.0),
    Vital.NEW_CONFUSION: (0.0, 1.0),
    Vital.VOMITING: (1.0,),
    Vital.POOR_INTAKE: (1.0,),
    Vital.FALL: (1.0,),
}
BOUNDS = {Vital.GLUCOSE: ((20.0, "<"), (600.0, ">"))}


def reading(number: int, vital: Vital, value: float, hours: float, comparator: str = "") -> Reading:
    at = START + timedelta(hours=hours)
    quality = Quality.BOUND if comparator else Quality.SCORED
    return Reading(str(number), vital, value, at, at, quality, comparator=comparator)


@st.composite
def strange_days(draw: st.DrawFn) -> list[Reading]:
    """An ordinary fortnight, then readings near and beyond the limits of many rules."""
    found = [
        reading(i, vital, value + (day % 3 - 1) * value / 100, 24 * day)
        for i, (day, (vital, value)) in enumerate(
            (day, each) for day in range(DAYS) for each in ORDINARY.items()
        )
    ]
    hours = 24.0 * DAYS
    few = draw(st.permutations(sorted(STRANGE)))[:4]
    for number in range(draw(st.integers(4, 12))):
        hours += draw(st.sampled_from([0.1, 0.3, 1.0, 20.0]))
        vital = draw(st.sampled_from(few))
        value, comparator = draw(st.sampled_from(STRANGE[vital])), ""
        if vital in BOUNDS and draw(st.booleans()):
            value, comparator = draw(st.sampled_from(BOUNDS[vital]))
        found.append(reading(1000 + number, vital, value, hours, comparator))
    return found


def findings(readings: list[Reading]) -> tuple[Finding, ...]:
    points = [windows.time_of(each) for each in readings[-12:]]
    past = windows.history(SOMEBODY, readings)
    now = readings[-1].effective + timedelta(hours=3)
    return judgement.judge(past, points, now=now, rulebook=RULEBOOK, model=None).findings


def told(finding: Finding, language: str) -> Iterator[str]:
    """Yield everything that a language says of a finding."""
    yield words.detail(finding, language)
    yield words.patient(finding, language, emergency="119")
    yield words.missing(finding, language)


def test_a_spoken_time_is_read_back_as_it_was() -> None:
    assert charted("3월 2일 오후 9시 5분부터") == "3월 2일 21:05부터"
    assert charted("오전 12시, 오후 12시") == "00:00, 12:00"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(strange_days())
def test_whatever_is_judged_is_said_whole_in_korean(readings: list[Reading]) -> None:
    """UX-17: no word of another language is left, whatever fired and by which facts."""
    for finding in findings(readings):
        for english, korean in zip(told(finding, "en"), told(finding, "ko"), strict=True):
            assert set(WORD.findall(korean)) <= LATIN, korean
            assert set(NUMBER.findall(english)) <= set(NUMBER.findall(charted(korean))), korean
            assert not re.search(r"[{}]|\s{2}", korean), korean


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(strange_days())
def test_a_patient_reads_polite_sentences_whatever_was_found(readings: list[Reading]) -> None:
    for finding in findings(readings):
        said = words.patient(finding, "ko", emergency="119")

        assert all(POLITE.search(each) for each in SENTENCE.split(said)), said
