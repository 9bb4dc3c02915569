"""Queries for training runs; each change names the state that it changes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from app.retraining.states import LIVE, LOST_AFTER, UNTAKEN_AFTER, Order, Run, RunState, Stage, Why
from app.retraining.tables import TrainingRun
from core.first import First, first

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

SHOWN = 10


def recent(session: Session) -> First[Run]:
    """Return the last runs, the newest first."""
    query = select(TrainingRun).order_by(TrainingRun.asked_at.desc(), TrainingRun.id)
    return first(session, query, SHOWN).each(_read)


def one(session: Session, run_id: UUID) -> Run | None:
    """Return a run as it stands now."""
    query = select(TrainingRun).where(TrainingRun.id == run_id)
    row = session.scalar(query, execution_options={"populate_existing": True})
    return _read(row) if row else None


def live(session: Session) -> Run | None:
    """Return the run that waits or runs, if any."""
    row = session.scalar(select(TrainingRun).where(TrainingRun.state.in_(LIVE)))
    return _read(row) if row else None


def due(session: Session, *, now: datetime) -> UUID | None:
    """Return the run that waits for a process, if any."""
    row = TrainingRun
    return session.scalar(select(row.id).where(row.state == RunState.DUE, row.due_at <= now))


def change(session: Session, run_id: UUID, *states: RunState, **values: Any) -> bool:
    """Change a run that is in one of these states; False where it is in another."""
    row = TrainingRun
    changed = update(row).where(row.id == run_id, row.state.in_(states)).values(**values)
    return session.execute(changed.returning(row.id)).first() is not None


def lost(session: Session, *, now: datetime) -> list[tuple[UUID, Why]]:
    """End the runs whose process was not heard of, and those that none took up; return them."""
    row = TrainingRun
    untaken = (row.state == RunState.DUE) & (row.due_at < now - UNTAKEN_AFTER)
    silent = (row.state == RunState.RUNNING) & (
        func.coalesce(row.beat_at, row.started_at) < now - LOST_AFTER
    )
    ended = []
    for which, why in ((untaken, Why.UNTAKEN), (silent, Why.LOST)):
        values = {"state": RunState.FAILED, "why": why, "ended_at": now}
        found = session.scalars(update(row).where(which).values(**values).returning(row.id))
        ended += [(id_, why) for id_ in found]
    return ended


def _read(row: TrainingRun) -> Run:
    return Run(
        id=row.id,
        state=RunState(row.state),
        stage=Stage(row.stage),
        share=row.share,
        order=Order(row.patients, row.days, row.seed),
        asked_at=row.asked_at,
        asked_by_kind=row.asked_by_kind,
        asked_by=row.asked_by,
        reason=row.reason,
        started_at=row.started_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        why=Why(row.why) if row.why else None,
        detail=row.detail,
        model_id=row.model_id,
        trained_on=row.trained_on,
    )
