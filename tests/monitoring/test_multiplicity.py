"""With eight signals watched daily, one that drifts says YELLOW at most (evidence.md 1.8)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from core.vitals import MEASURES, Reading, Severity, Vital
from ingest.enrolment import Person
from monitoring import judgement, windows
from monitoring.control_charts import ControlChartRule
from monitoring.criteria import CriteriaRule
from monitoring.rule_kinds import ComboRule, DriftRule, SustainedRule
from monitoring.rulebook import Rulebook
from tests.monitoring.conftest import START
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from monitoring.findings import Finding

WHOLE = RULEBOOK
DRIFTS = (ControlChartRule, DriftRule, SustainedRule)
# All rules against the own usual, and those that put several findings together.
RULES = tuple(
    rule
    for rule in WHOLE.rules
    if isinstance(rule, (*DRIFTS, ComboRule)) or rule.id in ("HF-MULTI", "COPD-OXI")
)
RULEBOOK = Rulebook(WHOLE.version, WHOLE.hash, RULES, habits=WHOLE.habits)
CHARTED = sorted({vital for rule in RULES if isinstance(rule, DRIFTS) for vital in rule.vitals})
EVERY_CONDITION = frozenset({"heart_failure", "copd", "diabetes", "hypertension", "frailty"})


def judged(readings: list[Reading], days: int) -> list[Finding]:
    """Judge each of the last days as it comes, as live does."""
    past = windows.history(Person("p", "UTC", groups=EVERY_CONDITION), readings, gate=RULEBOOK.gate)
    found: list[Finding] = []
    for reading in sorted(readings, key=lambda r: r.effective)[-days:]:
        at = reading.effective
        found += judgement.judge(
            past, [at.timestamp()], now=at, rulebook=RULEBOOK, model=None, recent=found
        ).findings
    return found


@st.composite
def lives(draw: st.DrawFn) -> list[Reading]:
    """One signal, steady for four weeks and then going wherever it likes."""
    vital = draw(st.sampled_from(CHARTED))
    measure = MEASURES[vital]
    reach = st.floats(measure.low, measure.high, allow_nan=False)
    centre = draw(reach)
    after = draw(st.lists(reach, min_size=1, max_size=12))
    return [
        Reading(f"{vital} {n}", vital, value, at, at)
        for n, value in enumerate([*[centre] * 28, *after])
        for at in [START + timedelta(days=n)]
    ]


@settings(max_examples=300, deadline=None)
@given(lives())
def test_one_drifting_signal_alone_is_never_amber(readings: list[Reading]) -> None:
    """Whatever it does, under however many rules and problems: YELLOW at most."""
    found = judged(readings, len(readings) - 28)

    assert {f.severity for f in found} <= {Severity.YELLOW, Severity.INFO}


def test_every_rule_against_the_own_usual_is_in_this_property() -> None:
    assert {"PB-Z", "PB-EWMA", "PB-CUSUM", "HF-WTREND", "HF-W30", "SPO2-DRIFT"} <= {
        rule.id for rule in RULES
    }
    assert {rule.id for rule in RULES if isinstance(rule, CriteriaRule)}


def test_two_drifting_signals_together_are_amber() -> None:
    """So that the property cannot hold because nothing is ever AMBER."""
    readings = [
        Reading(f"{vital} {n}", vital, value, at, at)
        for vital, usual, off in ((Vital.BODY_WEIGHT, 80.0, 82.0), (Vital.SPO2, 95.0, 92.0))
        for n, value in enumerate([*[usual] * 28, *[off] * 7])
        for at in [START + timedelta(days=n)]
    ]

    found = judged(readings, 14)

    assert "AMBER" in {f.severity for f in found}
    assert all(f.rule_id in ("HF-MULTI", "COMBO") for f in found if f.severity == "AMBER")


def test_a_slow_gain_of_a_quarter_kilogram_a_day_is_caught() -> None:
    """alerting.md section 10: the window under test teaches nothing, so the usual stays."""
    readings = [
        Reading(f"w{n}", Vital.BODY_WEIGHT, 80.0 + 0.25 * max(n - 27, 0), at, at)
        for n in range(42)
        for at in [START + timedelta(days=n)]
    ]

    found = judged(readings, 14)

    first = {f.rule_id: f for f in reversed(found) if f.severity is Severity.YELLOW}
    assert {"HF-WTREND", "HF-W30"} <= first.keys()
    assert first["HF-WTREND"].at <= START + timedelta(days=27 + 7)
    assert all(f.usual and f.usual.centre == 80.0 for f in found if f.rule_id == "HF-W30")
