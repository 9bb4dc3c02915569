"""Judges lives by the rules, by plain ways of alerting and, where asked, by the learned score.

What is simulated or injected can only be engineering evidence, never clinical evidence
(`evidence.md` 8.6): every report says so.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from lab.comparators import COMPARATORS, Strength
from lab.contest import Seen
from lab.histories import instant, person_of, readings_of
from lab.replayed import said, speaking
from lab.scorecard import LookBack
from monitoring.features import FEATURES, describe
from monitoring.risk import likeliest
from monitoring.windows import cut, history

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from lab.comparators import Strengths
    from lab.replayed import Said
    from lab.simulator import Life
    from monitoring.plans.site_rules import SiteRules
    from monitoring.risk import Model
    from monitoring.rulebook import Rulebook
    from monitoring.windows import History

    Floats = NDArray[np.float64]

CAVEAT = "Simulated or injected events: engineering evidence, not clinical evidence."
FIRST_DAY = 28.0  # a baseline stands from here on; earlier days are not judged
END_OF_DAY = 1 - 1 / 1440
SCORE = "learned score"
# Section 3.5: heart failure 14 days (G1), any other 7 (G2), what comes suddenly 2.
LOOK_BACK = LookBack(
    7.0, {"heart_failure": 14.0, "af_rvr": 2.0, "hypoglycaemia": 2.0, "severe_pressure": 2.0}
)


@dataclass(frozen=True, slots=True)
class Judges:
    """What judges besides the plain ways: rules, a model, both or none."""

    model: Model | None
    rules: Rulebook | SiteRules | None
    describes: bool = False  # describe each day even where no model is judged


@dataclass(frozen=True, slots=True)
class Judged:
    """One life as seen by every way of alerting, and what the rules said of it.

    `days` float64[n] are the ends of the days judged, `described` float64[n, f] the person as
    the score sees them then; both empty where nothing asked for them.
    """

    seen: Seen
    findings: Sequence[Said]
    days: Floats = field(default_factory=lambda: np.empty(0))
    described: Floats = field(default_factory=lambda: np.empty((0, len(FEATURES))))


def judged(lives: Iterable[Life], judges: Judges) -> Iterator[Judged]:
    """Yield every life judged in event time, as live and `wardlight replay` judge."""
    spoken = speaking(judges.rules) if judges.rules is not None else None
    for life in lives:
        yield judged_life(life, judges, spoken)


def judged_life(life: Life, judges: Judges, rules: SiteRules | None) -> Judged:
    """Judge one life; `rules` are those of the judges that speak (`replayed.speaking`)."""
    person, readings = person_of(life), list(readings_of(life))
    until = datetime.fromtimestamp(instant(life.days) - 60, UTC)
    findings = [] if rules is None else said(person, readings, rules, instant(0), until)
    past = history(person, readings)
    recorded = [event for event in life.events if event.day > FIRST_DAY]
    others: dict[str, Strengths] = {name: way(past) for name, way in COMPARATORS.items()}
    asked = judges.model is not None or judges.describes
    days = ends_of_days(life.days) if asked else np.empty(0)
    described = described_at(past, days)
    if judges.model is not None:
        others[SCORE] = _scored(judges.model, days, described)
    seen = Seen(
        events=np.array([event.day for event in recorded]),
        kinds=tuple(event.kind for event in recorded),
        first=FIRST_DAY,
        last=max(float(life.days), FIRST_DAY),
        start=instant(0),
        rules=by_problem(findings),
        others=others,
        subject=life.subject,
    )
    return Judged(seen, findings, days, described)


def by_problem(findings: Iterable[Said]) -> Mapping[str, Floats]:
    """Return the days of findings, ascending, by the problem that they opened."""
    days: dict[str, list[float]] = defaultdict(list)
    for each in findings:
        days[each.problem].append(each.day)
    return {problem: np.sort(np.array(each)) for problem, each in days.items()}


def ends_of_days(days: int) -> Floats:
    """Return the moments, in days, at which a life's days are judged, float64[n]."""
    return np.arange(int(FIRST_DAY), days, dtype=np.float64) + END_OF_DAY


def described_at(past: History, days: Floats) -> Floats:
    """Describe a person at moments by what had arrived by then, float64[n, f]."""
    moments = [instant(day) for day in days.tolist()]
    rows = [describe(cut(past, now, arrived=now), now) for now in moments]
    return np.array(rows, dtype=np.float64).reshape(-1, len(FEATURES))


def alerting(model: Model, described: Floats) -> Floats:
    """Return float64[n], what the thresholds of a model are held to."""
    return likeliest(model, described)


def _scored(model: Model, days: Floats, described: Floats) -> Strengths:
    """Return the learned probability of each day's end, in thresholds of AMBER."""
    if not len(days):
        return {}
    least = max(model.thresholds.values())
    moments = np.array([instant(day) for day in days.tolist()])
    return {"decline": Strength(moments, alerting(model, described) / least)}
