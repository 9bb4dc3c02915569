"""A patient with a telephone, and what comes to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.told import Phone, phone, reachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

    from tests.alerts.conftest import Ward

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
SECOND = "+821055507777"


@pytest.fixture
def telephone() -> Iterator[Phone]:
    with phone() as one:
        yield one


@pytest.fixture
def ward(session: Session, build: Callable[..., Ward]) -> Ward:
    ward = build(session, name="Canary Patientname")
    reachable(session, ward.patient, now=NOW)
    return ward
