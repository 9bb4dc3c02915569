"""Which groups of workers close rows, each shown by a row that only it can close (REL-36)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.watching.tables import WorkerGroup

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session


def idle(session: Session, *, now: datetime) -> Sequence[WorkerGroup]:
    """Return the groups that closed nothing within what their last row vouches for."""
    query = select(WorkerGroup).where(WorkerGroup.vouches_until < now)
    return session.scalars(query.order_by(WorkerGroup.name)).all()
