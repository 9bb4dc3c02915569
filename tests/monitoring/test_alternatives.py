"""Two other explanations for each grave finding (alerting.md section 6, item 5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fnmatch import fnmatchcase
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from core.errors import InvalidError
from core.vitals import MEASURES, Group, Severity, Vital
from ingest.repository import condition_groups
from monitoring import judgement, record, windows, words
from monitoring.alternatives import GRAVE, considered, parse
from monitoring.early_warning import PROBLEM_OF, EarlyWarningRule
from monitoring.findings import Finding, Problem, Says
from monitoring.moment import moment
from monitoring.plans.limits import PREFIX, Side
from monitoring.problem_of import problem_of
from monitoring.rule_kinds import ImplausibleRule
from monitoring.rule_words import tiers
from tests.monitoring.conftest import START, MakeReadings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.vitals import Reading
    from ingest.enrolment import Person
    from monitoring.rule_kinds import Rule
    from monitoring.rulebook import Rulebook

TEXT = files("monitoring").joinpath("alternatives.toml").read_text(encoding="utf-8")
NOON = START.timestamp()
PLANNED = [
    (f"{PREFIX}{vital}-{side}".upper(), problem_of(vital))
    for vital in Vital
    for side in Side
    if MEASURES[vital].group is Group.BODY
]


def problems(rule: Rule) -> set[Problem]:
    if isinstance(rule, EarlyWarningRule) and rule.single:
        return set(PROBLEM_OF.values())
    if isinstance(rule, ImplausibleRule):
        return {danger.problem for danger in rule.dangers}
    return {rule.problem}


def grave(rulebook: Rulebook) -> Iterator[Finding]:
    for rule in rulebook.rules:
        for severity in GRAVE & set(tiers(rule)):
            for problem in problems(rule):
                says = Says(rule.clinician, rule.patient)
                yield Finding(rule.id, problem, severity, START, says, "", "E")


def of(finding: Finding, person: Person, rulebook: Rulebook, *readings: Reading) -> Says:
    past = windows.history(person, readings)
    now = moment(past, NOON, NOON)
    [found] = considered(rulebook.alternatives, [finding], lambda _: now)
    assert isinstance(found.says, Says)
    return found.says


def test_a_fall_asks_first_whether_the_detector_was_dropped(
    person: Person, rulebook: Rulebook
) -> None:
    [fall] = [f for f in grave(rulebook) if f.rule_id == "FALL-DEV"]

    first, second = of(fall, person, rulebook).alternatives

    assert (first.id, second.id) == ("false-fall", "sensor-off")


def test_every_grave_finding_has_two_alternatives_that_differ(
    person: Person, rulebook: Rulebook
) -> None:
    found = {
        (f.rule_id, f.problem): [a.id for a in of(f, person, rulebook).alternatives]
        for f in grave(rulebook)
    }

    assert found
    assert {rule: each for rule, each in found.items() if len(set(each)) != 2} == {}


def test_no_alternative_is_what_the_rule_says_itself(person: Person, rulebook: Rulebook) -> None:
    for finding in grave(rulebook):
        named = {each.id for each in of(finding, person, rulebook).alternatives}

        assert not ("heart-failure" in named and finding.rule_id.startswith("HF-"))
        assert not ("kidney" in named and finding.rule_id.startswith("CKD-"))
        assert not ("copd-flare" in named and finding.rule_id == "COPD-ROME")


def test_every_pattern_names_a_rule(rulebook: Rulebook) -> None:
    named = {
        pattern
        for each in rulebook.alternatives.every
        for pattern in (*each.rules, *each.headline, *(f for s in each.signs for f in s.findings))
    }

    known = [*rulebook.by_id, *(rule for rule, _ in PLANNED)]
    assert [p for p in named if not any(fnmatchcase(rule, p) for rule in known)] == []


@pytest.mark.parametrize(("rule", "problem"), PLANNED)
def test_a_limit_of_a_plan_has_two_alternatives_as_well(
    person: Person, rulebook: Rulebook, rule: str, problem: Problem
) -> None:
    finding = Finding(rule, problem, Severity.AMBER, START, Says("", ""), "", "E")

    assert len({each.id for each in of(finding, person, rulebook).alternatives}) == 2


def weight_alert(rulebook: Rulebook) -> Finding:
    return next(f for f in grave(rulebook) if f.rule_id == "HF-W3")


def test_the_record_decides_which_two_are_shown_and_they_say_by_what(
    person: Person, rulebook: Rulebook, daily: MakeReadings
) -> None:
    kidneys = replace(person, groups=person.groups | {"chronic_kidney_disease"})
    well = daily(Vital.SPO2, [97.0])

    others = of(weight_alert(rulebook), kidneys, rulebook, *well).alternatives

    said = {a.id: [words.phrase(sign) for sign in a.signs] for a in others}
    assert said == {
        "not-water": ["SpO2 97 % on 2 Mar 08:00 shows no congestion."],
        "kidney": ["Chronic kidney disease is on the problem list."],
    }


def test_what_speaks_against_an_alternative_puts_another_before_it(
    person: Person, rulebook: Rulebook, daily: MakeReadings
) -> None:
    alone = replace(person, lives_alone=True)
    low = daily(Vital.SPO2, [92.0])

    others = of(weight_alert(rulebook), alone, rulebook, *low).alternatives

    assert [each.id for each in others] == ["kidney", "diuretic-missed"]


def test_an_old_reading_speaks_neither_for_nor_against(
    person: Person, rulebook: Rulebook, daily: MakeReadings
) -> None:
    old = [replace(r, effective=r.effective - timedelta(hours=49)) for r in daily(Vital.SPO2, [97])]

    others = of(weight_alert(rulebook), person, rulebook, *old).alternatives

    assert not any(each.signs for each in others)


def test_a_doubtful_measurement_is_offered_first_where_a_rule_doubts_it(
    person: Person, rulebook: Rulebook
) -> None:
    alert = weight_alert(rulebook)
    doubt = replace(alert, rule_id="DQ-OTHER", severity=Severity.DQ, problem=Problem.TECHNIQUE)
    now = moment(windows.history(person, []), NOON, NOON)

    first, second = considered(rulebook.alternatives, [alert, doubt], lambda _: now)

    assert isinstance(first.says, Says)
    assert first.says.alternatives[0].id == "other-scale-user"
    assert isinstance(second.says, Says)
    assert second.says.alternatives == ()


def test_a_judgement_keeps_the_alternatives_with_its_finding_and_touches_no_tier(
    person: Person, rulebook: Rulebook, daily: MakeReadings
) -> None:
    readings = daily(Vital.SPO2, [96.0] * 20 + [90.0])
    now = readings[-1].effective
    past, at = windows.history(person, readings), [now.timestamp()]
    without = replace(rulebook, alternatives=parse("", conditions=()))

    judged = judgement.judge(past, at, now=now, rulebook=rulebook, model=None)
    bare = judgement.judge(past, at, now=now, rulebook=without, model=None)

    assert [(f.rule_id, f.severity, f.at) for f in judged.findings] == [
        (f.rule_id, f.severity, f.at) for f in bare.findings
    ]
    [red] = [f for f in judged.findings if f.rule_id == "SPO2-CRIT"]
    assert len(words.alternatives(red)) == 2
    assert record.read_finding(record.write_finding(red)) == red
    detail = words.detail(red)
    assert all(f"Consider also: {a.name}." in detail for a in words.alternatives(red))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (('id = "cuff"', 'id = "fingers"'), "fingers: the id stands twice"),
        (('conditions = ["copd"]', 'conditions = ["lungs"]'), "unknown condition lungs"),
        (("limit = 37.8", "limit = 378"), "378"),
        (('confidence = "V"\n', ""), "missing field confidence"),
        (("= [", "= ["[:-1]), "refused"),
    ],
)
def test_alternatives_that_nobody_could_have_meant_are_refused(
    change: tuple[str, str], fault: str
) -> None:
    conditions = frozenset(condition_groups())
    parse(TEXT, conditions=conditions)

    with pytest.raises(InvalidError, match=fault):
        parse(TEXT.replace(*change), conditions=conditions)
