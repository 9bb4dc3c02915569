"""Dense streams that are thinned to what stands for them, once no judgement reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.retention.holds import left_alone
from app.retention.named import named
from app.retention.repository import Going, Taken
from ingest.tables import StoredReading
from ingest.thinning import service
from ingest.thinning.repository import Asked
from reports.attendance.repository import LATE
from reports.programme import LATEST

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from app.retention.repository import Key
    from core.database import Base


@dataclass(frozen=True, slots=True)
class Streams:
    """Readings of dense streams that stand for nothing and are older than the kind says.

    Of who has the use of their data restricted all of it is kept (SEC-45).
    """

    @property
    def table(self) -> type[Base]:
        """Return the table of readings."""
        return StoredReading

    def going(self, session: Session, *, before: datetime, held: Collection[UUID]) -> Going:
        """Return how many readings would go."""
        rows = service.going(session, _asked(session, before, held), named)
        oldest = min((row.effective for row in rows), default=None)
        return Going(StoredReading.__tablename__, len(rows), oldest)

    def keys(self, session: Session, *, before: datetime, held: Collection[UUID]) -> list[Key]:
        """Return the keys of those readings."""
        rows = service.going(session, _asked(session, before, held), named)
        return [row.key for row in sorted(rows, key=lambda row: (row.effective, row.key))]

    def remove(
        self, session: Session, *, before: datetime, held: Collection[UUID], most: int
    ) -> Taken:
        """Take away what the oldest of them have to go."""
        return Taken(*service.thin(session, _asked(session, before, held), named, most=most))


def _asked(session: Session, before: datetime, held: Collection[UUID]) -> Asked:
    return Asked(before, left_alone(session, held), (LATE, LATEST))
