"""Which readings may not teach a baseline: another person's, a slip of unit, a bad measurement.

The gate is the rulebook's own rules about measurement. A doubt counts from the instant of the
reading that proves it, so that what is judged earlier stays as it was, in any order of arrival.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from core.vitals import MEASURES, Vital
from monitoring.baseline import usual_between
from monitoring.device_faults import (
    ColdFingerRule,
    CuffRule,
    OtherPersonRule,
    StuckRule,
    is_stuck,
    misplaced,
    poorly_perfused,
    returned_to,
)
from monitoring.doubles import DoubleRule
from monitoring.habits import Habits
from monitoring.newcomers import so_far
from monitoring.rule_kinds import UnitSlipRule
from monitoring.series import PLAIN, Manner
from monitoring.slips import GLUCOSE, POUND, SLIPS, meant_as

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from monitoring.rule_kinds import Rule
    from monitoring.series import Bools, Floats, Series

    Known = Mapping[Vital, Series]
    Whole = Callable[[Vital], bool]

PARTNERS: dict[Vital, tuple[Vital, ...]] = {
    Vital.SYSTOLIC_BP: (Vital.DIASTOLIC_BP,),
    Vital.DIASTOLIC_BP: (Vital.SYSTOLIC_BP,),
    Vital.SPO2: (Vital.PERFUSION_INDEX,),
}


class Proofs(NamedTuple):
    """From when on each reading is doubted, and known to be another's or in another unit.

    Both float64[n] in seconds, infinity for never; None where no reading ever is.
    """

    since: Floats | None = None
    strange: Floats | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """The rules that doubt a measurement, and how readings count."""

    rules: tuple[Rule, ...] = ()
    habits: Habits = field(default_factory=Habits)

    def manner(self, vital: Vital) -> Manner:
        """Return how a vital's readings count."""
        twice = [r.seconds for r in self.rules if isinstance(r, DoubleRule) and vital in r.vitals]
        if not twice and not self.habits.device_days:
            return PLAIN
        return Manner(max(twice, default=0.0), self.habits.device_days, self.habits.alone_days)

    def screen(self, known: Known) -> Screen:
        """Return what these rules doubt of some readings."""
        return Screen(self, known)

    def proofs(self, known: Known, vital: Vital) -> Proofs:
        """Return what is doubted of a vital's readings."""
        doubts = _Doubts(known, vital)
        for rule in self.rules:
            find = _FINDERS.get(type(rule))
            if find is not None:
                find(rule, doubts)
        return Proofs(doubts.since, doubts.strange)


def gate_of(rules: Iterable[Rule], habits: Habits) -> Gate:
    """Return the gate of a rulebook; rules that are only tried keep nothing out."""
    order = (*_FINDERS, DoubleRule)
    asked = [r for r in rules if type(r) in order and not r.shadow]
    return Gate(tuple(sorted(asked, key=lambda rule: order.index(type(rule)))), habits)


class Screen:
    """What the gate doubts of one person's readings, found when first asked for."""

    __slots__ = ("_before", "_found", "_known", "_whole", "gate")

    def __init__(
        self,
        gate: Gate,
        known: Known,
        before: Screen | None = None,
        whole: Whole | None = None,
    ) -> None:
        self.gate = gate
        self._known, self._before, self._whole = known, before, whole
        self._found: dict[Vital, Proofs] = {}

    def cut(self, known: Known, whole: Whole) -> Screen:
        """Return the screen of a cut; `whole` says where only what came later was left out."""
        return Screen(self.gate, known, self, whole)

    def sure(self, vital: Vital, until: float) -> Bools | None:
        """Return bool[n], which readings may teach at an instant; None where all may."""
        since = self._proofs(vital).since
        if since is None:
            return None
        sure = (since > until) | (since == math.inf)
        return None if sure.all() else sure

    def strange(self, vital: Vital, until: float) -> Bools | None:
        """Return bool[n], which readings an instant knows to be no measure of this person.

        They are another person's, or in another unit, and a later reading was back at the usual.
        """
        strange = self._proofs(vital).strange
        return None if strange is None or strange.min() > until else strange <= until

    def _proofs(self, vital: Vital) -> Proofs:
        if vital not in self._found:
            self._found[vital] = self._find(vital)
        return self._found[vital]

    def _find(self, vital: Vital) -> Proofs:
        if self._before is None or self._whole is None:
            return self.gate.proofs(self._known, vital)
        if not all(self._whole(each) for each in (vital, *PARTNERS.get(vital, ()))):
            return self.gate.proofs(self._known, vital)
        count = len(self._known.get(vital, ()))
        earlier = self._before._proofs(vital)  # noqa: SLF001 (one of ours)
        return Proofs(*(None if each is None else each[:count] for each in earlier))


class _Doubts:
    """The doubts about one vital as they are found, rule by rule."""

    def __init__(self, known: Known, vital: Vital) -> None:
        self.known, self.vital = known, vital
        self.since: Floats | None = None
        self.strange: Floats | None = None

    @property
    def series(self) -> Series | None:
        return self.known.get(self.vital)

    def add(self, i: int, at: float) -> None:
        series = self.known[self.vital]
        if self.since is None:
            self.since = np.full(len(series), math.inf)
        self.since[i] = min(self.since[i], at)

    def another(self, i: int, at: float) -> None:
        if self.strange is None:
            self.strange = np.full(len(self.known[self.vital]), math.inf)
        self.strange[i] = min(self.strange[i], at)

    def sure(self, at: float) -> Bools | None:
        """Return the readings that nothing known before an instant doubts."""
        return None if self.since is None else self.since >= at


