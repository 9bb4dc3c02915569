"""Whose a device was when it measured: its periods, and whether a reading fits them (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from ingest.placing import Placed


@dataclass(frozen=True, slots=True)
class Use:
    """One person's time with a device; open where no instant is named."""

    patient_id: UUID
    since: datetime | None
    until: datetime | None

    def covers(self, at: datetime) -> bool:
        """Return whether the device was this person's at an instant."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


def somebody_elses(uses: Iterable[Use], person: frozenset[UUID], placed: Placed) -> bool:
    """Return whether the device was another person's during the whole of a measurement.

    A device that was nobody's at the time speaks for whomever its sender says.
    """
    others = [use for use in uses if use.patient_id not in person]
    moments = (placed.effective, placed.last if placed.until is None else placed.until)
    return any(all(use.covers(at) for at in moments) for use in others)
