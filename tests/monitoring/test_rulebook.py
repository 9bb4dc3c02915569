from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from core.errors import InvalidError
from core.vitals import Severity, Vital
from monitoring import rulebook as rulebooks
from monitoring.kinds import kind_of
from monitoring.rule_kinds import LimitRule

if TYPE_CHECKING:
    from monitoring.rulebook import Rulebook

SOUND = """
[[rule]]
id = "HR-TEST"
kind = "limit"
problem = "rhythm"
vital = "heart_rate"
source = "a test"
confidence = "V/E"
clinician = "Heart rate {value}"
patient = "Your heart beats {value} times."
scope = { conditions = ["heart_failure"], least_age = 65 }
levels = [
    { severity = "RED", comparison = "at-least", limit = 131, readings = 2 },
    { severity = "AMBER", comparison = "at-least", limit = 111, short_of = 131 },
]
"""
DRIFT = """
[[rule]]
id = "DRIFT-TEST"
kind = "drift"
problem = "decline"
vitals = ["steps"]
severity = "YELLOW"
recent_days = 3
usual_days = 28
ratio = 0.5
source = "a test"
confidence = "E"
clinician = "Steps {value}"
patient = "You move less."
"""


def parse(text: str) -> Rulebook:
    return rulebooks.parse(text, conditions={"heart_failure"})


def test_a_sound_rulebook_becomes_typed_rules_with_the_hash_of_its_text() -> None:
    book = parse(SOUND)

    [rule] = book.rules
    assert isinstance(rule, LimitRule)
    assert rule.levels[0].severity is Severity.RED
    assert rule.scope.conditions == {"heart_failure"}
    assert book.hash == parse(SOUND).hash != parse(SOUND + "\n").hash


@pytest.mark.parametrize(
    ("text", "old", "new", "fault"),
    [
        (SOUND, "limit = 131", "limit = 400", "outside the plausible range"),
        (SOUND, "heart_failure", "heart_trouble", "unknown condition heart_trouble"),
        (SOUND, '"RED"', '"SCARLET"', "SCARLET"),
        (SOUND, '"V/E"', '"sure"', "no tag"),
        (SOUND, 'source = "a test"', 'source = ""', "no source"),
        (SOUND, 'source = "a test"', "", "missing field source"),
        (SOUND, 'vital = "heart_rate"', 'vital = "mood"', "mood"),
        (SOUND, "readings = 2", "reading = 2", "unknown field reading"),
        (SOUND, "readings = 2", 'readings = "2"', "readings must be int"),
        (SOUND, "{value} times", "{pulse} times", "unknown template field pulse"),
        (SOUND, 'kind = "limit"', 'kind = "guess"', "unknown kind"),
        (SOUND, "limit = 111", "limit = 150", "lies beyond the graver"),
        (SOUND, "short_of = 131", "short_of = 100", "is empty"),
        (SOUND, '"RED", comparison', '"YELLOW", comparison', "gravest first"),
        (DRIFT, '"YELLOW"', '"AMBER"', "a drift signal alone may not be above YELLOW"),
        (DRIFT, "ratio = 0.5", "ratio = 0.5\nchange = -2", "either a change or a ratio"),
        (DRIFT, "recent_days = 3", "recent_days = 28", "fewer than usual_days"),
        (DRIFT, "[[rule]]", "[[rule]", "not TOML"),
    ],
)
def test_a_rulebook_that_makes_no_sense_is_refused_with_the_reason(
    text: str, old: str, new: str, fault: str
) -> None:
    assert old in text

    with pytest.raises(InvalidError, match=fault):
        parse(text.replace(old, new, 1))


def test_every_fault_is_named_and_not_only_the_first() -> None:
    with pytest.raises(InvalidError) as refused:
        parse(SOUND + SOUND.replace('"V/E"', '"?"') + DRIFT.replace('"YELLOW"', '"RED"'))

    assert refused.value.message.count(";") >= 2
    assert "stands twice" in refused.value.message


def test_the_rulebook_in_force_holds_the_first_rules_and_signs_them(rulebook: Rulebook) -> None:
    text = files("monitoring").joinpath("rulebook.toml").read_text(encoding="utf-8")

    assert len(rulebook.rules) >= 32
    assert rulebook.hash == hashlib.sha256(text.encode()).hexdigest()
    assert all(rule.source and rule.clinician and rule.patient for rule in rulebook.rules)


def test_the_second_fact_of_a_rule_asks_that_rule_again_when_it_arrives(
    rulebook: Rulebook,
) -> None:
    concerned = {rule.id for rule in rulebook.about(frozenset({Vital.SYSTOLIC_BP}))}

    assert {"SBP-LOW3", "HR-LOW3", "RR-HIGH3", "TEMP-LOW", "BP-AVG"} <= concerned
    assert Vital.HEART_RATE in kind_of(rulebook.by_id["SBP-LOW3"]).vitals(
        rulebook.by_id["SBP-LOW3"]
    )
