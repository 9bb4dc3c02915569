"""Every number in an explanation, read side by side with the readings that it names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import fmean, median
from typing import TYPE_CHECKING

import pytest

from core.vitals import MEASURES, Vital
from lab.histories import history_of
from lab.scenarios import WORLDS
from lab.simulator import simulate
from monitoring import judgement, record, windows, words
from monitoring.catalogue import LANGUAGES
from monitoring.comparison import Comparison
from monitoring.findings import Says
from monitoring.moment import moment
from monitoring.otherwise import safe_side
from monitoring.phrases import Number
from monitoring.rule_kinds import (
    AverageRule,
    ChangeRule,
    DriftRule,
    LimitRule,
    RepeatedDaysRule,
    SustainedRule,
)
from tests.monitoring.said import accounted, told
from tests.rulebook import RULEBOOK
from tests.tables.test_boundaries import ROWS, TODAY, person_of, readings_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitoring.findings import Finding
    from monitoring.rule_kinds import Rule
    from monitoring.windows import History

DAYS, LIVES, LAST = 120, 12, 40
Case = tuple["History", float, "Finding"]


@pytest.fixture(scope="module")
def lives() -> list[Case]:
    """Return what was found in simulated lives, each with its history and when it was found."""
    return [
        case
        for world in ("base", "adversarial")
        for life in simulate(LIVES, DAYS, world=WORLDS[world], seed=7)
        for case in _found(history_of(life))
    ]


def _found(past: History) -> Iterator[Case]:
    for day in range(DAYS - LAST, DAYS):
        at = _last_of_day(past, day)
        if at is not None:
            now = moment(past, at, at)
            asked = [rule for rule in RULEBOOK.rules if rule.id not in RULEBOOK.shadowed]
            for finding in judgement.judge_at(now, asked, RULEBOOK).findings:
                yield past, at, finding


def _last_of_day(past: History, day: int) -> float | None:
    start = past.contacts[0] // 86_400 * 86_400 + day * 86_400 if len(past.contacts) else 0
    of_day = past.contacts[(past.contacts >= start) & (past.contacts < start + 86_400)]
    return float(of_day[-1]) if len(of_day) else None


@pytest.fixture(scope="module")
def designed() -> list[Case]:
    """Return what the rows of boundaries.csv find: each rule at its limit, once at least."""
    found: list[Case] = []
    for row in ROWS:
        readings = readings_of(row)
        past = windows.history(person_of(row["about"]), readings)
        last = max(windows.time_of(r) for r in readings)
        now = datetime.fromtimestamp(last, UTC) + timedelta(minutes=float(row["wait"]))
        points = [windows.time_of(r) for r in readings if r.effective >= TODAY]
        judged = judgement.judge(past, points, now=now, rulebook=RULEBOOK, model=None)
        found += [(past, now.timestamp(), each) for each in judged.findings]
    return found


def test_the_cases_are_of_nearly_every_rule(designed: list[Case], lives: list[Case]) -> None:
    fired = {finding.rule_id for _, _, finding in designed}

    assert len(fired) > 0.8 * len(RULEBOOK.rules)
    assert len({finding.rule_id for _, _, finding in lives}) >= 12


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_that_is_said_is_one_of_the_data(
    designed: list[Case], lives: list[Case], language: str
) -> None:
    """Issue 4, part 8: every number in an explanation is checked."""
    wrong = {
        (finding.rule_id, number)
        for _, _, finding in [*designed, *lives]
        for number in told(finding, language) - accounted(finding, language)
    }

    assert wrong == set()


def test_both_languages_say_the_same_numbers_of_the_readings(
    designed: list[Case], lives: list[Case]
) -> None:
    for _, _, finding in [*designed, *lives]:
        says = finding.says
        assert isinstance(says, Says)
        numbers = {str(f) for f in says.main.facts.values() if isinstance(f, Number)}
        said = {each for each in numbers if each in told(finding, "en")}
        assert said - told(finding, "ko") == set(), finding.rule_id


def test_the_value_that_is_said_is_that_of_the_readings_it_names(
    designed: list[Case], lives: list[Case]
) -> None:
    checked = set()
    for case in [*designed, *lives]:
        finding = case[-1]
        rule = RULEBOOK.by_id[finding.rule_id]
        expected = _value(rule, case)
        if expected is not None:
            checked.add(type(rule))
            assert finding.value == pytest.approx(expected), finding.rule_id

    assert checked == {
        *(LimitRule, AverageRule, ChangeRule),
        *(SustainedRule, DriftRule, RepeatedDaysRule),
    }


def _value(rule: Rule, case: Case) -> float | None:
    """Return a finding's value, worked out anew from the readings alone."""
    finding = case[-1]
    of_vital = [e.value for e in finding.evidence if e.vital is finding.vital]
    if isinstance(rule, LimitRule | RepeatedDaysRule):
        return of_vital[-1]
    if isinstance(rule, AverageRule):
        return fmean(of_vital)
    if isinstance(rule, ChangeRule | DriftRule):
        return median(_medians(case, rule.recent_days))
    return _medians(case, 1)[-1] if isinstance(rule, SustainedRule) else None


def _medians(case: Case, days: int) -> list[float]:
    """Return the medians of the finding's last local days, oldest first."""
    past, arrived, finding = case
    assert finding.vital is not None
    assert finding.day is not None
    series, today = past.series[finding.vital], finding.day.toordinal()
    until = finding.at.timestamp() + 1.0
    facts = list(zip(series.values, series.days, series.times, series.received, strict=True))
    by_day = {
        day: [
            float(value)
            for value, on, time, received in facts
            if on == day and time <= until and received <= arrived
        ]
        for day in range(today - days + 1, today + 1)
    }
    return [median(each) for each in by_day.values() if each]


