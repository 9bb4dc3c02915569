"""Reads how alerts stand that rose or came back: of the others the first of each act is enough."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.tables import AlertEvent
from reports.turns import AGAIN, KINDS, Entry, Turn, turn

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session


def turns(session: Session, ids: Select[UUID], *, until: datetime) -> dict[UUID, Turn]:
    """Return how those of some alerts stood at `until` that had risen or come back before it."""
    row = AlertEvent
    again = select(row.alert_id).where(row.alert_id.in_(ids), row.kind.in_(AGAIN), row.at < until)
    facts = (row.after[name].astext for name in ("reached", "act", "of"))
    query = (
        select(row.alert_id, row.kind, row.at, *facts)
        .where(row.alert_id.in_(again), row.kind.in_(KINDS))
        .order_by(row.id)
    )
    found: dict[UUID, list[Entry]] = defaultdict(list)
    for alert, kind, at, reached, act, of in session.execute(query):
        since = datetime.fromisoformat(of) if of else None
        found[alert].append(Entry(kind, at, reached == "true", act or "", since))
    return {alert: turn(entries, until=until) for alert, entries in found.items()}
