"""What happens to the demo's people in their last days: told as readings, like a case report.

The numbers are a clinician's picture of each illness, not the limits of any rule.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.vitals import Vital

HOUR = 1.0
DAY = 24.0
MINUTE = 1 / 60


@dataclass(frozen=True, slots=True)
class Told:
    """One authored reading: hours before now, and values; relative ones add to the usual."""

    hours_ago: float
    values: dict[Vital, float]
    relative: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """A patient of the demo: who they must be, and what their devices say at the end.

    `quiet_hours`: no device spoke for this long. `replaces`: hours before now in which the
    simulated readings of the told vitals give way to the told ones.
    """

    title: str
    needs: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    told: tuple[Told, ...] = ()
    replaces: float = 1 * DAY
    quiet_hours: float = 0.0
    lives_alone: bool | None = None
    adherence: float = 0.93

    @property
    def vitals(self) -> frozenset[Vital]:
        """Return the vitals that the story speaks of."""
        return frozenset(vital for told in self.told for vital in told.values)


def _pressure(systolic: float, diastolic: float) -> dict[Vital, float]:
    return {Vital.SYSTOLIC_BP: systolic, Vital.DIASTOLIC_BP: diastolic}


def _mornings(vital: Vital, changes: tuple[float, ...], *, start: float = 4.0) -> tuple[Told, ...]:
    """Tell one reading a day, the last `start` hours ago, as changes from the usual."""
    last = len(changes) - 1
    return tuple(
        Told(start * HOUR + (last - i) * DAY, {vital: change}, relative=True)
        for i, change in enumerate(changes)
    )


QUIET = Story("nothing unusual")
GAPPY = Story("measures now and then", adherence=0.45)

STORIES: tuple[Story, ...] = (
    Story(
        "COPD flare: oxygen falls within the hour",
        needs=frozenset({"copd"}),
        told=(
            Told(26 * HOUR, {Vital.SPO2: -2, Vital.HEART_RATE: 6}, relative=True),
            Told(37 * MINUTE, {Vital.SPO2: 88, Vital.HEART_RATE: 104}),
            Told(33 * MINUTE, {Vital.SPO2: 87, Vital.HEART_RATE: 106}),
        ),
        replaces=1.5 * DAY,
    ),
    Story(
        "heart failure: fluid gathers over six days",
        needs=frozenset({"heart_failure"}),
        told=_mornings(Vital.BODY_WEIGHT, (0.2, 0.6, 1.3, 1.9, 2.6, 3.4)),
        replaces=6 * DAY,
    ),
    Story(
        "walks far less for four days",
        needs=frozenset({"osteoarthritis"}),
        told=tuple(
            Told(hours, {Vital.STEPS: steps})
            for hours, steps in ((3 * DAY, 540.0), (2 * DAY, 410.0), (1 * DAY, 380.0))
        ),
        replaces=4 * DAY,
    ),
    QUIET,
    Story("lives alone; nothing heard, nothing moves", quiet_hours=31.0, lives_alone=True),
    Story(
        "severe blood pressure, no symptoms known",
        needs=frozenset({"hypertension"}),
        told=(
            Told(82 * MINUTE, _pressure(194, 104)),
            Told(75 * MINUTE, _pressure(191, 106)),
        ),
    ),
    GAPPY,
    Story(
        "chest infection: hot, fast breathing, fast pulse",
        told=(
            Told(20 * HOUR, {Vital.BODY_TEMPERATURE: 37.5}),
            Told(130 * MINUTE, {Vital.BODY_TEMPERATURE: 38.4}),
            Told(128 * MINUTE, {Vital.HEART_RATE: 108}),
            Told(126 * MINUTE, {Vital.RESPIRATORY_RATE: 25}),
            Told(110 * MINUTE, {Vital.BODY_TEMPERATURE: 38.5}),
            Told(108 * MINUTE, {Vital.RESPIRATORY_RATE: 26}),
        ),
    ),
    QUIET,
    Story(
        "hypoglycaemia before lunch",
        needs=frozenset({"diabetes"}),
        told=(Told(24 * MINUTE, {Vital.GLUCOSE: 47}),),
    ),
    Story(
        "resting pulse climbs for three days",
        without=frozenset({"atrial_fibrillation"}),
        told=_mornings(Vital.HEART_RATE, (11, 14, 15)),
        replaces=3 * DAY,
    ),
    QUIET,
    Story(
        "atrial fibrillation with a fast ventricular rate",
        needs=frozenset({"atrial_fibrillation"}),
        told=(
            Told(58 * MINUTE, {Vital.HEART_RATE: 126}),
            Told(39 * MINUTE, {Vital.HEART_RATE: 128}),
        ),
    ),
    QUIET,
    GAPPY,
    QUIET,
    QUIET,
    QUIET,
    QUIET,
    QUIET,
)

# What the live feed tells now and then: a few readings of one person, minutes apart.
TURNS: tuple[tuple[dict[Vital, float], ...], ...] = (
    ({Vital.SPO2: 90.0}, {Vital.SPO2: 89.0}),
    ({Vital.BODY_TEMPERATURE: 38.2}, {Vital.BODY_TEMPERATURE: 38.3}),
    (_pressure(188, 98), _pressure(186, 101)),
    ({Vital.HEART_RATE: 118.0}, {Vital.HEART_RATE: 121.0}),
)