def test_a_change_that_is_said_is_from_the_lowest_or_highest_day_before(
    designed: list[Case], lives: list[Case]
) -> None:
    checked = 0
    for case in [*designed, *lives]:
        finding = case[-1]
        rule = RULEBOOK.by_id[finding.rule_id]
        if not isinstance(rule, ChangeRule) or rule.recent_days > 1:
            continue
        *before, now = _medians(case, rule.window_days + 1)
        extreme = min if rule.comparison.upward else max
        facts = finding.says.main.facts
        assert isinstance(change := facts["change"], Number)
        assert change.value == pytest.approx(abs(now - extreme(before))), finding.rule_id
        checked += 1

    assert checked > 5


def test_whoever_subtracts_the_usual_gets_what_is_said(lives: list[Case]) -> None:
    checked = 0
    for _, _, finding in lives:
        if finding.usual is None or finding.vital is None or finding.value is None:
            continue
        first, *_ = words.against_usual(finding.value, finding.usual, finding.vital)
        away, usual = first.facts["away"], first.facts["usual"]
        assert isinstance(away, Number)
        assert isinstance(usual, Number)
        shown = float(words.figure(finding.value, finding.vital).replace(",", ""))
        assert float(str(away)) == pytest.approx(abs(shown - float(str(usual))))
        checked += 1

    assert checked > 50


def test_a_finding_says_the_same_after_it_was_stored_and_when_it_is_judged_again(
    lives: list[Case],
) -> None:
    for past, at, finding in lives[:200]:
        now = moment(past, at, at)
        again = judgement.judge_at(now, [RULEBOOK.by_id[finding.rule_id]], RULEBOOK).findings
        assert finding in again
        stored = record.read_finding(record.write_finding(finding))
        for language in LANGUAGES:
            assert words.detail(stored, language) == words.detail(finding, language)
            assert words.patient(stored, language) == words.patient(finding, language)


def test_what_would_have_kept_a_rule_quiet_does(designed: list[Case], lives: list[Case]) -> None:
    """Judged again with the value that is said, the same rule is silent about that vital."""
    checked = set()
    for past, at, finding in [*designed, *lives]:
        rule, safe = RULEBOOK.by_id[finding.rule_id], _safe(finding)
        if safe is None or finding.vital is None:
            continue
        otherwise = _changed(past, finding, _recent(rule), safe)
        now = moment(otherwise, at, at)
        again = judgement.judge_at(now, [rule], RULEBOOK).findings
        assert not [f for f in again if f.vital is finding.vital and f.at >= finding.at], (
            finding.rule_id,
            words.clinician(finding),
            words.counterfactual(finding),
        )
        checked.add(type(rule))

    assert len(checked) >= 6


def _safe(finding: Finding) -> float | None:
    """Return a value that a counterfactual names, where it names one of the finding's vital."""
    says = finding.says
    assert isinstance(says, Says)
    if says.otherwise is None or finding.vital is None or "measure" not in says.otherwise.facts:
        return None
    limit = says.otherwise.facts["limit"]
    assert isinstance(limit, Number)
    value, step = float(str(limit)), 10.0 ** -MEASURES[finding.vital].decimals
    if "at or" in says.otherwise.id:
        return value
    return value - step if "below" in says.otherwise.id else value + step


def _recent(rule: Rule) -> int:
    """Return how many local days a rule's value is made from; 0: its last readings."""
    if isinstance(rule, ChangeRule | DriftRule):
        return rule.recent_days
    if isinstance(rule, AverageRule):
        return 8
    return 1 if isinstance(rule, SustainedRule | RepeatedDaysRule) else 0


def _changed(past: History, finding: Finding, days: int, safe: float) -> History:
    assert finding.vital is not None
    assert finding.day is not None
    named = {e.reading_id for e in finding.evidence if e.effective == finding.at}
    first = finding.day.toordinal() - days
    bounds = tuple(b for b in past.bounds if b.vital is not finding.vital)
    series = past.series.get(finding.vital)
    if series is None:
        return replace(past, bounds=bounds)
    values = series.values.copy()
    for i, (day, id_) in enumerate(zip(series.days, series.ids, strict=True)):
        at_once = float(series.times[i]) >= finding.at.timestamp() - 7200.0
        if (days and day > first) or id_ in named or (not days and at_once):
            values[i] = safe
    changed = windows.make_series(series.times, values, series.days, series.ids, series.received)
    return replace(past, series={**past.series, finding.vital: changed}, bounds=bounds)


@pytest.mark.parametrize(
    ("comparison", "limit", "shown"),
    [
        (Comparison.ABOVE, 81.36, "at or below 81.3 kg"),
        (Comparison.AT_LEAST, 81.36, "below 81.3 kg"),
        (Comparison.AT_MOST, 78.64, "above 78.7 kg"),
        (Comparison.BELOW, 78.64, "at or above 78.7 kg"),
        (Comparison.ABOVE, 82.0, "at or below 82.0 kg"),
    ],
)
def test_a_limit_is_rounded_so_that_what_is_said_stays_true(
    comparison: Comparison, limit: float, shown: str
) -> None:
    assert shown in words.phrase(safe_side(Vital.BODY_WEIGHT, comparison, limit))
