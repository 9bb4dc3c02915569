"""In which partition of a large table a row lies: by month or quarter, as the schema made them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

QUARTER = 3
LAST = datetime(9999, 1, 1, tzinfo=UTC)


def month(table: str, at: datetime) -> str:
    """Return the name of the partition of an instant, be there such a partition or not."""
    return f"{table}_{at.astimezone(UTC):%Y_%m}" if at < LAST else f"{table}_default"


def quarter(table: str, id_: UUID) -> str:
    """Return the same of an id whose first bits are the time (`core.ordered_ids`)."""
    milliseconds = id_.int >> 80
    if milliseconds >= LAST.timestamp() * 1000:
        return f"{table}_default"
    at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return f"{table}_{at.year:04}_{at.month - (at.month - 1) % QUARTER:02}"
