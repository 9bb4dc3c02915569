"""Reads the minutes that stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from alerts.minutes import Entry, Work
from alerts.spent.tables import TimeSpent

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


def standing(
    session: Session, patients: Collection[UUID], *, since: datetime, until: datetime
) -> list[Entry]:
    """Return the entries of one person that no later one corrects, the newest first."""
    query = select(TimeSpent).where(
        TimeSpent.patient_id.in_(patients), TimeSpent.at >= since, TimeSpent.at < until, _stands()
    )
    rows = session.scalars(query.order_by(TimeSpent.at.desc(), TimeSpent.id))
    return [
        Entry(
            r.id,
            r.actor_id,
            r.at,
            r.minutes,
            Work(r.work),
            r.live,
            r.corrects_id is not None,
            r.corrected_by_id,
        )
        for r in rows
    ]


def noted_with(
    session: Session, alert_id: UUID, *, by: UUID | None, at: datetime
) -> list[TimeSpent]:
    """Return what stands of the entries that somebody made together with an act.

    A correction keeps whose they are and the moment that they count for, so it is found too.
    """
    query = select(TimeSpent).where(
        TimeSpent.alert_id == alert_id,
        TimeSpent.actor_id == by,
        TimeSpent.at == at,
        TimeSpent.minutes > 0,
        _stands(),
    )
    return list(session.scalars(query))


def _stands() -> ColumnElement[bool]:
    later = aliased(TimeSpent)
    return ~exists().where(later.corrects_id == TimeSpent.id)
