"""A weight that may be somebody else's, or in another unit, waits for its repeat (AL-20; pure).

Below RED no rule of change or drift is asked of it before it is repeated or its time is up; then
it goes through as unconfirmed, but for one in another unit: no body doubles its weight, so that
waits until another day repeats it. Once a reading is back at the usual it is no weight of this
person any more. Both hang on the readings alone, so any order of arrival ends alike (REL-19).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.vitals import Severity
from ingest.blocks import name_of
from monitoring.baseline import usual_between
from monitoring.control_charts import ControlChartRule
from monitoring.criteria import CriteriaRule
from monitoring.device_faults import DIGITS, OtherPersonRule
from monitoring.kinds import kind_of
from monitoring.moment import Hit, Moment, Waiting, evidence
from monitoring.newcomers import so_far
from monitoring.rule_kinds import ChangeRule, DriftRule, SustainedRule, UnitSlipRule
from monitoring.series import part
from monitoring.slips import SLIPS, meant_as
from monitoring.windows import cut, local_day, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from core.vitals import Vital
    from monitoring.findings import Usual
    from monitoring.rule_kinds import Rule
    from monitoring.series import Bools, Series

SLACK = 1.0  # seconds
MINUTE = 60.0


def waits(rule: Rule) -> bool:
    """Return whether a rule waits for the repeat of a strange value: below RED, of change."""
    if isinstance(rule, CriteriaRule):
        return Severity.RED not in {rule.severity, rule.graver_severity if rule.graver else None}
    below = isinstance(rule, (ChangeRule, SustainedRule, DriftRule, ControlChartRule))
    return below and getattr(rule, "severity", None) is not Severity.RED


@dataclass(frozen=True, slots=True)
class Unsure:
    """What is strange of a vital at a moment; bool[n] each.

    `strange` is known to be no measure of this person; `held` still waits for its repeat; `odd`
    is far off, not repeated, and not known to be strange; `slipped` is odd by its unit, and no
    other day says the same. `until` is when the latest reading's wait ends, None where the latest
    is not odd.
    """

    vital: Vital
    series: Series
    strange: Bools
    held: Bools
    odd: Bools
    slipped: Bools
    until: float | None

    def doubtful(self, hit: Hit) -> bool:
        """Return whether what fired rests on a reading that nobody repeated."""
        odd = np.flatnonzero(self.odd).tolist()
        ids = {name_of(self.series.ids, i, self.vital) for i in odd}
        return any(each.reading_id in ids for each in hit.evidence)


class _Gate(NamedTuple):
    other: OtherPersonRule
    slip: UnitSlipRule | None


class Asking:
    """The rules as they are asked at one moment; what is strange is looked up once, if at all."""

    __slots__ = ("_found", "_known", "now", "repeated")

    def __init__(self, now: Moment, repeated: Mapping[str, frozenset[Vital]]) -> None:
        self.now, self.repeated = now, repeated
        self._known = False
        self._found: Unsure | None = None

    def of(self, rule: Rule) -> Iterator[Hit | Waiting]:
        """Yield what a rule answers."""
        fire, vitals = kind_of(rule).fire, self.repeated.get(rule.id)
        if fire is None:
            return
        found = self._unsure() if vitals else None
        if found is None or vitals is None or found.vital not in vitals:
            yield from fire(rule, self.now)
            return
        for answer in _answers(rule, self.now, found, vitals):
            if isinstance(answer, Hit) and found.doubtful(answer):
                yield replace(answer, confirmed=False)
            else:
                yield answer

    def _unsure(self) -> Unsure | None:
        if not self._known:
            self._known, self._found = True, unsure(self.now)
        return self._found


def _answers(
    rule: Rule, now: Moment, found: Unsure, vitals: frozenset[Vital]
) -> Iterator[Hit | Waiting]:
    fire = kind_of(rule).fire
    if fire is None:
        return
    if found.until is not None and abs(now.at - found.until) <= SLACK:
        # Its time is up: it is judged as at the newest fact, which may be of the day before.
        barred = found.strange | found.slipped
        yield from fire(rule, _without(_newest(now, vitals), found.vital, barred))
        return
    barred = found.strange | found.held | found.slipped
    yield from fire(rule, _without(now, found.vital, barred))
    if found.until is None or now.at >= found.until:
        return
    last = evidence(found.series, found.vital, [len(found.series) - 1])[0]
    for answer in fire(rule, _without(now, found.vital, found.strange)):
        if isinstance(answer, Hit) and last in answer.evidence:
            yield Waiting(found.until, last)
            return


def _newest(now: Moment, vitals: frozenset[Vital]) -> Moment:
    """Return the moment of the newest fact about some vitals."""
    known = (now.series(vital) for vital in vitals)
    at = max(float(series.times[-1]) for series in known if series is not None)
    return Moment(cut(now.past, at), at, local_day(at, zone_of(now.person.zone)))


def _without(now: Moment, vital: Vital, dropped: Bools) -> Moment:
    """Return a moment that does not know some readings of a vital."""
    if not dropped.any():
        return now
    known = dict(now.past.series)
    known[vital] = part(known[vital], ~dropped)
    if not len(known[vital]):
        del known[vital]
    screen = now.past.screen.gate.screen(known) if now.past.screen else None
    return Moment(replace(now.past, series=known, screen=screen), now.at, now.day)


def unsure(now: Moment) -> Unsure | None:
    """Return what is strange at a moment, or None where nothing is."""
    gate = _gate(now)
    series = now.series(gate.other.vital) if gate else None
    if gate is None or series is None or np.ptp(series.values) <= gate.other.amount:
        return None
    vital, count = gate.other.vital, len(series)
    known = now.past.screen.strange(vital, now.at) if now.past.screen else None
    strange = np.zeros(count, dtype=np.bool_) if known is None else known
    odd, slipped = np.zeros(count, dtype=np.bool_), np.zeros(count, dtype=np.bool_)
    sure = now.sure(vital)
    for i in _recent(gate.other, series):
        usual = None if strange[i] else _far_from(gate.other, series, i, sure)
        if usual is None:
            continue
        by_unit = _slipped(gate, float(series.values[i]), usual)
        # Whoever repeats it on a scale set to pounds repeats the slip.
        odd[i] = by_unit or not _repeated(gate.other, series, i)
        slipped[i] = by_unit and not _on_another_day(gate.other, series, i, usual)
    if known is None and not odd.any():
        return None
    ends = series.times + gate.other.unanswered_minutes * MINUTE
    until = float(ends[-1]) if odd[-1] else None
    return Unsure(vital, series, strange, odd & (now.at < ends), odd, slipped, until)


def _gate(now: Moment) -> _Gate | None:
    if now.past.screen is None:
        return None
    rules = now.past.screen.gate.rules
    last = now.past.told.get(_Gate)
    if last is None or last[0] is not rules:
        last = now.past.told[_Gate] = (rules, _gate_of(rules))
    found: _Gate | None = last[1]
    return found


def _gate_of(rules: Iterable[Rule]) -> _Gate | None:
    waiting = (r for r in rules if isinstance(r, OtherPersonRule) and r.unanswered_minutes)
    other = next(waiting, None)
    slip = next((r for r in rules if isinstance(r, UnitSlipRule)), None)
    return _Gate(other, slip) if other else None


def _recent(rule: OtherPersonRule, series: Series) -> range:
    """Return the readings that may be odd still: of the last days, where these differ enough."""
    day = int(series.days[-1])
    start = int(series.days.searchsorted(day - 2 * rule.within_days - rule.usual_days))
    if np.ptp(series.values[start:]) <= rule.amount:
        return range(0)
    return range(int(series.days.searchsorted(day - rule.within_days + 1)), len(series))


def _far_from(rule: OtherPersonRule, series: Series, i: int, sure: Bools | None) -> Usual | None:
    """Return the usual, or a newcomer's weights so far, that a reading is far from."""
    value, day = float(series.values[i]), int(series.days[i])
    before = day - rule.within_days + 1
    usual = usual_between(series, rule.vital, (before - rule.usual_days, before), sure) or so_far(
        series, rule.vital, float(series.times[i]), rule.usual_days, sure
    )
    if usual is None:
        return None
    far = round(abs(value - usual.centre), DIGITS) > max(rule.fraction * usual.centre, rule.amount)
    return usual if far else None


def _repeated(rule: OtherPersonRule, series: Series, i: int) -> bool:
    """Return whether a neighbour of a reading agrees with it."""
    near = [n for n in (i - 1, i + 1) if 0 <= n < len(series)]
    near = [n for n in near if abs(int(series.days[n] - series.days[i])) <= rule.within_days]
    return any(abs(float(series.values[n] - series.values[i])) <= rule.agrees_within for n in near)


def _on_another_day(rule: OtherPersonRule, series: Series, i: int, usual: Usual) -> bool:
    """Return whether another day within reach says the same, in whichever unit it is."""
    apart = np.abs(series.days - series.days[i])
    agrees = rule.agrees_within * max(1.0, float(series.values[i]) / usual.centre)
    same = np.abs(series.values - series.values[i]) <= agrees
    return bool((same & (apart > 0) & (apart <= rule.within_days)).any())


def _slipped(gate: _Gate, value: float, usual: Usual) -> bool:
    slip = SLIPS.get(gate.other.vital)
    if gate.slip is None or slip is None:
        return False
    return meant_as(value, slip, usual, gate.slip.tolerance) is not None
