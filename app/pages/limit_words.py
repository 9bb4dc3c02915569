"""The limits of a chart in words: the line's name, what the legend says, and the table's rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.vitals import Vital
from monitoring.comparison import Comparison
from monitoring.plans.lines import Needs
from reports.limit_lines import Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from app.pages.language import Language
    from app.pages.units import Shown
    from core.vitals import Severity

SIGNS = {
    Comparison.AT_MOST: "≤",
    Comparison.BELOW: "<",
    Comparison.AT_LEAST: "≥",
    Comparison.ABOVE: ">",
}
# How a limit of one of two measurements is named in the picture that they share.
BRIEF = {
    Vital.SYSTOLIC_BP: "sys {limit}",
    Vital.DIASTOLIC_BP: "dia {limit}",
    Vital.STANDING_SYSTOLIC_BP: "sys {limit}",
    Vital.STANDING_DIASTOLIC_BP: "dia {limit}",
}
BESIDE = {
    Needs.CHANGE: "{limit} * with a change from the usual",
    Needs.MEAN: "{limit} * as the mean of several readings",
    Needs.MORE: "{limit} * with another finding beside it",
}


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit from when to when it was in force; the value is canonical."""

    since: datetime
    until: datetime
    value: float
    tier: Severity
    comparison: Comparison
    needs: Needs = Needs.NOTHING
    when: str = ""  # when it holds and how it is confirmed, in the reader's language
    whose: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """One limit in force now, as the legend shows it."""

    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class LimitRow:
    """One limit as the table prints it."""

    limit: str
    when: str
    since: str
    until: str
    whose: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """In which words and units the limits of one measurement are shown, and of which span."""

    said: Language
    shown: Shown
    zone: ZoneInfo
    start: datetime
    now: datetime
    name: str = ""  # of the measurement, where a chart has two
    brief: str = "{limit}"  # how the picture tells the two apart

    def step(self, limit: Limit) -> Step:
        """Return a limit as the picture draws it."""
        given = limit.needs is not Needs.NOTHING
        words = self.said.say(self.brief, limit=self._short(limit, ""))
        return Step(
            limit.since,
            limit.until,
            self.shown.value(limit.value),
            str(limit.tier),
            f"{words} *" if given else words,
            given,
        )

    def keys(self, limits: Iterable[Limit], steps: Sequence[Step]) -> list[Key]:
        """Return the limits in force now, the highest first."""
        pairs = [(li, st) for li, st in zip(limits, steps, strict=True) if st.until >= self.now]
        pairs.sort(key=lambda pair: -pair[1].value)
        return [Key(step.kind, self._key(limit, near=step.near)) for limit, step in pairs]

    def rows(self, limits: Iterable[Limit]) -> list[LimitRow]:
        """Return every limit of the span, the newest first."""
        ordered = sorted(limits, key=lambda li: (li.until, li.tier.rank, li.value), reverse=True)
        return [
            LimitRow(
                self._full(each),
                each.when,
                self._from(each.since),
                self._until(each.until),
                each.whose,
            )
            for each in ordered
        ]

    def _short(self, limit: Limit, unit: str) -> str:
        value = f"{self.shown.words(limit.value)} {unit}".strip()
        return f"{self.said.say(limit.tier)} {SIGNS[limit.comparison]} {value}"

    def _full(self, limit: Limit) -> str:
        return f"{self.name} {self._short(limit, self.shown.unit)}".strip()

    def _key(self, limit: Limit, *, near: bool) -> str:
        words = self._full(limit)
        if limit.needs is not Needs.NOTHING:
            words = self.said.say(BESIDE[limit.needs], limit=words)
        return words if near else self.said.say("{limit} (outside the picture)", limit=words)

    def _from(self, at: datetime) -> str:
        if at <= self.start:
            return self.said.say("before this span")
        return self.said.absolute(at, now=self.now, zone=self.zone)

    def _until(self, at: datetime) -> str:
        if at >= self.now:
            return self.said.say("in force")
        return self.said.absolute(at, now=self.now, zone=self.zone)
