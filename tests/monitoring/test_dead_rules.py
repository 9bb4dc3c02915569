from __future__ import annotations

import pytest

from core.errors import InvalidError
from monitoring import rulebook as rulebooks

HEAD = """
[[rule]]
id = "T"
source = "a test"
confidence = "V/E"
clinician = "It is {value}"
patient = "It is {value}."
"""
LIMIT = (
    HEAD
    + """
kind = "limit"
problem = "breathing"
vital = "spo2"
levels = [{ severity = "AMBER", comparison = "at-most", limit = 93, short_of = 91, readings = 2 }]
"""
)
CHANGE = (
    HEAD
    + """
kind = "change"
problem = "fluid"
vital = "body_weight"
severity = "AMBER"
comparison = "above"
amount = 2.0
window_days = 3
"""
)
CRITERIA = (
    HEAD
    + """
kind = "criteria"
problem = "infection"
severity = "AMBER"
least = 1
hours = 24
[[rule.criteria]]
[[rule.criteria.any]]
vital = "glucose"
comparison = "at-most"
limit = 100
short_of = 70
words = "70 to 100 mg/dL"
[[rule.criteria]]
any = [{ vital = "vomiting", limit = 1, words = "vomiting" }]
medicines = ["insulin"]
"""
)
TRAIT = 'scope = { traits = ["frail"], least_age = 75, age_or_trait = true }\n'
COND = 'scope = { conditions = ["copd"], without_conditions = ["asthma"] }\n'


def parse(text: str) -> None:
    rulebooks.parse(text, conditions={"copd", "asthma"}, medicines={"insulin"})


@pytest.mark.parametrize("text", [LIMIT, CHANGE, CRITERIA, LIMIT + TRAIT, LIMIT + COND])
def test_a_rule_that_can_fire_is_not_refused(text: str) -> None:
    parse(text.replace(TRAIT, "").replace("[[rule]]\n", f"[[rule]]\n{TRAIT * (TRAIT in text)}"))


@pytest.mark.parametrize(
    ("text", "old", "new", "fault"),
    [
        (LIMIT, "at-most", "below", ""),
        (LIMIT, '"at-most", limit = 93', '"above", limit = 100', r"levels\[0\].limit: no spo2"),
        (LIMIT, '"at-most", limit = 93', '"below", limit = 50', r"levels\[0\].limit: no spo2"),
        (LIMIT, "limit = 93", "limit = 100", r"levels\[0\].limit: every spo2 of 50 to 100 %"),
        (LIMIT, "limit = 93", "limit = 9", "limit 9 lies outside the plausible range"),
        (LIMIT, "short_of = 91", "short_of = 93", r"levels\[0\].short_of: no value lies between"),
        (LIMIT, "limit = 93", "change = -60", r"levels\[0\].change: spo2 cannot change by -60"),
        (LIMIT, "readings = 2", "usual_days = 119", r"levels\[0\].usual_days: 119 days"),
        (LIMIT, "readings = 2", "within_minutes = 200000", r"levels\[0\].usual_days|within_min"),
        (CHANGE, "amount = 2.0", "amount = 300", "amount: body_weight cannot change by 300"),
        (CHANGE, "window_days = 3", "window_days = 211", "window_days: 211 days are asked for"),
        (CHANGE, '"body_weight"', '"spo2"\nusual_days = 1', "unknown field usual_days"),
        (CRITERIA, "short_of = 70", "short_of = 100", ""),
        (CRITERIA, "short_of = 70", "short_of = 101", r"criteria\[0\].any\[0\].short_of: no value"),
        (CRITERIA, '"vomiting", limit = 1', '"vomiting", limit = 0', "limit: every vomiting"),
        (CRITERIA, '["insulin"]', '["insuline"]', r"criteria\[1\].medicines: nobody can take"),
        (CRITERIA, "70 to 100 mg/dL", "70 to 100 mmHg", "words: says mmHg, where .* mg/dL"),
        (CRITERIA, "70 to 100 mg/dL", "70 to 110 mg/dL", "words: .* does not name what is tested"),
    ],
)
def test_a_limit_window_or_unit_that_rules_a_rule_out_is_named_by_its_field(
    text: str, old: str, new: str, fault: str
) -> None:
    assert old in text
    if not fault:
        parse(text.replace(old, new, 1))
        return

    with pytest.raises(InvalidError, match=f"T: .*{fault}"):
        parse(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ('scope = { traits = ["frial"] }', "scope.traits: nobody can have the trait frial"),
        ('scope = { medicines = ["tea"] }', "scope.medicines: nobody can take the class tea"),
        ('scope = { conditions = ["gout"] }', "scope.conditions: unknown condition gout"),
        ('scope = { without_conditions = ["gout"] }', "scope.without_conditions: unknown"),
        (
            'scope = { conditions = ["copd"], without_conditions = ["copd", "asthma"] }',
            "scope.without_conditions: leaves out everybody",
        ),
        ("scope = { least_age = 150 }", "scope.least_age: nobody is 150"),
        ("scope = { least_age = 75, age_or_trait = true }", "scope.age_or_trait"),
        ('tiers = ["RED"]', "tiers: it never says RED"),
        ('tiers = ["AMBER", "DQ"]', "tiers: it never says DQ"),
        ('clinician = "SpO2 {value} kg"', "clinician: says kg, where the values are in %"),
        ('patient = " "', "patient: the sentence is missing"),
    ],
)
def test_a_scope_tier_or_sentence_that_nobody_can_meet_is_named_by_its_field(
    entry: str, fault: str
) -> None:
    name = entry.split(" = ", maxsplit=1)[0]
    kept = "\n".join(line for line in LIMIT.splitlines() if not line.startswith(f"{name} ="))

    with pytest.raises(InvalidError, match=f"T: {fault}"):
        parse(f"{kept}\n{entry}\n")


def test_a_companion_for_people_whom_the_scope_leaves_out_is_named() -> None:
    raised = """
[rule.levels.raised]
severity = "RED"
companions = [{ vital = "spo2", comparison = "at-most", limit = 87, scale_two = true }]
"""
    table = LIMIT.replace("levels = [{", "scope = { scale_two = false }\n[[rule.levels]]\n")
    lines = table.replace(" }]", "").replace("91, readings", "91\nreadings")
    split = lines.replace('"AMBER", ', '"AMBER"\n').replace('"at-most", ', '"at-most"\n')

    with pytest.raises(InvalidError, match=r"levels\[0\].raised.companions\[0\].scale_two"):
        parse(split.replace("93, ", "93\n") + raised)
