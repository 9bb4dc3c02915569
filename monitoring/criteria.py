"""Several facts together: readings, drifts from the usual and answers, so many of which must hold.

A rule of this kind fires at the instant of the fact that completes it, and never later: what
fired is the same however often, and in whatever order of arrival, it is asked (REL-19).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING

from core.vitals import MEASURES, Group, Severity, Vital
from monitoring.comparison import Comparison
from monitoring.criteria_tests import HOUR, Held, held
from monitoring.moment import Hit
from monitoring.phrases import Phrase, counted, number, whole
from monitoring.rule_check import in_range
from monitoring.rule_kinds import Rule
from monitoring.windows import zone_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitoring.moment import Moment
    from monitoring.phrases import Value

SLACK = 1.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """One fact about one vital; exactly one of `limit`, `change`, `ratio` and `spreads` is given.

    `limit` is held against a reading; with `days` above 1, or `of_days`, on that many local
    days. The others compare the median of the last `days` days that have readings with the
    person's usual of `usual_days`: a signed difference, a share, a number of robust spreads.
    `times` readings within the rule's hours must agree. `new` asks that the same did not hold
    on any of the `new` days before. `least_spreads` asks that a change or a
    share also lie so many spreads off: what the person does anyway is none. `words` name the fact.

    With `ever`, any reading within the rule's hours will do, not only the latest: the newest that
    holds, of a change the furthest one. One that a repeat within `repeat_minutes` took back does
    not count.

    With `within_days`, a change or a ratio is from the lowest day (a fall: the highest) of so
    many days before. With `beside`, a change is from the latest reading of that vital, at most
    ten minutes away: from lying to standing.
    """

    vital: Vital
    words: str
    comparison: Comparison = Comparison.AT_LEAST
    limit: float | None = None
    short_of: float | None = None  # values beyond this belong to a graver rule
    change: float | None = None
    ratio: float | None = None
    spreads: float | None = None
    days: int = 1
    of_days: int = 0
    usual_days: int = 28
    times: int = 1
    of_last: int = 0  # among so many of the latest readings; 0: among all of the window
    new: int = 0
    rise: float = 0.0  # points above the median of the earlier answers, once 7 are known
    least_days: int = 0  # valid days that must stand behind the usual
    least_spreads: float = 0.0  # a change or a share counts only so far off the usual
    scale_two: bool | None = None
    within_days: int = 0
    beside: Vital | None = None
    ever: bool = False
    repeat_minutes: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One thing that must hold: any one of its tests, or a medicine that is taken."""

    any: tuple[Test, ...] = ()
    medicines: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CriteriaRule(Rule):
    """At least `least` of the criteria within `hours` of each other.

    Where one of `graver` holds too, the tier is `graver_severity`. `same_day` asks that all be of
    this very local day.
    """

    severity: Severity
    least: int
    hours: float
    criteria: tuple[Criterion, ...]
    graver: tuple[Criterion, ...] = ()
    graver_severity: Severity = Severity.RED
    same_day: bool = False


def criteria(rule: CriteriaRule, now: Moment) -> Iterator[Hit]:
    """Find the criteria that hold now, if one of their facts is of this very instant."""
    hours = min(rule.hours, hours_today(now)) if rule.same_day else rule.hours
    if not _completed_now(rule, hours, now):
        return
    found = [held_of(each, hours, now) for each in rule.criteria]
    holding = [each for each in found if each is not None]
    if len(holding) < rule.least:
        return
    graver = next((h for c in rule.graver if (h := held_of(c, rule.hours, now))), None)
    facts = [*holding, *([graver] if graver and graver not in holding else [])]
    at = max(each.at for each in facts)
    if now.at - at > SLACK:
        return
    leading = next((each for each in facts if each.vital is not None), facts[0])
    yield Hit(
        rule=rule,
        severity=rule.graver_severity if graver else rule.severity,
        at=at,
        day=now.day,
        vital=leading.vital,
        value=leading.value,
        limit=leading.limit,
        usual=leading.usual,
        change=leading.change,
        since=min(each.at for each in facts),
        count=len(holding),
        span=rule.hours,
        evidence=tuple(dict.fromkeys(e for each in facts for e in each.evidence)),
        held=tuple(_fact(each, rule) for each in facts),
        otherwise=_otherwise(rule, holding),
    )


def _fact(fact: Held, rule: CriteriaRule) -> Phrase:
    """Return a fact with the value that it was found by, where the sentence has it not."""
    vital = fact.vital
    answered = vital is None or not MEASURES[vital].unit_display
    if vital is None or fact.value is None or answered or "{value}" in rule.clinician:
        return Phrase(fact.words)
    facts: dict[str, Value] = {
        "fact": Phrase(fact.words),
        "value": number(fact.value, vital, beside=fact.limit),
        "unit": Phrase(MEASURES[vital].unit_display),
    }
    if fact.usual is None:
        return Phrase("{fact} ({value} {unit})", facts)
    # "8 or more above the usual (84)" alone would be read as a usual of 84.
    facts["usual"] = number(fact.usual.centre, vital)
    return Phrase("{fact} ({value} {unit}, usual {usual} {unit})", facts)


