"""Artefacts that load, made from the one that ships."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from core.clock import utc_now
from core.security import SYSTEM
from monitoring.models import service
from monitoring.risk import digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    Added = Callable[..., str]


@cache
def _shipped() -> str:
    return files("monitoring").joinpath("artefact.json").read_text(encoding="utf-8")


def artefact(salt: str = "", **changed: Any) -> dict[str, Any]:
    """Return the artefact that ships, changed, with a hash that holds."""
    payload: dict[str, Any] = json.loads(_shipped())
    payload |= changed
    payload["training"] = {**payload["training"], "salt": salt}
    return payload | {"sha256": digest(payload)}


@pytest.fixture
def added(session: Session) -> Added:
    """Return a function that adds a model of its own and returns its id."""

    def add(salt: str = "", **changed: Any) -> str:
        made = artefact(salt, **changed)
        return service.add(session, SYSTEM, made, reason="a test", now=utc_now())

    return add
