from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from core.vitals import Severity, Vital
from monitoring.plans.deciding import ANYBODY, beyond, decide, gave_way
from monitoring.plans.limits import Origin, PlanLimit, Side
from monitoring.rule_kinds import Scope

HEART_FAILURE = Scope(conditions=frozenset({"heart_failure"}))


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


def test_a_sites_limit_for_a_condition_stands_before_its_limit_for_anybody() -> None:
    """Site, then condition, then patient: who speaks of fewer people goes first."""
    general = of(Origin.SITE, alert_high=160)
    special = of(Origin.SITE, alert_high=180, scope=HEART_FAILURE)

    [decided] = decide([general, special])

    assert decided.value == 180
    assert decide([general, special, of(Origin.CLINICIAN, alert_high=200)])[0].value == 200
    [yielded] = gave_way([general, special], [decided])
    assert (yielded.limit, yielded.to) == (general, special)
    assert yielded.why == "the site's limit for a condition goes before its limit for anybody"


def test_who_sets_only_a_warning_keeps_the_alert_beyond_it() -> None:
    warning = of(Origin.CLINICIAN, warn_high=150)
    template = of(Origin.TEMPLATE, warn_high=140, alert_high=170, origin_name="hypertension")

    decided = {(d.severity, d.value) for d in decide([warning, template])}

    assert decided == {(Severity.YELLOW, 150), (Severity.AMBER, 170)}


def test_nothing_fires_inside_what_a_clinician_set() -> None:
    wide = of(Origin.CLINICIAN, alert_high=190)
    template = of(Origin.TEMPLATE, warn_high=140, alert_high=170, origin_name="hypertension")
    warning = of(Origin.CLINICIAN, warn_high=180)

    assert {(d.severity, d.value) for d in decide([wide, template])} == {(Severity.AMBER, 190)}
    assert {(d.severity, d.value) for d in decide([warning, template])} == {(Severity.YELLOW, 180)}


def test_each_level_that_gave_way_is_told_with_the_reason() -> None:
    wide = of(Origin.CLINICIAN, alert_high=190)
    template = of(Origin.TEMPLATE, warn_high=140, alert_high=170, origin_name="hypertension")
    limits_ = [template, wide]

    told = gave_way(limits_, decide(limits_))

    assert {(g.severity, g.value, g.to.origin) for g in told} == {
        (Severity.YELLOW, 140, Origin.CLINICIAN),
        (Severity.AMBER, 170, Origin.CLINICIAN),
    }
    assert {g.why for g in told} == {"a clinician's limit for this patient goes first"}


def test_a_lock_is_given_as_the_reason() -> None:
    own = of(Origin.CLINICIAN, alert_high=190)
    locked = of(Origin.SITE, alert_high=160, locked=True)

    [told] = gave_way([own, locked], decide([own, locked]))

    assert (told.limit, told.to, told.why) == (own, locked, "the site has locked its limit")


def test_differences_from_the_usual_are_decided_apart_from_values() -> None:
    value = of(Origin.CLINICIAN, alert_high=190)
    difference = of(Origin.TEMPLATE, alert_high=30, from_usual=True, origin_name="x")

    assert {d.value for d in decide([value, difference])} == {190, 30}


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
        warn_low=st.sampled_from([None, 95.0, 100.0]),
        locked=st.booleans(),
        scope=st.sampled_from([ANYBODY, HEART_FAILURE]),
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
def test_a_clinicians_end_of_the_range_is_theirs_unless_the_site_locked_its_own(
    given_limits: list[PlanLimit],
) -> None:
    """Limits that a clinician set are never overridden: what others add lies beyond them."""
    decided = decide(given_limits)
    for c in (x for x in given_limits if x.origin is Origin.CLINICIAN):
        for side in c.sides:
            here = [d for d in decided if (d.vital, d.side) == (c.vital, side)]
            if any(d.limit.locked and d.limit.origin is Origin.SITE for d in here):
                continue
            own = [d for d in here if d.limit.origin is Origin.CLINICIAN]
            assert own
            for other in (d for d in here if d.limit.origin is not Origin.CLINICIAN):
                assert other.severity is Severity.AMBER
                assert all(beyond(other.value, mine.value, side) for mine in own)


@given(limits)
def test_every_level_is_in_force_or_told_to_have_given_way(given_limits: list[PlanLimit]) -> None:
    """Never silently: what somebody set is in force, or stands under what gave way."""
    decided = decide(given_limits)
    told = gave_way(given_limits, decided)

    for limit in given_limits:
        for side in limit.sides:
            for severity in (Severity.AMBER, Severity.YELLOW):
                if (value := limit.level(severity, side)) is None:
                    continue
                in_force = any(
                    (d.limit, d.side, d.severity, d.value) == (limit, side, severity, value)
                    for d in decided
                )
                gone = any((g.limit, g.side, g.severity) == (limit, side, severity) for g in told)
                assert in_force or gone


@given(limits)
def test_a_warning_in_force_lies_inside_the_alert(given_limits: list[PlanLimit]) -> None:
    decided = decide(given_limits)
    for vital in (Vital.SYSTOLIC_BP, Vital.HEART_RATE):
        for side in Side:
            here = {d.severity: d.value for d in decided if (d.vital, d.side) == (vital, side)}
            if len(here) == 2:
                assert beyond(here[Severity.AMBER], here[Severity.YELLOW], side)
