"""How often the charts of slow drifts signal where nothing drifts: eight stable signals a day.

Signals are independent and normal around a fixed centre, so whatever signals is false. A signal
is a day past the limit after one that was not; it is counted by rule, over all eight vitals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Severity, Vital
from ingest.enrolment import Person
from monitoring.control_charts import ControlChartRule, control_chart
from monitoring.moment import moment
from monitoring.windows import DAY, History, make_series

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.random import Generator

    from monitoring.rulebook import Rulebook

YEAR = 365.25
SETTLING = 60  # days before the first that counts: every usual is established by then
FIRST_DAY = 739_000
NOON = 43_200.0  # seconds
# vital, centre and day-to-day spread (evidence.md 8.2)
SIGNALS: Mapping[Vital, tuple[float, float]] = {
    Vital.BODY_WEIGHT: (78.0, 0.5),
    Vital.SYSTOLIC_BP: (132.0, 11.0),
    Vital.DIASTOLIC_BP: (76.0, 7.0),
    Vital.HEART_RATE: (72.0, 5.5),
    Vital.RESPIRATORY_RATE: (16.0, 1.5),
    Vital.SPO2: (94.0, 1.2),
    Vital.BODY_TEMPERATURE: (36.5, 0.36),
    Vital.GLUCOSE: (135.0, 30.0),
}
# Days to a false signal of one signal with known mean and sigma (Montgomery, Statistical Quality
# Control; evidence.md 1.8). One side of a CUSUM signals half as often as two.
PUBLISHED: Mapping[str, float] = {
    "PB-Z": 370,
    "PB-EWMA": 500,
    "PB-CUSUM": 465,
    "HF-WTREND": 930,
}
HEADINGS = (
    "rule",
    "signals",
    "false a patient-year",
    "of them YELLOW",
    "days between, each signal",
    "published days",
    "published a patient-year",
)


@dataclass(slots=True)
class Count:
    """What one rule said of stable lives."""

    rule: str
    signals: int
    days: int = 0  # patient-days that were charted
    told: int = 0
    yellow: int = 0

    def row(self) -> tuple[str, ...]:
        """Return the line of the table."""
        years, published = self.days / YEAR, PUBLISHED[self.rule]
        between = self.days * self.signals / self.told if self.told else float("inf")
        return (
            self.rule,
            str(self.signals),
            f"{self.told / years:.1f}",
            f"{self.yellow / years:.1f}",
            f"{between:.0f}",
            f"{published:.0f}",
            f"{self.signals * YEAR / published:.1f}",
        )


def measured(rulebook: Rulebook, *, patients: int, days: int, seed: int) -> list[Count]:
    """Return what each chart says of stable people, each watched for `days` days."""
    rules = [rule for rule in rulebook.rules if rule.id in PUBLISHED]
    charts = [rule for rule in rules if isinstance(rule, ControlChartRule)]
    counts = {c.id: Count(c.id, len(set(c.vitals) & SIGNALS.keys())) for c in charts}
    random = np.random.default_rng(seed)
    for _ in range(patients):
        _watch(stable(random, SETTLING + days), charts, counts)
    return list(counts.values())


def stable(random: Generator, days: int) -> History:
    """Return somebody whose eight signals are measured each noon and never drift."""
    ordinals = FIRST_DAY + np.arange(days, dtype=np.int64)
    times = (_noon(0) + np.arange(days) * DAY).astype(np.float64)
    series = {
        vital: make_series(
            times,
            random.normal(centre, spread, days),
            ordinals,
            np.array([f"{vital}-{n}" for n in range(days)], dtype=np.object_),
            times,
        )
        for vital, (centre, spread) in SIGNALS.items()
    }
    person = Person("stable", "UTC", groups=frozenset({"heart_failure"}))
    return History(person, series, contacts=times, contacts_received=times)


def _noon(day: int) -> float:
    epoch = 719_163  # the ordinal of 1970-01-01
    return (FIRST_DAY + day - epoch) * DAY + NOON


def _watch(past: History, charts: Iterable[ControlChartRule], counts: Mapping[str, Count]) -> None:
    length = len(past.contacts)
    before: dict[tuple[str, Vital | None], Severity] = {}
    for day in range(SETTLING, length):
        now = moment(past, _noon(day), _noon(day))
        today: dict[tuple[str, Vital | None], Severity] = {}
        for rule in charts:
            counts[rule.id].days += 1
            today |= {(rule.id, hit.vital): hit.severity for hit in control_chart(rule, now)}
        for key, severity in today.items():
            counts[key[0]].told += key not in before
            risen = severity is Severity.YELLOW and before.get(key) is not Severity.YELLOW
            counts[key[0]].yellow += risen
        before = today


def rows(counts: Iterable[Count]) -> list[tuple[str, ...]]:
    """Return the lines of the table."""
    return [count.row() for count in counts]
