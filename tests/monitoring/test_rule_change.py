from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from core.errors import InvalidError
from core.vitals import Vital
from ingest.repository import condition_groups
from monitoring.rule_change import changed
from monitoring.rule_kinds import LimitRule
from monitoring.rulebook import parse

if TYPE_CHECKING:
    from monitoring.rulebook import Rulebook

IN_FORCE = files("monitoring").joinpath("rulebook.toml").read_text(encoding="utf-8")
GROUPS = frozenset(condition_groups())
NEW = """
[[rule]]
id = "SPO2-SITE"
kind = "limit"
problem = "breathing"
vital = "spo2"
levels = [{ severity = "YELLOW", comparison = "at-most", limit = 95 }]
source = "the site's own"
confidence = "E"
clinician = "SpO2 {value} %, limit {limit} %"
patient = "Your oxygen level is {value} %."
"""


def change(text: str) -> Rulebook:
    return changed(IN_FORCE, text, conditions=GROUPS)


def test_a_rule_may_be_switched_off() -> None:
    assert "SPO2-DRIFT" not in change('off = ["SPO2-DRIFT"]').by_id


def test_a_field_may_get_another_value_and_the_rest_stays() -> None:
    before = parse(IN_FORCE, conditions=GROUPS)

    after = change("[change.SPO2-CRIT]\nclears_by = 2.5")

    rule = after.by_id["SPO2-CRIT"]
    assert isinstance(rule, LimitRule)
    assert rule.clears_by == 2.5
    assert rule.vital is Vital.SPO2
    assert [r for r in after.rules if r.id != "SPO2-CRIT"] == [
        r for r in before.rules if r.id != "SPO2-CRIT"
    ]


def test_a_rule_may_be_added_and_the_new_rulebook_has_a_hash_of_its_own() -> None:
    after = change(NEW)

    assert "SPO2-SITE" in after.by_id
    assert after.hash not in {
        parse(IN_FORCE, conditions=GROUPS).hash,
        change("off = ['RISK']").hash,
    }


def test_a_rule_of_a_known_id_is_replaced() -> None:
    after = change(NEW.replace("SPO2-SITE", "SPO2-LOW"))

    assert after.by_id["SPO2-LOW"].source == "the site's own"


def test_a_whole_rulebook_is_taken_as_it_is() -> None:
    assert change(IN_FORCE) == parse(IN_FORCE, conditions=GROUPS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('off = ["NO-SUCH"]', "no rule NO-SUCH"),
        ("[change.NO-SUCH]\nclears_by = 1.0", "no rule NO-SUCH"),
        ("[change.SPO2-CRIT]\nclears = 1.0", "SPO2-CRIT: unknown field clears"),
        ("[change.SPO2-CRIT]\nsource = ''", "SPO2-CRIT: source: no source"),
        ("rules = []", "unknown part rules"),
        ("version = '2'", "the change is empty"),
        ("off = [", "not TOML"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_reason(text: str, said: str) -> None:
    with pytest.raises(InvalidError, match=said):
        change(text)
