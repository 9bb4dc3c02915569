"""The words of a criterion: a limit is said as a limit, and what was measured beside the usual."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.vitals import Vital
from monitoring import words
from monitoring.comparison import Comparison
from monitoring.criteria import CriteriaRule, criteria
from monitoring.criteria import tests_of as every_fact
from monitoring.moment import moment
from monitoring.windows import history, time_of
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from ingest.enrolment import Person
    from tests.monitoring.conftest import MakeReadings

RULES = [each for each in RULEBOOK.rules if isinstance(each, CriteriaRule)]
OPEN = {Comparison.AT_LEAST: ("or more", "at least"), Comparison.AT_MOST: ("or more", "at most")}


def test_a_distance_from_the_usual_is_said_as_a_limit_and_not_as_measured() -> None:
    """UX-07: "8 /min above the usual" would read as what was found, whatever was."""
    distances = [
        (rule.id, fact.words)
        for rule in RULES
        for fact in every_fact(rule)
        if (fact.limit is None or fact.rise) and fact.comparison in OPEN and not fact.beside
        if not any(each in fact.words for each in OPEN[fact.comparison])
    ]

    assert distances == []


def test_what_was_measured_stands_beside_the_usual_it_was_held_against(
    person: Person, daily: MakeReadings
) -> None:
    rule = next(each for each in RULES if each.id == "HF-MULTI")
    pulse = daily(Vital.HEART_RATE, [71.0] * 28 + [84.0] * 3)
    oxygen = daily(Vital.SPO2, [96.0] * 28 + [90.0] * 3)
    readings = [*pulse, *oxygen]
    now = max(time_of(each) for each in readings)

    (hit,) = criteria(rule, moment(history(person, readings), now, now))

    assert [words.phrase(each, "en") for each in hit.held] == [
        "heart rate 8 /min or more above the usual (84 /min, usual 71 /min)",
        "SpO2 2 points or more below the usual (90 %, usual 96 %)",
    ]
    assert [words.phrase(each, "ko") for each in hit.held] == [
        "심박수가 평소보다 8회/분 이상 높음(84회/분, 평소 71회/분)",
        "산소포화도가 평소보다 2%p 이상 낮음(90%, 평소 96%)",
    ]
