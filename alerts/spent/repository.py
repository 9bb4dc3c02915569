"""Reads the minutes that stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from alerts.minutes import Entry, Work
from alerts.spent.tables import TimeSpent
from core.among import among

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
    found = standing_of(session, patients, since=since, until=until)
    entries = [entry for mine in found.values() for entry in mine]
    return sorted(entries, key=lambda each: (-each.at.timestamp(), each.id))


def standing_of(
    session: Session, patients: Collection[UUID], *, since: datetime, until: datetime
) -> dict[UUID, list[Entry]]:
    """Return the same of many people, under the record that each entry was made for."""
    query = select(TimeSpent).where(
        among(TimeSpent.patient_id, patients),
        TimeSpent.at >= since,
        TimeSpent.at < until,
        _stands(),
    )
    found: dict[UUID, list[Entry]] = {}
    for row in session.scalars(query.order_by(TimeSpent.at.desc(), TimeSpent.id)):
        found.setdefault(row.patient_id, []).append(_entry(row))
    return found


def _entry(row: TimeSpent) -> Entry:
    return Entry(
        row.id,
        row.actor_id,
        row.at,
        row.minutes,
        Work(row.work),
        row.live,
        row.corrects_id is not None,
        row.corrected_by_id,
    )


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
