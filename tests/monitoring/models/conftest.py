"""Models of the registry, short to add."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from core.clock import utc_now
from core.security import SYSTEM
from monitoring.models import service
from tests.artefacts import artefact

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    Added = Callable[..., str]


@pytest.fixture
def added(session: Session) -> Added:
    """Return a function that adds a model of its own and returns its id."""

    def add(salt: str = "", **changed: Any) -> str:
        made = artefact(salt, **changed)
        return service.add(session, SYSTEM, made, reason="a test", now=utc_now())

    return add
