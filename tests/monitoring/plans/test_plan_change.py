from __future__ import annotations

from dataclasses import replace
from importlib.resources import files

import pytest

from core.errors import InvalidError
from core.vitals import Vital
from ingest.context.repository import medicine_classes
from ingest.repository import condition_groups
from monitoring.plans.limits import Origin, PlanLimit
from monitoring.plans.plan_change import InForce, Proposed, proposed
from monitoring.plans.plan_file import read_plan
from monitoring.service import load_rulebook

ROOM = files("monitoring")
NOW = InForce(
    ROOM.joinpath("rulebook.toml").read_text(encoding="utf-8"),
    ROOM.joinpath("plans", "templates.toml").read_text(encoding="utf-8"),
    frozenset(condition_groups()),
    medicine_classes(),
)
LIMIT = '[[limit]]\nvital = "heart_rate"\nalert_high = 100\nreason = "tried"\n'
PLAN = 'version = "1"\nname = "ward"\nsource = "s"\ntemplates = ["copd"]\n'
TEMPLATE = """
[[template]]
name = "parkinson"
display = "Parkinson's disease"
scope = { conditions = ["parkinson"] }
[[template.limit]]
vital = "systolic_bp"
warn_low = 95
reason = "standing up"
basis = "a default"
"""


def change(text: str) -> Proposed:
    return proposed(text, NOW)


def names(found: Proposed) -> set[str]:
    return {each.name for each in found.site.templates.templates}


def test_a_limit_may_be_proposed_for_everybody() -> None:
    found = change(LIMIT)

    [limit] = found.site.limits
    assert (limit.alert_high, limit.origin) == (100, Origin.SITE)
    assert found.site.rulebook.rules == load_rulebook().rules
    assert found.own == {}


def test_a_limit_of_one_patient_stands_in_the_place_of_the_one_that_they_have() -> None:
    found = change(LIMIT + 'patient = "anna"\n')
    own = PlanLimit(vital=Vital.HEART_RATE, reason="r", origin=Origin.CLINICIAN)
    standing = replace(own, alert_high=125.0)
    other = replace(own, vital=Vital.SPO2, alert_low=85.0)

    anna = found.own_of("anna", [standing, other])

    assert {(each.vital, each.origin) for each in anna} == {
        (Vital.SPO2, Origin.CLINICIAN),
        (Vital.HEART_RATE, Origin.CLINICIAN),
    }
    assert {each.alert_high for each in anna} == {None, 100}
    assert found.own_of("otto", [standing]) == (standing,)
    assert found.site.limits == ()


def test_templates_may_be_added_replaced_and_left_out() -> None:
    before = names(change(LIMIT))

    added = change(TEMPLATE)
    fewer = change('templates_off = ["frailty"]')

    assert names(added) == before | {"parkinson"}
    assert names(fewer) == before - {"frailty"}
    assert len({each.site.templates.hash for each in (added, fewer, change(LIMIT))}) == 3


def test_rules_and_limits_may_change_together() -> None:
    found = change('off = ["SPO2-DRIFT"]\n' + LIMIT)

    assert "SPO2-DRIFT" not in found.site.rulebook.by_id
    assert len(found.site.limits) == 1


def test_a_rule_that_a_template_names_may_be_switched_off() -> None:
    found = change('off = ["AF-RVR"]')

    [template] = [t for t in found.site.templates.templates if t.name == "atrial_fibrillation"]
    assert template.rules == ()


def test_a_whole_plan_of_a_site_is_a_change_too() -> None:
    found = change(PLAN + LIMIT)

    assert names(found) == {"copd"}
    assert len(found.site.limits) == 1
    assert found.site.rulebook.version.endswith("ward 1")


def test_the_plan_in_force_stays_beside_what_is_proposed() -> None:
    plan = read_plan(PLAN, rules=(), conditions=(), templates={"copd"})

    found = proposed(LIMIT, replace(NOW, plan=plan))

    assert names(found) == {"copd"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x", "not TOML"),
        ("x = 1", "unknown part x"),
        ('version = "2"', "the change is empty"),
        (LIMIT.replace("100", "900"), "900 lies outside"),
        ('templates_off = ["gout"]', "no template gout"),
        (TEMPLATE.replace("parkinson", "gout"), "unknown condition gout"),
        ('off = ["NONE"]', "no rule NONE"),
    ],
)
def test_a_change_that_nobody_could_mean_is_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidError, match=said):
        change(text)
