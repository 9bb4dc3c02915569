"""The use cases of a dry run: how many movements would go, and which (SEC-48)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.foretelling import repository
from ingest.movement import DAY

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from ingest.summing.repository import Asked, Key
    from ingest.summing.service import Named


def going(session: Session, asked: Asked, named: Named) -> tuple[int, datetime | None]:
    """Return how many readings summing up would take in all, and how old the oldest is."""
    return repository.told(session, asked, _kept(session, asked, named))


def keys(session: Session, asked: Asked, named: Named) -> list[Key]:
    """Return the primary key of each of them, the oldest first."""
    return repository.keys(session, asked, _kept(session, asked, named))


def _kept(session: Session, asked: Asked, named: Named) -> Collection[UUID]:
    whose = repository.whose(session, asked)
    return named(session, whose, min(whose.values()) - DAY) if whose else ()
