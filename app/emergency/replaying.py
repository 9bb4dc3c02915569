"""Write down what waited on the disk of this instance while the audit could not be written.

An event leaves the disk only after it was found in the audit: a kill at any point loses none,
and its id, as the name of a period that runs once, keeps it from being written twice (SEC-16).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.periods import first
from core.audit import Action, Event, record_all
from core.logging import logger
from core.security import Caller

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.spool import Spool, Spooled

log = logger(__name__)
JOB = "audit-spool"
AT_ONCE = 500


def replay(session: Session, *, spool: Spool, now: datetime) -> None:
    """Write what waits, in this transaction; take off the disk what an earlier one committed."""
    waiting = spool.read(most=AT_ONCE)
    fresh = [each for each in waiting if first(session, JOB, str(each.id), now=now)]
    for each in fresh:
        _write(session, each)
    if fresh:
        log.warning("audit of an emergency written down from the disk", count=len(fresh))
    written = {each.id for each in waiting} - {each.id for each in fresh}
    if written:
        _drop(spool, written)


def _drop(spool: Spool, written: set[UUID]) -> None:
    """Take lines off the disk; where it does not let them go, what was written now stays."""
    try:
        spool.drop(written)
    except OSError:
        log.exception("lines of the audit that were written down stay on the disk")


def _write(session: Session, each: Spooled) -> None:
    caller = Caller(each.caller_kind, each.caller_id)
    event = Event(
        Action(each.action),
        each.entity,
        each.entity_id,
        (each.patient_id,),
        each.outcome,
        each.purpose,
    )
    record_all(session, caller, [event], now=each.recorded)
