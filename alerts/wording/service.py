"""Seal what was written before 0090, a few rows at a time, while everything goes on (SEC-27)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from alerts.tables import OPEN_EVENT, OPEN_WORDS, Alert, AlertEvent
from alerts.wording import repository
from alerts.wording.repository import OF_ALERTS, OF_EVENTS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

JOB = "older-notes"
BATCH = 100


def seal_older(session: Session, *, now: datetime) -> int:  # noqa: ARG001 (a job has it)
    """Seal some of what still stands plain; return how many rows, none once all is done."""
    return _alerts(session) + _events(session)


def _alerts(session: Session) -> int:
    query = select(Alert).where(text(OPEN_WORDS)).order_by(Alert.id).limit(BATCH)
    rows = session.scalars(query.with_for_update(skip_locked=True)).all()
    for row in rows:
        repository.write(session, row, repository.written(session, row))
    session.flush()
    return len(rows)


def _events(session: Session) -> int:
    query = select(AlertEvent).where(text(OPEN_EVENT)).order_by(AlertEvent.id).limit(BATCH)
    rows = session.scalars(query.with_for_update(skip_locked=True)).all()
    for row in rows:
        words = repository.before(session, row) | repository.words_of(session, row)
        row.after = _without(row.after, {OF_EVENTS[row.kind]} if row.kind in OF_EVENTS else ())
        row.kept = row.kept and _without(row.kept, OF_ALERTS)
        row.words = repository.sealed(session, row.alert_id, row.kind, row.at, words)
    session.flush()
    return len(rows)


def _without(held: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: said for name, said in held.items() if name not in names}
