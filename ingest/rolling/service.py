"""Rolls up the hours and days of a person that are over, in a transaction of its own."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.vitals import Precision
from ingest.archive.repository import lock
from ingest.population.repository import raw
from ingest.repository import one_person
from ingest.rolling import repository
from ingest.rollup import BY_DAY, SETTLED, by_day, by_hours, dense, local_date
from ingest.tables import Patient

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.vitals import Reading
    from ingest.rolling.tables import RolledUp

Kept = tuple[tuple[datetime, str], tuple[int, int]]
MONTH = timedelta(days=31)  # so much of the past is rolled up at once, while nothing is stored (E)


def roll_up(session: Session, patient_id: UUID, *, since: datetime, now: datetime) -> bool:
    """Roll up what is over from `since` on; return whether anything was rolled up.

    Days by the day, and of the day that still lasts its hours.

    Under the lock that whoever stores a reading of this person takes too. A person of several
    records, or of a zone without a name, is left as it is: read whole, and judged the same.
    """
    lock(session, [f"patient|{patient_id}"])
    zone = _zone(session.get_one(Patient, patient_id).zone)
    mark = repository.marks(session, patient_id)
    if zone is None or len(one_person(session, patient_id)) > 1:
        return False
    if not repository.database_knows(session, zone.key):
        return False
    start = _midnight(mark.until if mark else since, zone)
    end = (now - SETTLED).replace(minute=0, second=0, microsecond=0)
    if mark is not None and (mark.until >= end or _unsettled(mark, now)):
        return False
    readings = raw(session, patient_id, start, end) if start < end else []
    if start >= end or (mark is None and not dense(readings)):
        return False
    if any(now - each.received < SETTLED for each in readings):
        return False
    lasting = end.astimezone(zone).date()
    repository.keep(session, patient_id, dict(_kept(readings, zone, lasting)), (start, end))
    repository.move_on(session, patient_id, end, zone.key)
    _further_back(session, patient_id, zone)
    return True


def _further_back(session: Session, patient_id: UUID, zone: ZoneInfo) -> None:
    """Roll up a month of what was measured before the first roll-up began, the newest of it.

    Or nobody would find it: before `until`, only readings with a mark are loaded.
    """
    unmarked = repository.before_marks(session, patient_id, zone.key)
    if unmarked is not None:
        newest, end = unmarked
        start = _midnight(newest, zone) - MONTH
        readings = raw(session, patient_id, start, end)
        lasting = (end + MONTH).astimezone(zone).date()
        repository.keep(session, patient_id, dict(_kept(readings, zone, lasting)), (start, end))
        repository.look_again(session, patient_id, start)


def _unsettled(mark: RolledUp, now: datetime) -> bool:
    return mark.changed_at is not None and now - mark.changed_at < SETTLED


def _kept(readings: Sequence[Reading], zone: ZoneInfo, lasting: date) -> Iterator[Kept]:
    """Yield what is kept of each local day; of the one that lasts, its hours."""
    whole = [r for r in readings if r.precision is not Precision.INSTANT]
    yield from (((r.effective, r.id), (BY_DAY, 1)) for r in whole)
    exact = sorted(
        (r for r in readings if r.precision is Precision.INSTANT),
        key=lambda r: (r.vital, r.effective),
    )
    for (_, date_), group in groupby(exact, key=lambda r: (r.vital, local_date(r, zone))):
        day = list(group)
        kept = by_day(day) if date_ < lasting else by_hours(day)
        yield from (((r.effective, r.id), kept[r.id]) for r in day if r.id in kept)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _midnight(instant: datetime, zone: ZoneInfo) -> datetime:
    """Return the beginning of the local day of an instant."""
    return datetime.combine(instant.astimezone(zone).date(), time(), tzinfo=zone).astimezone(UTC)
