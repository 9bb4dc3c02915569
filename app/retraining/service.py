"""Ask for a training, take it up, say how far it is, end it; only one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy.exc import IntegrityError

from app.periods import first
from app.retraining import repository
from app.retraining.states import (
    CLOCK,
    LIVE,
    MOST_DAYS,
    MOST_PATIENTS,
    Order,
    RunState,
    Stage,
    Why,
)
from app.retraining.tables import TrainingRun
from core.audit import Action, record
from core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from core.logging import logger
from core.security import SYSTEM, Role

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from core.security import Caller

log = logger(__name__)
ENTITY = "training-run"
REASON_LENGTH = 500
LEAST_PATIENTS, LEAST_DAYS = 20, 60


def may_train(caller: Caller) -> bool:
    """Return whether somebody may have a model trained: a supervisor, or who operates it."""
    return caller.kind in ("system", CLOCK) or caller.role is Role.SUPERVISOR


def ask(session: Session, caller: Caller, order: Order, *, reason: str, now: datetime) -> UUID:
    """Have a model trained; return the run.

    Raises
    ------
    ForbiddenError
        For anybody but a supervisor or the command line.
    InvalidError
        Without a reason, or for more than one machine should hold in memory.
    ConflictError
        Where a run waits or runs already.
    """
    _allowed(caller)
    row = TrainingRun(
        id=uuid4(),
        state=RunState.DUE,
        due_at=now,
        asked_at=now,
        asked_by_kind=caller.kind,
        asked_by=caller.id,
        reason=_reason(reason),
        patients=_within(order.patients, LEAST_PATIENTS, MOST_PATIENTS),
        days=_within(order.days, LEAST_DAYS, MOST_DAYS),
        seed=order.seed or int(f"{now:%Y%m%d}"),
        stage=Stage.WAITING,
        share=0.0,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise ConflictError("a model is being trained already") from error
    record(session, caller, Action.CREATE, ENTITY, now=now, entity_id=row.id)
    return row.id


def cancel(session: Session, caller: Caller, run_id: UUID, *, now: datetime) -> None:
    """End a run; its process notices within seconds and stops. Nothing of it is kept.

    Raises `ForbiddenError`, `NotFoundError`, or `ConflictError` where it has ended already.
    """
    _allowed(caller)
    values = {"state": RunState.CANCELLED, "ended_at": now, "ended_by": caller.id}
    if not repository.change(session, run_id, *LIVE, **values):
        if repository.one(session, run_id) is None:
            raise NotFoundError("no such training run")
        raise ConflictError("this training has ended already")
    record(session, caller, Action.DELETE, ENTITY, now=now, entity_id=run_id)


def take_up(session: Session, run_id: UUID, *, now: datetime) -> Order | None:
    """Let this process be the one that trains; None where another is, or it was cancelled."""
    values = {"state": RunState.RUNNING, "started_at": now, "beat_at": now}
    if not repository.change(session, run_id, RunState.DUE, **values):
        return None
    found = repository.one(session, run_id)
    return found.order if found else None


def beat(session: Session, run_id: UUID, stage: Stage, share: float, *, now: datetime) -> bool:
    """Say how far a run is; False where it is no longer this process's."""
    values = {"stage": stage, "share": share, "beat_at": now}
    return repository.change(session, run_id, RunState.RUNNING, **values)


def done(session: Session, run_id: UUID, model_id: str, trained_on: str, *, now: datetime) -> None:
    """End a run whose model is in the registry, in the same transaction.

    Raises `ConflictError` where it was cancelled meanwhile: then nothing of it is kept.
    """
    values = {
        "state": RunState.DONE,
        "share": 1.0,
        "ended_at": now,
        "model_id": model_id,
        "trained_on": trained_on,
    }
    if not repository.change(session, run_id, RunState.RUNNING, **values):
        raise ConflictError("this training has ended already")
    record(session, SYSTEM, Action.UPDATE, ENTITY, now=now, entity_id=run_id)


def fail(session: Session, run_id: UUID, why: Why, detail: str = "", *, now: datetime) -> None:
    """End a run that failed; one that had ended stays as it is."""
    values = {"state": RunState.FAILED, "why": why, "detail": detail, "ended_at": now}
    if repository.change(session, run_id, *LIVE, **values):
        record(session, SYSTEM, Action.UPDATE, ENTITY, now=now, entity_id=run_id, outcome=why)


def keep_up(session: Session, *, now: datetime, start: Callable[[UUID], object]) -> None:
    """Each tick, end what was lost, and start a process for what is due.

    The process claims the run itself: two that were started for one are no harm. One that does
    not come up is tried again each minute.
    """
    for lost, why in repository.lost(session, now=now):
        log.error("a training ended without its process", run=str(lost), why=why.value)
        record(session, SYSTEM, Action.UPDATE, ENTITY, now=now, entity_id=lost, outcome=why)
    run_id = repository.due(session, now=now)
    if run_id is not None and first(session, ENTITY, f"{run_id} {now:%Y-%m-%dT%H:%M}", now=now):
        start(run_id)


def _allowed(caller: Caller) -> None:
    if not may_train(caller):
        raise ForbiddenError("only a supervisor has a model trained")


def _reason(reason: str) -> str:
    kept = reason.strip()
    if not kept or len(kept) > REASON_LENGTH:
        raise InvalidError(
            "say why, in at most {most} characters", field="reason", facts={"most": REASON_LENGTH}
        )
    return kept


def _within(number: int, least: int, most: int) -> int:
    if not least <= number <= most:
        raise InvalidError(
            "choose a number from {least} to {most}", facts={"least": least, "most": most}
        )
    return number
