"""Fits a site's plan to the alerts that one service confirmed: four limits a vital, and its hours.

Chosen are the limits and the closing time with the best F1 over patient-days; of equal ones
the limit nearest to the printed one, and the middle closing time. Nothing else is fitted.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import time, timedelta
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Vital
from lab.reference import DEVICE_TYPES, LONDON
from monitoring.plans.hours import ServiceHours

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from numpy.typing import NDArray

    from lab.reference import Participant

    Bools = NDArray[np.bool_]

OPENS = time(9)  # the earliest hour at which this service confirmed anything
EVERY = timedelta(minutes=5)
EARLIEST = timedelta(hours=18)
# Printed in Palermo et al. 2023 for the service; what was in force is what the labels tell.
PRINTED: dict[tuple[Vital, str], float] = {
    (Vital.SYSTOLIC_BP, "low"): 80,
    (Vital.SYSTOLIC_BP, "high"): 190,
    (Vital.DIASTOLIC_BP, "low"): 50,
    (Vital.DIASTOLIC_BP, "high"): 110,
    (Vital.HEART_RATE, "low"): 55,
    (Vital.HEART_RATE, "high"): 100,
}
TRIED: dict[tuple[Vital, str], range] = {
    (Vital.SYSTOLIC_BP, "low"): range(80, 101),
    (Vital.SYSTOLIC_BP, "high"): range(150, 191),
    (Vital.DIASTOLIC_BP, "low"): range(45, 61),
    (Vital.DIASTOLIC_BP, "high"): range(90, 111),
    (Vital.HEART_RATE, "low"): range(45, 56),
    (Vital.HEART_RATE, "high"): range(90, 121),
}
Limits = dict[tuple[Vital, str], float]


@dataclass(frozen=True, slots=True)
class Fitted:
    """The best limits and hours, and how they agree with the labels they were fitted on."""

    limits: Limits
    hours: ServiceHours | None
    f1: float


@dataclass(frozen=True, slots=True)
class _Days:
    """Patient-days with physiology, and the day on which each reading would be dealt with."""

    labelled: Bools  # bool[d]
    row: dict[tuple[str, date], int]


def fit(participants: Sequence[Participant], *, hours: bool = True) -> Fitted:
    """Fit limits, and with `hours` a closing time; without, a limit fires on its own day."""
    days = _days(participants)
    limits: Limits = dict(PRINTED)
    closes = _candidates() if hours else [None]
    best: ServiceHours | None = None
    for _ in range(3):  # each pass can only gain; in practice the second changes nothing
        rows = _readings(participants, days, best)
        limits = _climb(limits, rows, days.labelled)
        scored = [
            (f1(_fires(limits, participants, days, each), days.labelled), each) for each in closes
        ]
        top = max(score for score, _ in scored)
        equal = [each for score, each in scored if score == top]
        best = equal[len(equal) // 2]
    return Fitted(limits, best, f1(_fires(limits, participants, days, best), days.labelled))


def fired_days(
    who: Participant, limits: Mapping[tuple[Vital, str], float], hours: ServiceHours | None
) -> set[date]:
    """Return the local days on which a service with these limits and hours would act."""
    return {
        dealt_with(row.taken, hours)
        for row in who.measured
        if row.kind in DEVICE_TYPES and _beyond(DEVICE_TYPES[row.kind][0], row.value, limits)
    }


def dealt_with(taken: datetime, hours: ServiceHours | None) -> date:
    """Return the local day on which somebody reads what was taken at an instant."""
    return (hours.dealt_with(taken, LONDON).astimezone(LONDON) if hours else taken).date()


def f1(fired: Bools, labelled: Bools) -> float:
    """Return the F1 of fired against labelled patient-days; 0 where neither is."""
    both = int((fired & labelled).sum())
    either = int(fired.sum() + labelled.sum())
    return 2 * both / either if either else 0.0


def _beyond(vital: Vital, value: float, limits: Mapping[tuple[Vital, str], float]) -> bool:
    low, high = limits.get((vital, "low")), limits.get((vital, "high"))
    return (low is not None and value <= low) or (high is not None and value >= high)


def _candidates() -> list[ServiceHours | None]:
    steps = int((timedelta(days=1) - EARLIEST) / EVERY)
    minutes = [int((EARLIEST + n * EVERY).total_seconds()) // 60 for n in range(steps)]
    return [ServiceHours(opens=OPENS, closes=time(m // 60, m % 60)) for m in minutes]


def _days(participants: Iterable[Participant]) -> _Days:
    row: dict[tuple[str, date], int] = {}
    labelled: list[bool] = []
    for who in participants:
        for day in sorted({each.taken.date() for each in who.measured}):
            row[who.id, day] = len(row)
            labelled.append(day in who.labelled)
    return _Days(np.array(labelled, dtype=bool), row)


def _readings(
    participants: Iterable[Participant], days: _Days, hours: ServiceHours | None
) -> dict[Vital, tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Return, for each vital, the row of the day of each reading and its value."""
    found: dict[Vital, list[tuple[int, float]]] = defaultdict(list)
    for who in participants:
        for each in who.measured:
            at = days.row.get((who.id, dealt_with(each.taken, hours)))
            if each.kind in DEVICE_TYPES and at is not None:
                found[DEVICE_TYPES[each.kind][0]].append((at, each.value))
    return {
        vital: (np.array([r for r, _ in pairs]), np.array([v for _, v in pairs]))
        for vital, pairs in found.items()
    }


