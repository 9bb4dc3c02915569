"""When a model is trained although nobody asked: what is measured has moved, or it is long ago.

What comes out is put in shadow like any other: a supervisor decides whether it judges.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from app.model_watch.service import drift_of
from app.periods import first
from app.retraining import repository, service
from app.retraining.states import CLOCK, Order
from core.errors import ConflictError
from core.logging import logger
from core.security import Caller
from monitoring.drift import Drift

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.model_watch.service import DriftFound
    from app.retraining.states import Run
    from monitoring.models.scorers import Scorers

log = logger(__name__)
JOB = "training-due"
TIMETABLE = Caller(kind=CLOCK, id=None)
LONG_AGO = "The last training was as long ago as this installation has it."
MOVED = "What people are scored on has moved markedly since the training."
AGAIN = timedelta(days=30)  # drift asks for no more than one training in so long (E)


def ask_if_due(
    session: Session,
    *,
    now: datetime,
    models: Callable[[Session], Scorers],
    every: timedelta | None,
) -> None:
    """Once a day, have a model trained if one is due; never where `every` is None."""
    if every is None or not first(session, JOB, f"{now:%Y-%m-%d}", now=now):
        return
    judging = models(session).judging
    drift = drift_of(session, judging.id) if judging else None
    why = due(repository.recent(session).shown, drift, now=now, every=every)
    if why is None:
        return
    try:
        run = service.ask(session, TIMETABLE, Order(), reason=why, now=now)
    except ConflictError:  # somebody asked for one in the same moment
        return
    log.info("a training is due", run=str(run), moved=why == MOVED)


def due(
    runs: Iterable[Run], drift: DriftFound | None, *, now: datetime, every: timedelta
) -> str | None:
    """Return why a model is to be trained now, None where none is.

    A run that failed or was cancelled counts like any other: what fails is not tried every day.
    """
    known = list(runs)
    if any(run.live for run in known):
        return None
    last = max((run.asked_at for run in known), default=None)
    if _moved(drift) and (last is None or now - last >= AGAIN):
        return MOVED
    return LONG_AGO if last is None or now - last >= every else None


def _moved(drift: DriftFound | None) -> bool:
    """Return whether the last look at people found that something has moved markedly."""
    return drift is not None and any(each.word is Drift.MARKED for each in drift.moved)
