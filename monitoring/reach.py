"""How far back readings are read for a judgement, so that no rule asks for more than it gets."""

from __future__ import annotations

from datetime import timedelta

from core.vitals import Vital

# Baselines of 28 days behind the longest window (30) and the longest freeze (60 days).
READ_BACK = timedelta(days=28 + 30 + 60)
WEIGHT_BACK = timedelta(days=180 + 30)  # the longest window of weight, and the reach of a point


def read_back(vital: Vital | None) -> timedelta:
    """Return how far back a vital is read; None stands for all of them."""
    return WEIGHT_BACK if vital is Vital.BODY_WEIGHT else READ_BACK
