"""What the outcomes say of the learned score that was in force, as it was last looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from monitoring.live_calibration import Band


@dataclass(frozen=True, slots=True)
class Calibration:
    """The model that scored most in the week; no bands: its outcomes were not looked at yet.

    `scores` counts the judgements of the week that it scored. Bands are of everybody of the
    installation: one team has too few people to tell.
    """

    model_id: str
    scores: int
    looked_at: datetime | None = None
    bands: tuple[Band, ...] = ()
    left_out: int = 0
