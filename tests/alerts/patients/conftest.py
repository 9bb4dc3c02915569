"""A patient who is told by one telephone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.alerts.conftest import NOW
from tests.told import reachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from tests.alerts.conftest import Ward


@pytest.fixture
def ward(session: Session, build: Callable[..., Ward]) -> Ward:
    ward = build(session)
    reachable(session, ward.patient, now=NOW)
    return ward
