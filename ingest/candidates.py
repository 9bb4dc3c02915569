"""What one Observation would add to the record: values placed in a person's time (pure)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.vitals import Precision, Quality, Vital
from ingest.placing import in_future, is_history, place

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from fhir.observation import Measurement, ParsedObservation

TRUSTED = (Quality.SCORED, Quality.BOUND)
EQUAL = 1e-6  # relative: the same value through a unit conversion


@dataclass(frozen=True, slots=True)
class Candidate:
    """One measured value, placed in time, that may become a reading."""

    patient_id: UUID
    vital: Vital
    value: float | None
    quality: Quality
    effective: datetime
    until: datetime | None = None
    local_day: date | None = None
    precision: Precision = Precision.INSTANT
    comparator: str = ""
    device: str = ""
    value_received: str = ""  # of what was not measured: the reason's code (FHIR-17)
    unit_received: str = ""
    history: bool = False
    site: str = ""

    @property
    def key(self) -> tuple[UUID, str, Vital, datetime]:
        """What makes two measurements the same one (REL-07)."""
        return (self.patient_id, self.device, self.vital, self.effective)

    @property
    def last(self) -> datetime:
        """When it was over, as in `Placed`."""
        if self.precision is Precision.DAY or self.until is None:
            return self.effective
        return self.until

    def equals(self, other: Candidate) -> bool:
        """Return whether both say the same, in whichever unit."""
        if self.comparator != other.comparator:
            return False
        if self.value is None or other.value is None:
            same_text = self.value_received == other.value_received
            return self.value is other.value and same_text
        return math.isclose(self.value, other.value, rel_tol=EQUAL)


def candidates_of(  # noqa: PLR0913 (whose, where, when: each decides something else)
    parsed: ParsedObservation,
    patient_id: UUID,
    zone: str,
    *,
    device: str = "",
    declared_history: bool,
    now: datetime,
) -> tuple[Candidate, ...]:
    """Place each measurement in the person's time and say which are future or history."""
    if not parsed.measurements:
        return ()
    placed = place(parsed.when, zone, received=now)
    ahead = in_future(placed, now=now)
    history = is_history(placed, declared=declared_history, now=now)
    return tuple(
        [
            Candidate(
                patient_id,
                each.vital,
                each.value,
                _quality(each, ahead=ahead, sure=placed.sure),
                placed.effective,
                placed.until,
                placed.local_day,
                placed.precision,
                each.comparator,
                device,
                each.value_received or each.reason,
                each.unit_received,
                history,
                parsed.site,
            )
            for each in parsed.measurements
        ]
    )


def _quality(measurement: Measurement, *, ahead: bool, sure: bool) -> Quality:
    if measurement.quality not in TRUSTED:
        return measurement.quality
    if not sure:
        return Quality.TIME_UNSURE
    return Quality.FUTURE if ahead else measurement.quality
