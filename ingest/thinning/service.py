"""Takes away what nothing rests on in the days of a dense stream that no judgement reads."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from ingest.archive.repository import lock
from ingest.summing.service import SummedUp, forget
from ingest.thinning import repository

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session

    from ingest.summing.repository import Row
    from ingest.summing.service import Named
    from ingest.thinning.repository import Asked

PEOPLE = 20  # whose locks one step holds at most
_INSTANT = timedelta(microseconds=1)


def going(session: Session, asked: Asked, named: Named) -> list[Row]:
    """Return every reading that `thin` would take away, person by person."""
    spans = repository.due(session, asked, most=None)
    return [
        row
        for span in spans
        for row in _gone(session, repository.rows(session, asked, span, most=None), named)
    ]


def thin(session: Session, asked: Asked, named: Named, *, most: int) -> SummedUp:
    """Look at the `most` oldest readings without a mark that nobody looked at yet.

    In one transaction with the count of what stands for them, under the locks that whoever
    stores readings of these people takes: no reading is lost, and none is counted twice.
    """
    people = [each.patient_id for each in repository.due(session, asked, most=PEOPLE)]
    if not people:
        return SummedUp(0, more=False)
    lock(session, [f"patient|{each}" for each in people])
    looked: dict[UUID, datetime] = {}
    found: list[Row] = []
    for span in repository.spans_of(session, asked, people):
        some = repository.rows(session, asked, span, most=most - len(found))
        found += some
        if len(found) >= most:
            looked[span.patient_id] = some[-1].effective + _INSTANT
            break
        looked[span.patient_id] = span.before
    gone = _gone(session, found, named)
    forget(session, gone)
    into = Counter[tuple[UUID, datetime, str, str]]()
    for row in gone:
        into[row.patient_id, row.into, row.vital, row.by] += 1 + row.summed
    repository.count(session, into)
    repository.looked(session, looked)
    return SummedUp(len(gone), more=True)


def _gone(session: Session, found: Sequence[Row], named: Named) -> list[Row]:
    """Return which of these readings go: what something names stays."""
    going = [row for row in found if row.goes]
    if not going:
        return []
    people = {row.patient_id for row in going}
    kept: Collection[UUID] = named(session, people, min(row.effective for row in going))
    return [row for row in going if row.resource_id not in kept]