def _otherwise(rule: CriteriaRule, holding: Sequence[Held]) -> Phrase:
    facts: dict[str, Value] = {
        "count": whole(len(holding) - rule.least + 1),
        "facts": tuple(Phrase(each.words) for each in holding),
    }
    if len(holding) == 1:
        return Phrase("It would not have fired without this: {facts}.", facts)
    return counted(
        "It would not have fired with one fewer of these: {facts}.",
        "It would not have fired with {count} fewer of these: {facts}.",
        facts,
    )


def held_of(criterion: Criterion, hours: float, now: Moment) -> Held | None:
    """Return the newest fact by which a criterion holds, or None where it does not."""
    found = [fact for test in criterion.any if (fact := held(test, hours, now)) is not None]
    taken = sorted(criterion.medicines & now.person.medicines)
    found += [Held(medicine, at=float("-inf")) for medicine in taken]
    return max(found, key=lambda fact: fact.at, default=None)


def _completed_now(rule: CriteriaRule, hours: float, now: Moment) -> bool:
    """Return whether a fact of this very instant holds: without one nothing fires, cheaply told."""
    taken = now.taken()
    return bool(taken) and any(
        (test.vital in taken or test.beside in taken) and held(test, hours, now) is not None
        for test in tests_of(rule)
    )


def hours_today(now: Moment) -> float:
    """Return how many hours of the person's local day have passed."""
    midnight = datetime.combine(now.date, time(), tzinfo=zone_of(now.person.zone))
    return (now.at - midnight.timestamp()) / HOUR


def tests_of(rule: CriteriaRule) -> Iterator[Test]:
    """Yield every test of a rule."""
    for criterion in (*rule.criteria, *rule.graver):
        yield from criterion.any


def vitals(rule: CriteriaRule) -> frozenset[Vital]:
    """Return the vitals whose arrival may complete the rule."""
    tests = tuple(tests_of(rule))
    return frozenset((*(t.vital for t in tests), *(t.beside for t in tests if t.beside)))


def faults(rule: CriteriaRule) -> Iterator[str]:
    """Tell of criteria that are empty or too few, and of tests that say nothing or too much."""
    if not 1 <= rule.least <= len(rule.criteria):
        yield f"least must lie between 1 and {len(rule.criteria)}, the number of criteria"
    if rule.hours <= 0:
        yield "hours must be above 0"
    for criterion in (*rule.criteria, *rule.graver):
        if not criterion.any and not criterion.medicines:
            yield "a criterion has neither tests nor medicines"
    if rule.graver and rule.graver_severity.rank <= rule.severity.rank:
        yield "graver criteria lift to no graver tier"
    for test in tests_of(rule):
        yield from _test_faults(test)
    yield from _alone(rule)


def _test_faults(test: Test) -> Iterator[str]:
    given = [x for x in (test.limit, test.change, test.ratio, test.spreads) if x is not None]
    if len(given) != 1:
        yield f"{test.vital}: give exactly one of limit, change, ratio, spreads"
    if test.limit is not None:
        yield from in_range(test.vital, test.limit)
    signed = test.change if test.change is not None else test.spreads
    if signed is not None and (signed > 0) != test.comparison.upward:
        yield f"{test.vital}: the sign of the change contradicts the comparison"
    usual = test.limit is None and not (test.within_days or test.beside)
    if usual and MEASURES[test.vital].group is not Group.BODY:
        yield f"{test.vital}: of answers and events there is no usual"
    if test.within_days and test.change is None and test.ratio is None:
        yield f"{test.vital}: within_days needs a change or a ratio"
    if test.beside is not None and (test.change is None or test.within_days):
        yield f"{test.vital}: beside needs a change, and no within_days"
    if test.ever and (test.days > 1 or test.of_days or test.within_days or test.beside):
        yield f"{test.vital}: ever is of single readings against a limit or the usual"
    if not test.words:
        yield f"{test.vital}: words are missing"


def _alone(rule: CriteriaRule) -> Iterator[str]:
    """Tell of drifts that would reach AMBER alone (multiplicity, evidence.md 1.8)."""
    if rule.least > 1 or rule.severity.rank <= Severity.YELLOW.rank:
        return
    drifting = [t for c in rule.criteria for t in c.any if t.limit is None]
    if any(test.days > 1 for test in drifting):
        yield "a drift signal alone may not be above YELLOW"
