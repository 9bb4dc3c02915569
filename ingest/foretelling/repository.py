"""Counts what summing up would take away, or lists its keys: in the words that take it away.

Of a first stock these are millions of rows, so one statement finds hours and readings and says
how many; the steps of a run ask for few rows and look at each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.rows import run
from ingest.summing import repository as summing

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from ingest.summing.repository import Asked, Key

_GOING = f"{summing.ALIKE} select {{what}} from alike a where {summing.GONE}"  # noqa: S608 (as below)
_WHOSE = f"""
select r.patient_id, min(r.effective) from {summing.FRESH}
    and r.patient_id <> all(%b::uuid[])
group by 1
"""  # noqa: S608 (only the names above)


def whose(session: Session, asked: Asked) -> dict[UUID, datetime]:
    """Return of whom something is finer than asked, each with the oldest of it."""
    statement = summing.finer_than(_WHOSE, asked.finer)
    return dict(run(session, statement, *summing.span(asked), list(asked.held)))


def told(session: Session, asked: Asked, named: Collection[UUID]) -> tuple[int, datetime | None]:
    """Return how many readings would go in all, and when the oldest of them was."""
    ((count, oldest),) = _going(session, "count(*), min(effective)", "", asked, named)
    return count, oldest


def keys(session: Session, asked: Asked, named: Collection[UUID]) -> list[Key]:
    """Return the primary keys of just these, the oldest first."""
    what = "patient_id, effective, vital, device, 0"
    order = " order by effective, patient_id, vital, device"
    return [(*row,) for row in _going(session, what, order, asked, named)]


def _going(
    session: Session, what: str, order: str, asked: Asked, named: Collection[UUID]
) -> list[tuple[Any, ...]]:
    bins = summing.finer_than(summing.BINS, asked.finer)
    within = f"({bins}) b (patient_id, start, width, midnight, fresh)"
    statement = summing.about(_GOING + order, asked, within)
    known = (*summing.binning(session, asked, None), *summing.span(asked), list(named))
    return run(session, statement.replace("{what}", what), *known)