def _climb(
    limits: Limits,
    rows: Mapping[Vital, tuple[NDArray[np.int64], NDArray[np.float64]]],
    labelled: Bools,
) -> Limits:
    """Improve one limit after the other until none gains."""
    limits = dict(limits)
    while True:
        before = dict(limits)
        for key, tried in TRIED.items():
            rest = {other: limit for other, limit in limits.items() if other != key}
            fires = _by_day(rest, rows, len(labelled))
            scores = {
                limit: f1(fires | _by_day({key: limit}, rows, len(labelled)), labelled)
                for limit in map(float, tried)
            }
            top = max(scores.values())
            equal = [limit for limit, score in scores.items() if score == top]
            limits[key] = min(equal, key=lambda limit: (abs(limit - PRINTED[key]), limit))
        if limits == before:
            return limits


def _by_day(
    limits: Mapping[tuple[Vital, str], float],
    rows: Mapping[Vital, tuple[NDArray[np.int64], NDArray[np.float64]]],
    days: int,
) -> Bools:
    fired = np.zeros(days, dtype=bool)
    for (vital, side), limit in limits.items():
        if vital in rows:
            at, values = rows[vital]
            fired[at[values <= limit if side == "low" else values >= limit]] = True
    return fired


def _fires(
    limits: Limits, participants: Sequence[Participant], days: _Days, hours: ServiceHours | None
) -> Bools:
    return _by_day(limits, _readings(participants, days, hours), len(days.labelled))


@dataclass(frozen=True, slots=True)
class Split:
    """One random half of the patients fitted on, the other scored: fixed limits, and a plan."""

    fixed_f1: float
    plan_f1: float
    fixed_fired: float  # per 100 patient-days
    plan_fired: float


def splits(participants: Sequence[Participant], *, repeats: int, seed: int) -> Iterator[Split]:
    """Yield how limits alone and limits with hours do on patients that they never saw."""
    random = np.random.default_rng(seed)
    for _ in range(repeats):
        order = random.permutation(len(participants))
        half = len(order) // 2
        known = [participants[i] for i in order[:half]]
        unseen = [participants[i] for i in order[half:]]
        fixed, plan = fit(known, hours=False), fit(known)
        days = _days(unseen)
        alone = _fires(fixed.limits, unseen, days, None)
        planned = _fires(plan.limits, unseen, days, plan.hours)
        yield Split(
            f1(alone, days.labelled),
            f1(planned, days.labelled),
            100 * float(alone.mean()),
            100 * float(planned.mean()),
        )


SPLIT_HEADINGS = ("on unseen patients", "limits alone", "limits and hours", "difference")


def split_rows(tried: Sequence[Split]) -> list[tuple[str, ...]]:
    """Return the means over the splits as text, one row each, under SPLIT_HEADINGS."""
    f1s = np.array([(each.fixed_f1, each.plan_f1) for each in tried])
    fired = np.array([(each.fixed_fired, each.plan_fired) for each in tried])
    gain = f1s[:, 1] - f1s[:, 0]
    return [
        ("F1 (mean)", *(f"{x:.3f}" for x in f1s.mean(axis=0)), f"{gain.mean():+.3f}"),
        ("F1 (spread)", *(f"{x:.3f}" for x in f1s.std(axis=0)), f"{gain.std():.3f}"),
        ("fired / 100 patient-days", *(f"{x:.1f}" for x in fired.mean(axis=0)), _change(fired)),
        ("better by 0.02 or more", "", "", f"{100 * (gain >= GAIN).mean():.0f} % of splits"),
    ]


GAIN = 0.02


def _change(fired: NDArray[np.float64]) -> str:
    return f"{(fired[:, 1] - fired[:, 0]).mean():+.1f}"
