from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.vitals import Reading, Severity, Vital
from ingest.enrolment import Person
from monitoring import judgement, windows
from monitoring.plans.in_force import decide, effective, under_plan
from monitoring.plans.limits import Origin, PlanLimit, Side
from monitoring.plans.plan_file import SitePlan
from monitoring.rule_kinds import Scope
from monitoring.rule_words import tiers
from monitoring.service import load_rulebook

if TYPE_CHECKING:
    from monitoring.findings import Finding
    from monitoring.rulebook import Rulebook

RULEBOOK = load_rulebook()
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


def of(origin: Origin, **more: object) -> PlanLimit:
    return PlanLimit(vital=Vital.SYSTOLIC_BP, reason="r", origin=origin, **more)  # type: ignore[arg-type]  # fields


def test_the_clinician_goes_before_the_site_and_the_site_before_templates() -> None:
    limits = [
        of(Origin.TEMPLATE, alert_high=150, origin_name="heart_failure"),
        of(Origin.SITE, alert_high=160),
        of(Origin.CLINICIAN, alert_high=170),
    ]

    [decided] = decide(limits)

    assert decided.value == 170
    assert {other.origin for other in decided.instead_of} == {Origin.TEMPLATE, Origin.SITE}
    assert decide(limits[:2])[0].value == 160


def test_of_two_templates_the_tighter_counts_and_the_other_is_shown() -> None:
    loose = of(Origin.TEMPLATE, alert_low=90, alert_high=180, origin_name="hypertension")
    tight = of(Origin.TEMPLATE, alert_low=100, alert_high=160, origin_name="heart_failure")

    decided = decide([loose, tight])

    assert {(d.side, d.value) for d in decided} == {(Side.LOW, 100), (Side.HIGH, 160)}
    assert all(d.instead_of == (loose,) for d in decided)


def test_a_sites_locked_limit_stands_before_a_clinicians() -> None:
    [decided] = decide(
        [of(Origin.SITE, alert_high=160, locked=True), of(Origin.CLINICIAN, alert_high=190)]
    )

    assert decided.value == 160


def test_of_a_clinicians_two_limits_the_later_counts_even_where_it_is_wider() -> None:
    [decided] = decide(
        [
            of(Origin.CLINICIAN, alert_high=150, set_on=date(2026, 1, 1)),
            of(Origin.CLINICIAN, alert_high=170, set_on=date(2026, 2, 1)),
        ]
    )

    assert decided.value == 170


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


limits = st.lists(
    st.builds(
        PlanLimit,
        vital=st.sampled_from([Vital.SYSTOLIC_BP, Vital.HEART_RATE]),
        reason=st.just("r"),
        origin=st.sampled_from(Origin),
        origin_name=st.sampled_from(["a", "b"]),
        alert_low=st.sampled_from([None, 85.0, 90.0]),
        warn_high=st.sampled_from([None, 110.0, 120.0]),
        alert_high=st.sampled_from([None, 130.0, 140.0]),
        set_on=st.sampled_from([None, date(2026, 1, 1), date(2026, 2, 1)]),
        locked=st.booleans(),
    ),
    max_size=6,
)


@given(limits, st.data())
def test_the_order_in_which_limits_are_given_decides_nothing(
    given_limits: list[PlanLimit], data: st.DataObject
) -> None:
    other = data.draw(st.permutations(given_limits))

    assert [(d.vital, d.side, d.severity, d.value) for d in decide(given_limits)] == [
        (d.vital, d.side, d.severity, d.value) for d in decide(other)
    ]


@given(limits)
def test_a_clinicians_level_is_in_force_unless_the_site_locked_its_own(
    given_limits: list[PlanLimit],
) -> None:
    clinicians = [x for x in given_limits if x.origin is Origin.CLINICIAN]
    site_locked = [x for x in given_limits if x.locked and x.origin is Origin.SITE]
    locked = {(x.vital, side) for x in site_locked for side in x.sides}

    for decided in decide(given_limits):
        if (decided.vital, decided.side) in locked:
            assert decided.limit.locked
        elif any(c.vital is decided.vital and decided.side in c.sides for c in clinicians):
            assert decided.limit.origin is Origin.CLINICIAN
