"""One judged instant: what a rule may look at, and what it may answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from ingest.blocks import name_of
from monitoring import baseline, likeness
from monitoring.findings import Evidence
from monitoring.windows import MOMENT, cut, local_day, zone_of

SLACK = 1.0  # seconds

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from core.vitals import Severity, Vital
    from ingest.enrolment import Person
    from monitoring.daily import Daily
    from monitoring.findings import Problem, Restart, Usual
    from monitoring.phrases import Phrase, Value
    from monitoring.rule_kinds import Rule
    from monitoring.series import Bools, Series
    from monitoring.windows import History, Kept


@dataclass(frozen=True, slots=True)
class Moment:
    """A person as known at one instant: nothing later can be reached through it.

    `at` is in seconds since the epoch, `day` the ordinal of the person's local day then.
    """

    past: History
    at: float
    day: int
    _usual: dict[tuple[Vital, int, int], Usual | None] = field(default_factory=dict)
    told: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def person(self) -> Person:
        """Return whose moment it is."""
        return self.past.person

    @property
    def date(self) -> date:
        """Return the person's local date at this moment."""
        return date.fromordinal(self.day)

    def series(self, vital: Vital) -> Series | None:
        """Return the scored readings of a vital up to now, or None where there is none."""
        return self.past.series.get(vital)

    def taken(self) -> frozenset[Vital]:
        """Return what was measured at this very instant."""
        if _TAKEN not in self.told:
            known = ((vital, self.series(vital)) for vital in self.past.series)
            self.told[_TAKEN] = frozenset(
                vital
                for vital, series in known
                if series is not None and self.at - float(series.times[-1]) <= SLACK
            )
        found: frozenset[Vital] = self.told[_TAKEN]
        return found

    def today(self, vital: Vital) -> Series | None:
        """Return the series of a vital only where its last reading is of this local day."""
        series = self.past.series.get(vital)
        return series if series is not None and series.days[-1] == self.day else None

    def usual(
        self, vital: Vital, *, window: int, days: int, like: likeness.Likeness = likeness.NONE
    ) -> Usual | None:
        """Return the person's normal from the `days` days before the last `window` days.

        It is that of readings `like` the last one, where the data have it (`baseline.usual`).
        """
        before = self.day - window + 1
        if like:
            found = baseline.comparable(self.past, vital, before=before, days=days, like=like)
            if found is not None:
                return found
        key = (vital, before, days)
        if key not in self._usual:
            self._usual[key] = baseline.usual(self.past, vital, before=before, days=days)
        return self._usual[key]

    def recent(self, vital: Vital, *, window: int, days: int) -> Daily:
        """Return the last `window` days, of readings that `usual` of the same may be held against.

        Raises `KeyError` where nothing is known of the vital.
        """
        before = self.day - window + 1
        found = baseline.like_days(self.past, vital, before=before, days=days)
        return found.between(before, self.day)

    def restarted(self, vital: Vital) -> Restart | None:
        """Return since when a vital's usual is learnt anew, where something ended it."""
        return baseline.restarted(self.past, vital)

    def sure(self, vital: Vital) -> Bools | None:
        """Return bool[n], which readings may say what is usual; None where all may."""
        screen = self.past.screen
        return None if screen is None else screen.sure(vital, self.at - MOMENT)


_TAKEN = "taken"


def moment(past: History, at: float, arrived: float) -> Moment:
    """Return the person as known at `at`, from what had been received by `arrived`."""
    return Moment(cut(past, at, arrived), at, local_day(at, zone_of(past.person.zone)))


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that fires, as facts; `explanation` keeps them, and `words` makes them words.

    `change` is the difference to the usual or to the reference the rule names; `since` when
    the span that fired began; both are for the sentence only.
    """

    rule: Rule
    severity: Severity
    at: float
    day: int
    vital: Vital | None = None
    value: float | None = None
    limit: float | None = None
    usual: Usual | None = None
    change: float | None = None
    since: float | None = None
    span: float | None = None  # hours or days, as the rule's sentence says
    count: int = 1
    evidence: tuple[Evidence, ...] = ()
    confirmed: bool = True
    missing: tuple[str, ...] = ()
    because: str = ""  # the second fact that raised the tier: a vital, or a message
    bound: str = ""  # above or below, where a value is only a bound: the meter showed LO or HI
    held: tuple[Phrase, ...] = ()  # of several facts, those that hold
    otherwise: Phrase | None = None  # what would have made it not fire, where not one number
    remark: Value | None = None  # what only this rule can say
    problem: Problem | None = None  # where it is not the rule's own
    restart: Restart | None = None  # why there is no usual, where one was ended


@dataclass(frozen=True, slots=True)
class Waiting:
    """Look again at an instant: a value below RED waits for its repeat (AL-20), or time alone.

    A rule of time says so when it would fire at that instant if nothing arrived until then.
    `about` is the reading to be measured again, where the person is asked for that.
    """

    until: float
    about: Evidence | None = None


def evidence(series: Series, vital: Vital, indices: Iterable[int]) -> tuple[Evidence, ...]:
    """Return the readings at `indices` of a series as evidence."""
    return tuple(
        Evidence(
            reading_id=name_of(series.ids, i, vital),
            vital=vital,
            value=float(series.values[i]),
            effective=datetime.fromtimestamp(float(series.times[i]), UTC),
        )
        for i in indices
    )


def kept_evidence(kept: Kept) -> Evidence:
    """Return a reading that no average may use as evidence."""
    return Evidence(kept.id, kept.vital, kept.value, datetime.fromtimestamp(kept.time, UTC))
