"""Of whom nothing may be taken away by the schedule, because a court or an authority said so."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session


def held(session: Session) -> frozenset[UUID]:  # noqa: ARG001 (what asks the database later)
    """Return of whom nothing may be taken away."""
    return frozenset()
