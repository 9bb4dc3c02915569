"""Lines of timelines, with who did it by name and what was written in clear."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.inbox import TimelineEntry
from alerts.naming.repository import UNKNOWN
from alerts.reasons import WORDS, Reason
from alerts.tables import AlertEvent
from alerts.wording.repository import words_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

PROGRAM = "Wardlight"


def events(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[AlertEvent]]:
    """Return the timelines of some alerts, the oldest line first."""
    found: dict[UUID, list[AlertEvent]] = defaultdict(list)
    query = select(AlertEvent).where(AlertEvent.alert_id.in_(ids)).order_by(AlertEvent.id)
    for row in session.scalars(query):
        found[row.alert_id].append(row)
    return found


def entry(session: Session, row: AlertEvent, names: Mapping[UUID, str]) -> TimelineEntry:
    """Return one line as it is read."""
    known = row.reason in tuple(Reason)
    actor = names.get(row.actor_id, UNKNOWN) if row.actor_id else PROGRAM
    return TimelineEntry(
        at=row.at,
        kind=row.kind,
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        actor_name=actor,
        reason=WORDS[Reason(row.reason)] if known else row.reason,
        before=row.before,
        after=row.after | words_of(session, row),
    )
