"""A patient with a telephone, and what comes to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.alerts.conftest import NOW
from tests.told import reachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from tests.alerts.conftest import Ward

SECOND = "+821055507777"


@pytest.fixture
def ward(session: Session, build: Callable[..., Ward]) -> Ward:
    ward = build(session, name="Canary Patientname")
    reachable(session, ward.patient, now=NOW)
    return ward
