"""Reads how alerts stand that rose or came back: of the others the first of each act is enough."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import DateTime, select
from sqlalchemy.orm import aliased

from alerts.tables import AlertEvent
from reports.turns import AGAIN, KINDS, UNDONE, Entry, Turn, turn

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session


def taken_back(row: type[AlertEvent]) -> ColumnElement[bool]:
    """Return whether an act of a timeline was taken back by whoever did it."""
    later = aliased(AlertEvent)
    return (
        select(later.id)
        .where(
            later.alert_id == row.alert_id,
            later.kind == UNDONE,
            later.after["act"].astext == row.kind,
            later.after["of"].astext.cast(DateTime(timezone=True)) == row.at,
        )
        .exists()
    )


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
