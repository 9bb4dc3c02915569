"""Notes what Observations say besides readings: who lives alone, and who does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.context.repository import keep_living

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from ingest.settled import Settled


def about_living(settled: Settled) -> bool:
    """Return whether it says who lives alone, or may take back that an earlier version did."""
    unread = not settled.incoming.candidates and settled.decision.version > 1
    return unread or settled.seen.parsed.lives_alone is not None


def note_living(session: Session, stored: Iterable[tuple[Settled, datetime]]) -> None:
    """Store what each says, with when; the last version of one Observation counts."""
    keep_living(
        session,
        {each.decision.resource_id: _said(each, at) for each, at in stored if about_living(each)},
    )


def _said(settled: Settled, at: datetime) -> tuple[UUID, datetime, bool] | None:
    alone = settled.seen.parsed.lives_alone
    return None if alone is None else (settled.incoming.patient_id, at, alone)
