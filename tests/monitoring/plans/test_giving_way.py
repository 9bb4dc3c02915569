from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.vitals import MEASURES, Severity, Vital
from monitoring.plans.in_force import effective
from monitoring.plans.in_part import left_out
from monitoring.plans.limits import Origin, PlanLimit
from monitoring.words import phrase
from tests.monitoring.plans.test_in_force import findings
from tests.rulebook import RULEBOOK


def own(vital: Vital, **levels: float) -> PlanLimit:
    return PlanLimit(vital=vital, reason="r", origin=Origin.CLINICIAN, **levels)  # type: ignore[arg-type]  # levels


def tiers_of(vital: Vital, value: float, *limits: PlanLimit) -> set[tuple[str, Severity]]:
    rulebook = effective(RULEBOOK, limits).rulebook
    return {(f.rule_id, f.severity) for f in findings(rulebook, vital, value)}


def test_a_warning_of_a_clinician_does_not_take_away_the_alert_beyond_it() -> None:
    """Who warns at 100 is still told of 115: an added warning is no wish to hear less."""
    said = tiers_of(Vital.HEART_RATE, 115.0, own(Vital.HEART_RATE, warn_high=100))

    assert ("HR-HIGH2", Severity.AMBER) in said
    assert ("PLAN-OWN-HEART_RATE-HIGH", Severity.YELLOW) in said


def test_a_warning_beyond_the_rulebooks_alert_silences_it() -> None:
    said = tiers_of(Vital.HEART_RATE, 115.0, own(Vital.HEART_RATE, warn_high=120))

    assert said == set()


def test_of_an_average_only_the_term_that_gave_way_is_left_out() -> None:
    """A limit for the upper pressure says nothing of the lower one."""
    rulebook = effective(RULEBOOK, [own(Vital.SYSTOLIC_BP, alert_high=200)]).rulebook

    terms = rulebook.by_id["BP-SEVERE"].terms  # type: ignore[attr-defined]  # an average rule

    assert [term.vital for term in terms] == [Vital.DIASTOLIC_BP]


def test_a_part_of_the_early_warning_score_gives_way_at_the_end_that_was_set() -> None:
    """Who lives at a systolic pressure of 88 is not told of it each day by NEWS2 either."""
    before = tiers_of(Vital.SYSTOLIC_BP, 88.0)
    limit = own(Vital.SYSTOLIC_BP, alert_low=85)

    assert {name for name, _ in before} >= {"SBP-LOW3", "NEWS2-S3"}
    assert tiers_of(Vital.SYSTOLIC_BP, 88.0, limit) == set()
    assert tiers_of(Vital.SYSTOLIC_BP, 84.0, limit) == {
        ("PLAN-OWN-SYSTOLIC_BP-LOW", Severity.AMBER)
    }
    assert ("NEWS2-S3", Severity.AMBER) in tiers_of(Vital.SYSTOLIC_BP, 224.0, limit)


def test_a_value_on_several_days_gives_way_too() -> None:
    wide = effective(RULEBOOK, [own(Vital.GLUCOSE, alert_high=350)])

    assert "GLU-300-2D" in wide.replaced
    assert "GLU-HI" not in wide.replaced


def test_a_difference_from_the_usual_silences_no_fixed_limit() -> None:
    limit = own(Vital.HEART_RATE, alert_high=30, from_usual=True)

    assert effective(RULEBOOK, [limit]).replaced == ()


VITALS = [Vital.SYSTOLIC_BP, Vital.HEART_RATE, Vital.SPO2, Vital.GLUCOSE, Vital.RESPIRATORY_RATE]
WORDS = ("alert_low", "warn_low", "warn_high", "alert_high")


@st.composite
def clinicians_limits(draw: st.DrawFn) -> PlanLimit:
    vital = draw(st.sampled_from(VITALS))
    measure = MEASURES[vital]
    values = st.integers(int(measure.low), int(measure.high))
    levels = sorted(draw(st.lists(values, min_size=4, max_size=4, unique=True)))
    given_levels = draw(st.lists(st.booleans(), min_size=4, max_size=4))
    chosen = {
        word: float(level)
        for word, level, wanted in zip(WORDS, levels, given_levels, strict=True)
        if wanted
    }
    return own(vital, **(chosen or {"alert_high": float(levels[-1])}))


@settings(deadline=None)  # a rulebook is made for most examples
@given(st.lists(clinicians_limits(), max_size=4), st.sampled_from(VITALS), st.data())
def test_no_limit_takes_away_or_delays_a_red_al_01(
    limits: list[PlanLimit], vital: Vital, data: st.DataObject
) -> None:
    """AL-01: whatever clinicians set, a value that is RED by the rulebook stays RED."""
    measure = MEASURES[vital]
    value = float(data.draw(st.integers(int(measure.low), int(measure.high))))

    before = {(f.rule_id, f.at) for f in findings(RULEBOOK, vital, value) if red(f.severity)}
    rulebook = effective(RULEBOOK, limits).rulebook
    after = {(f.rule_id, f.at) for f in findings(rulebook, vital, value) if red(f.severity)}

    assert after == before


def red(severity: Severity) -> bool:
    return severity is Severity.RED


@pytest.mark.parametrize(("value", "level"), list(product((88.0, 90.0), (80.0, 95.0))))
def test_red_oxygen_stays_red_whatever_the_limit_al_01(value: float, level: float) -> None:
    said = tiers_of(Vital.SPO2, value, own(Vital.SPO2, alert_low=level))

    assert Severity.RED in {severity for _, severity in said}


def test_a_rule_that_is_spared_one_end_of_one_measurement_is_not_called_silent() -> None:
    """UX-08: of a score, only the part is lost; the rest of it goes on."""
    plan = effective(RULEBOOK, [own(Vital.SYSTOLIC_BP, alert_high=170)])

    (score,) = [each for each in plan.in_part if each.rule == "NEWS2-S3"]

    assert "NEWS2-S3" not in plan.replaced
    assert phrase(left_out(score, "NEWS2-S3")) == "NEWS2-S3: not for high systolic BP"
    assert phrase(left_out(score, "NEWS2-S3"), "ko") == "NEWS2-S3: 높은 수축기 혈압 제외"


def test_a_rule_that_keeps_its_graver_tiers_says_which() -> None:
    """A warning alone takes the lesser tier of a rule whose AMBER lies beyond it."""
    plan = effective(RULEBOOK, [own(Vital.SPO2, warn_low=90)])

    (saturation,) = [each for each in plan.in_part if each.rule == "COPD-S2"]

    assert phrase(left_out(saturation, "COPD-S2")) == "COPD-S2: only AMBER and graver"
    assert phrase(left_out(saturation, "COPD-S2"), "ko") == "COPD-S2: 주황 이상만 알림"


@settings(max_examples=20)
@given(st.sampled_from(VITALS), st.floats(60, 160))
def test_each_rule_that_a_limit_touches_is_told_of_once(vital: Vital, level: float) -> None:
    plan = effective(RULEBOOK, [own(vital, alert_high=level)])
    same = {rule.id for rule in RULEBOOK.rules} & {
        rule.id for rule in plan.rulebook.rules if rule is RULEBOOK.by_id.get(rule.id)
    }

    told = [*plan.replaced, *(each.rule for each in plan.in_part)]

    assert len(told) == len(set(told))
    assert set(told) == {rule.id for rule in RULEBOOK.rules} - same
