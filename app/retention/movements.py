"""Movements that are summed up by the hour, then by the day, and then forgotten (decision 56)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from app.retention.holds import left_alone
from app.retention.named import named
from app.retention.repository import Going, Taken
from app.retention.terms import stated
from ingest.foretelling import service as foretelling
from ingest.movement import Grain
from ingest.summing import service
from ingest.summing.repository import Asked
from ingest.tables import StoredReading

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from app.retention.repository import Key
    from core.database import Base


@dataclass(frozen=True, slots=True)
class Movements:
    """Readings of movements that are older than a kind says and finer than its grain.

    What is older than the kind `beyond` says is that one's, so that no row is told of twice.
    """

    grain: Grain
    beyond: str = ""

    @property
    def table(self) -> type[Base]:
        """Return the table of readings."""
        return StoredReading

    def going(self, session: Session, *, before: datetime, held: Collection[UUID]) -> Going:
        """Return how many readings would go."""
        asked = self._asked(before, left_alone(session, held))
        return Going(StoredReading.__tablename__, *foretelling.going(session, asked, named))

    def keys(self, session: Session, *, before: datetime, held: Collection[UUID]) -> list[Key]:
        """Return the keys of those readings."""
        asked = self._asked(before, left_alone(session, held))
        return [*foretelling.keys(session, asked, named)]

    def remove(
        self, session: Session, *, before: datetime, held: Collection[UUID], most: int
    ) -> Taken:
        """Sum up what the oldest of them lie among."""
        return Taken(
            *service.sum_up(
                session, self._asked(before, left_alone(session, held)), named, most=most
            )
        )

    def _asked(self, before: datetime, held: frozenset[UUID]) -> Asked:
        if not self.beyond:
            return Asked(self.grain, before, held=held)
        return Asked(self.grain, before, before - self._until_beyond(), held)

    def _until_beyond(self) -> timedelta:
        """Return how much later what this kind leaves is the next one's."""
        kinds, mine = stated().kinds, _KIND[self.grain]
        later, sooner = kinds[self.beyond].kept, kinds[mine].kept
        return (later or timedelta()) - (sooner or timedelta())


# The kind of `retention.toml` by whose term each grain comes.
_KIND = {Grain.HOUR: "movements", Grain.DAY: "movement-hours", Grain.LAST: "movement-days"}
