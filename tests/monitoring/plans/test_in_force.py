from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from core.vitals import Reading, Severity, Vital
from ingest.enrolment import Person
from monitoring import judgement, windows
from monitoring.plans.in_force import effective, under_plan
from monitoring.plans.limits import Origin, PlanLimit
from monitoring.plans.plan_file import SitePlan
from monitoring.rule_kinds import Scope
from monitoring.rule_words import tiers
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from monitoring.findings import Finding
    from monitoring.rulebook import Rulebook

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
NOBODY_ELSES = SitePlan("1", "ward", "s", "h", only=frozenset())


def findings(
    rulebook: Rulebook, vital: Vital, *values: float, groups: frozenset[str] = frozenset()
) -> list[Finding]:
    readings = [
        Reading(str(n), vital, value, AT + timedelta(days=n), AT + timedelta(days=n))
        for n, value in enumerate(values)
    ]
    past = windows.history(Person("p", "UTC", groups=groups), readings)
    points = [windows.time_of(readings[-1])]
    now = readings[-1].effective + timedelta(minutes=40)
    return list(judgement.judge(past, points, now=now, rulebook=rulebook, model=None).findings)


def site(**levels: float) -> PlanLimit:
    return PlanLimit(vital=Vital.HEART_RATE, reason="r", **levels)  # type: ignore[arg-type]  # levels


def under(*limits: PlanLimit) -> Rulebook:
    return under_plan(RULEBOOK, SitePlan("1", "w", "s", "h", limits, frozenset()))


@pytest.mark.parametrize(
    ("value", "tier"),
    [
        (49.0, Severity.AMBER),
        (50.0, Severity.AMBER),
        (51.0, Severity.YELLOW),
        (55.0, Severity.YELLOW),
        (56.0, None),
        (94.0, None),
        (95.0, Severity.YELLOW),
        (99.0, Severity.YELLOW),
        (100.0, Severity.AMBER),
    ],
)
def test_a_value_at_a_level_counts_as_beyond_it(value: float, tier: Severity | None) -> None:
    rulebook = under(site(alert_low=50, warn_low=55, warn_high=95, alert_high=100))

    found = [f for f in findings(rulebook, Vital.HEART_RATE, value) if f.rule_id[:4] == "PLAN"]

    assert [f.severity for f in found] == ([tier] if tier else [])


def test_a_level_may_be_a_difference_from_the_usual() -> None:
    rulebook = under(site(alert_high=20, from_usual=True))

    assert not findings(rulebook, Vital.HEART_RATE, *[70.0] * 14, 89.0)
    [found] = findings(rulebook, Vital.HEART_RATE, *[70.0] * 14, 90.0)
    assert found.severity is Severity.AMBER
    assert found.limit == 90.0


def test_a_plan_cannot_switch_off_red_al_01() -> None:
    rulebook = under_plan(
        RULEBOOK, SitePlan("1", "w", "s", "h", only=frozenset(), off={"SPO2-CRIT": "no oximeters"})
    )

    assert [f.severity for f in findings(rulebook, Vital.SPO2, 88.0)] == [Severity.RED]


def test_the_hash_on_a_finding_names_the_plan_too() -> None:
    other = under_plan(RULEBOOK, SitePlan("1", "ward", "s", "other", only=frozenset()))

    assert len({RULEBOOK.hash, under_plan(RULEBOOK, NOBODY_ELSES).hash, other.hash}) == 3


@pytest.mark.parametrize("rule", [rule.id for rule in RULEBOOK.rules])
def test_of_each_rule_a_plan_leaves_what_is_red_or_about_the_measurement_al_01(rule: str) -> None:
    left = under_plan(RULEBOOK, NOBODY_ELSES).by_id.get(rule)
    always = {Severity.RED, Severity.DQ}.intersection(tiers(RULEBOOK.by_id[rule]))

    assert (left is not None) == bool(always)


def test_a_scope_keeps_a_limit_to_whom_it_is_for() -> None:
    limit = PlanLimit(
        vital=Vital.HEART_RATE,
        reason="r",
        alert_high=100,
        scope=Scope(conditions=frozenset({"heart_failure"})),
    )

    assert not findings(under(limit), Vital.HEART_RATE, 105.0)
    assert findings(under(limit), Vital.HEART_RATE, 105.0, groups=frozenset({"heart_failure"}))


def test_a_clinicians_limit_silences_the_rulebooks_own_below_red() -> None:
    """Whose heart beats at 115 for years is not told of each day; at RED they are."""
    before = findings(RULEBOOK, Vital.HEART_RATE, 115.0)
    limit = PlanLimit(vital=Vital.HEART_RATE, reason="r", origin=Origin.CLINICIAN, alert_high=125)
    plan = effective(RULEBOOK, [limit])

    assert [f.rule_id for f in before] == ["HR-HIGH2"]
    assert "HR-HIGH2" in plan.replaced
    assert not findings(plan.rulebook, Vital.HEART_RATE, 115.0)
    assert [f.severity for f in findings(plan.rulebook, Vital.HEART_RATE, 126.0)] == [
        Severity.AMBER
    ]
    assert Severity.RED in [f.severity for f in findings(plan.rulebook, Vital.HEART_RATE, 135.0)]
