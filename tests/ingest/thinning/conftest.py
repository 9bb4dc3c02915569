"""Somebody with a dense stream that is rolled up, most of it too old to be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.vitals import Vital
from tests.ingest.summing.lives import NOW, enrol, store
from tests.ingest.thinning.worn import DAY, START, ZONE, pulse, roll

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session


@pytest.fixture
def worn(session: Session) -> UUID:
    """Somebody with a watch on three days long ago and on the last five, and a scale."""
    patient = enrol(session, ZONE)
    store(session, patient, pulse(START, 3, seed=1))
    store(session, patient, pulse(NOW - 5 * DAY, 5, seed=2))
    scale = [(Vital.BODY_WEIGHT, START + n * DAY, 80.0, "scale") for n in range(0, 120, 6)]
    store(session, patient, scale)
    roll(session, patient)
    return patient
