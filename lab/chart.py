"""The NEWS2 chart (RCP 2017) as a plain way of alerting: points of whatever was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Vital

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Points = NDArray[np.int64]

FULL_SET = (
    Vital.RESPIRATORY_RATE,
    Vital.SPO2,
    Vital.SYSTOLIC_BP,
    Vital.HEART_RATE,
    Vital.BODY_TEMPERATURE,
)
# NEWS2 (RCP 2017): upper ends of the bands below the zero band, then lower ends above it.
NEWS2 = {
    Vital.RESPIRATORY_RATE: ((8, 3), (11, 1), (20, 0), (24, 2), (np.inf, 3)),
    Vital.SPO2: ((91, 3), (93, 2), (95, 1), (np.inf, 0)),
    Vital.SYSTOLIC_BP: ((90, 3), (100, 2), (110, 1), (219, 0), (np.inf, 3)),
    Vital.HEART_RATE: ((40, 3), (50, 1), (90, 0), (110, 1), (130, 2), (np.inf, 3)),
    Vital.BODY_TEMPERATURE: ((35.0, 3), (36.0, 1), (38.0, 0), (39.0, 1), (np.inf, 2)),
}
SPO2_SCALE_TWO = ((83, 3), (85, 2), (87, 1), (np.inf, 0))  # for whom a clinician has set it
ON_OXYGEN = 2


def banded(vital: Vital, values: Floats, *, scale_two: bool = False) -> Points:
    """Return the points of each value of a vital of the chart, int64[n]."""
    bands = SPO2_SCALE_TWO if scale_two and vital is Vital.SPO2 else NEWS2[vital]
    ends, scores = zip(*bands, strict=True)
    return np.asarray(np.array(scores)[np.searchsorted(ends, values)], dtype=np.int64)