def _cuff(rule: CuffRule, doubts: _Doubts) -> None:
    upper, lower = (doubts.known.get(v) for v in (Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP))
    if doubts.vital not in (Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP) or not upper or not lower:
        return
    if len(upper) == len(lower) and (upper.times == lower.times).all():
        at = here = there = np.arange(len(upper))
    else:
        at, here, there = np.intersect1d(upper.times, lower.times, return_indices=True)
    wrong = np.flatnonzero(misplaced(rule, upper.values[here], lower.values[there]))
    mine = here if doubts.vital is Vital.SYSTOLIC_BP else there
    for n in wrong.tolist() if len(at) else ():
        i = int(mine[n])
        doubts.add(i, float(doubts.known[doubts.vital].times[i]))


def _cold(rule: ColdFingerRule, doubts: _Doubts) -> None:
    oxygen, perfusion = doubts.series, doubts.known.get(Vital.PERFUSION_INDEX)
    if doubts.vital is not Vital.SPO2 or oxygen is None or perfusion is None:
        return
    for i in np.flatnonzero(oxygen.values <= rule.limit).tolist():
        at = float(oxygen.times[i])
        low, high = perfusion.times.searchsorted((at - 60 * rule.minutes, at + 60 * rule.minutes))
        near = slice(int(low), int(high) + 1)
        beside = perfusion.times[near][
            poorly_perfused(
                rule, np.full(len(perfusion.times[near]), oxygen.values[i]), perfusion.values[near]
            )
        ]
        beside = beside[abs(beside - at) <= 60 * rule.minutes]
        if len(beside):
            doubts.add(i, max(at, float(beside[0])))


def _stuck(rule: StuckRule, doubts: _Doubts) -> None:
    series = doubts.series
    if series is None or doubts.vital not in rule.vitals or len(series) <= rule.run:
        return
    shown = np.round(series.values, MEASURES[doubts.vital].decimals)
    bounds = np.flatnonzero(np.concatenate(([True], shown[1:] != shown[:-1], [True])))
    starts, ends = bounds[:-1], bounds[1:]
    long = np.flatnonzero(ends - starts >= rule.run)
    for first, end in zip(starts[long].tolist(), ends[long].tolist(), strict=True):
        if is_stuck(rule, shown[: first + rule.run]):
            proof = float(series.times[first + rule.run - 1])
            for i in range(first, end):
                doubts.add(i, max(proof, float(series.times[i])))


def _slipped(rule: UnitSlipRule, doubts: _Doubts) -> None:
    series, slip = doubts.series, SLIPS.get(doubts.vital)
    factor = _FACTORS.get(doubts.vital)
    if series is None or slip is None or factor is None:
        return
    values = series.values
    if values.max() < values.min() * factor * (1 - rule.tolerance):
        return  # the usual lies among the values, so no other unit can bring one near it
    low, high = np.minimum.accumulate(values), np.maximum.accumulate(values)
    least = factor * (1 - rule.tolerance)
    for i in np.flatnonzero((values >= least * low) | (high >= least * values)).tolist():
        at, day = float(series.times[i]), int(series.days[i])
        sure = doubts.sure(at)
        usual = usual_between(series, doubts.vital, (day - rule.usual_days, day), sure) or so_far(
            series, doubts.vital, at, rule.usual_days, sure
        )
        if usual and meant_as(float(values[i]), slip, usual, rule.tolerance) is not None:
            doubts.add(i, at)
            # The first reading that lies nearer to the usual by half proves the slip.
            nearer = abs(values[i + 1 :] - usual.centre) < abs(values[i] - usual.centre) / 2
            if nearer.any():
                doubts.another(i, float(series.times[i + 1 + int(nearer.argmax())]))


_FACTORS = {Vital.BODY_WEIGHT: 1 / POUND, Vital.GLUCOSE: GLUCOSE}


def _other(rule: OtherPersonRule, doubts: _Doubts) -> None:
    series = doubts.series
    if series is None or doubts.vital is not rule.vital or len(series) < 2:  # noqa: PLR2004 (a pair)
        return
    for last in _candidates(series, rule.amount):
        at = float(series.times[last])
        if returned_to(rule, series, last, doubts.sure(at)) is not None:
            doubts.add(last - 1, at)
            doubts.another(last - 1, at)


def _candidates(series: Series, amount: float) -> Iterator[int]:
    """Yield the readings before which one lay further off than any usual that is possible."""
    values, times = series.values, series.times
    low, high = np.minimum.accumulate(values), np.maximum.accumulate(values)
    odd = (values - low > amount) | (high - values > amount)
    for i in np.flatnonzero(odd).tolist():
        last = i + 1
        newest = last + 1 == len(times) or (last < len(times) and times[last + 1] > times[last])
        if last < len(times) and newest:
            yield last


_FINDERS: dict[type[Any], Callable[[Any, _Doubts], None]] = {
    CuffRule: _cuff,
    ColdFingerRule: _cold,
    StuckRule: _stuck,
    UnitSlipRule: _slipped,
    OtherPersonRule: _other,
}
