"""Does the score find what rules miss, at a burden that a clinic can carry? On held-out lives.

What is simulated can only be engineering evidence, never clinical evidence
(`evidence.md` 8.6): every report says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Severity, Vital
from lab.histories import history_of, instant
from lab.scorecard import Course, scorecard
from monitoring.features import describe
from monitoring.judgement import judge
from monitoring.risk import probabilities
from monitoring.windows import cut

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lab.scorecard import Floats, Scorecard
    from lab.simulator import Life
    from monitoring.risk import Model
    from monitoring.rulebook import Rulebook
    from monitoring.windows import History

CAVEAT = "Simulated data: engineering evidence, not clinical evidence."
FIRST_DAY = 28  # a baseline stands from here on; earlier days are not judged
END_OF_DAY = 1 - 1 / 1440
LOOK_BACK = 14.0  # days
PAGED = (Severity.RED, Severity.AMBER)
# The guideline weight rule as SCALE-HF 1 ran it: > 3 lb in a day or > 5 lb in a week.
POUND = 0.45359237
WEIGHT_RULE = ((1, 3 * POUND), (7, 5 * POUND))


@dataclass(frozen=True, slots=True)
class Judges:
    """What is compared: a model, a rulebook, or both."""

    model: Model | None
    rulebook: Rulebook | None


def evaluate(lives: Iterable[Life], judges: Judges, *, seed: int) -> list[Scorecard]:
    """Return one scorecard per way of alerting, over lives held out from training."""
    each = [(life, fired(life, judges)) for life in lives]
    names = list(each[0][1])
    return [
        scorecard(
            name,
            [_course(life, firings[name]) for life, firings in each],
            look_back=LOOK_BACK,
            seed=seed,
        )
        for name in names
    ]


def _course(life: Life, firings: Floats) -> Course:
    recorded = [event for event in life.events if event.day > FIRST_DAY]
    return Course(
        fired=firings,
        events=np.array([event.day for event in recorded]),
        observed=float(life.days - FIRST_DAY),
        kinds=tuple(event.kind for event in recorded),
    )


def fired(life: Life, judges: Judges) -> Mapping[str, Floats]:
    """Return the days, ascending, on which each way of alerting fired for one life."""
    past = history_of(life)
    result = {"guideline weight rule": weight_rule(past)}
    if judges.model is not None:
        result |= _scored(life, past, judges.model)
    if judges.rulebook is not None:
        result |= {"rules, AMBER and RED": _ruled(life, past, judges.rulebook)}
    return result


def _scored(life: Life, past: History, model: Model) -> dict[str, Floats]:
    days = np.arange(FIRST_DAY, life.days, dtype=np.float64) + END_OF_DAY
    moments = [instant(day) for day in days.tolist()]
    described = np.array([describe(cut(past, now, arrived=now), now) for now in moments])
    risk = probabilities(model, described)
    return {
        f"learned score, {tier}": days[risk >= least] for tier, least in model.thresholds.items()
    }


def _ruled(life: Life, past: History, rulebook: Rulebook) -> Floats:
    """Judge each day's readings at its end, as `wardlight replay --per-day` does."""
    taken = np.sort(np.concatenate([series.times for series in past.series.values()]))
    hits = []
    for day in range(FIRST_DAY, life.days):
        points = taken[taken.searchsorted(instant(day)) : taken.searchsorted(instant(day + 1))]
        now = datetime.fromtimestamp(instant(day + END_OF_DAY), UTC)
        judged = judge(past, points.tolist(), now=now, rulebook=rulebook, model=None)
        if any(finding.severity in PAGED for finding in judged.findings):
            hits.append(day + END_OF_DAY)
    return np.array(hits, dtype=np.float64)


def weight_rule(past: History) -> Floats:
    """Return the days on which the guideline weight rule fires, float64[k]."""
    series = past.series.get(Vital.BODY_WEIGHT)
    if series is None:
        return np.empty(0)
    known = dict(zip(series.daily.days.tolist(), series.daily.medians.tolist(), strict=True))
    first = int((instant(0)) // 86_400) + _EPOCH
    return np.array(
        [
            day - first + END_OF_DAY
            for day, weight in known.items()
            if day - first >= FIRST_DAY and _gained(known, day, weight)
        ],
        dtype=np.float64,
    )


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).toordinal()


def _gained(known: Mapping[int, float], day: int, weight: float) -> bool:
    return any(
        weight - known[earlier] > limit
        for span, limit in WEIGHT_RULE
        for earlier in range(day - span, day)
        if earlier in known
    )


HEADINGS = ("way of alerting", "sens", "chance", "gain (95 %)", "per p-y", "unexpl.", "PPV", "lead")


def rows(cards: Sequence[Scorecard]) -> list[tuple[str, ...]]:
    """Return the scorecards as text, one row each, under HEADINGS."""
    return [
        (
            card.name,
            f"{card.sensitivity:.2f}",
            f"{card.chance:.2f}",
            f"{card.lift:+.2f} ({card.interval[0]:+.2f} to {card.interval[1]:+.2f})",
            f"{card.burden:.1f}",
            f"{card.unexplained:.1f}",
            f"{card.ppv_event:.2f}",
            f"{card.lead_days:.1f} d",
        )
        for card in cards
    ]


def kind_rows(cards: Sequence[Scorecard]) -> list[tuple[str, ...]]:
    """Return, for each kind of event, how many each way of alerting found of all."""
    return [
        (kind, *(f"{card.by_kind[number][1]}/{every}" for card in cards))
        for number, (kind, _, every) in enumerate(cards[0].by_kind)
    ]
