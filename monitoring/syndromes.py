"""Signs that one illness moves together, added up in the person's own spreads.

An additive score gives each feature its part whatever the others say; that several small signs
of one illness mean more than their sum is said here, once, as one number that a clinician can
check by hand: each sign counts by how many spreads it lies on its bad side, up to a cap, a
complaint by a fixed number of spreads. Which signs go together: heart failure NOTICE-HF,
Zhang 2009, Howie-Esquivel 2019; COPD Hurst 2010, Yanez 2012; infection IDSA 2008, McFadden
1982; the weights of complaints are an engineering default.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from core.vitals import Vital

if TYPE_CHECKING:
    from collections.abc import Mapping

CAP = 4.0  # spreads; one broken device must not look like five failing organs
V = Vital
Signs = tuple[tuple[Vital, float], ...]  # a vital, and the sign in which it counts as worse
STRAIN: Signs = (
    (V.HEART_RATE, 1),
    (V.SPO2, -1),
    (V.RESPIRATORY_RATE, 1),
    (V.BODY_TEMPERATURE, 1),
    (V.STEPS, -1),
    (V.BREATHLESSNESS, 1),
)
HEART: Signs = (
    (V.BODY_WEIGHT, 1),
    (V.RESPIRATORY_RATE, 1),
    (V.HEART_RATE, 1),
    (V.SPO2, -1),
    (V.STEPS, -1),
    (V.NIGHT_BATHROOM, 1),
    (V.BREATHLESSNESS, 1),
)
LUNGS: Signs = (
    (V.HEART_RATE, 1),
    (V.SPO2, -1),
    (V.RESPIRATORY_RATE, 1),
    (V.STEPS, -1),
    (V.BREATHLESSNESS, 1),
)
INFECTION: Signs = (
    (V.BODY_TEMPERATURE, 1),
    (V.HEART_RATE, 1),
    (V.RESPIRATORY_RATE, 1),
    (V.NIGHT_BATHROOM, 1),
)
FLUID_LOSS: Signs = ((V.BODY_WEIGHT, -1), (V.SYSTOLIC_BP, -1), (V.HEART_RATE, 1))
DECLINE: Signs = ((V.STEPS, -1), (V.MOTION, -1), (V.SLEEP, -1))
# Spreads that each day with the complaint counts for (E).
COMPLAINED: dict[str, dict[Vital, float]] = {
    "heart": {V.BREATHLESS_LYING_FLAT: 2.0, V.FEELS_WORSE: 1.5, V.BREATHLESS_AT_REST: 2.0},
    "lungs": {V.MORE_SPUTUM: 1.5, V.FEELS_WORSE: 1.5, V.BREATHLESS_AT_REST: 2.0},
    "infection": {V.FEELS_WORSE: 1.5, V.NEW_CONFUSION: 1.5, V.MORE_SPUTUM: 1.0},
    "fluid_loss": {V.POOR_INTAKE: 1.5, V.DIARRHOEA: 1.5, V.VOMITING: 1.5},
    "strain": {V.FEELS_WORSE: 1.0, V.BREATHLESS_AT_REST: 1.0, V.NEW_CONFUSION: 1.0},
}


def together(
    signs: Signs, against: Mapping[Vital, float], told: Mapping[Vital, float] | None = None
) -> float:
    """Return the sum of spreads on the bad side; NaN where no sign and no complaint is known.

    `against` are spreads from usual, NaN where not known; `told` what complaints count for,
    without those that nobody was asked for.
    """
    known = [sign * against[vital] for vital, sign in signs if not math.isnan(against[vital])]
    parts = [min(max(each, 0.0), CAP) for each in known]
    parts += [min(each, CAP) for each in (told or {}).values()]
    return sum(parts) if parts else math.nan


def among(condition: str, groups: frozenset[str], value: float) -> float:
    """Return the value for people who live with the condition, NaN for others."""
    return value if condition in groups else math.nan
