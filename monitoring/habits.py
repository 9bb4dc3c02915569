"""How a person's usual is learnt: what restarts it, and which readings are compared with which.

The numbers stand in `[baseline]` of the rulebook, to be signed with the rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.vitals import MEASURES, Group, Vital

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What changes a baseline beside its days. As made here, nothing does.

    A device that was never heard before restarts it once it spoke on `device_days` days, with
    none of the earlier ones for `alone_days` after its first; so does the end of a stay in
    hospital. Readings of two kinds (before or after `afternoon_from`; working days or weekends;
    two devices) have each their own usual where `kind_days` days of each are known, and their
    medians lie further apart than the device's error and `kind_errors` standard errors. Readings
    of `by_site` at another part of the body are left out from the first one on, until as many
    days of both are known and lie no further apart.
    """

    source: str = ""
    confidence: str = ""
    device_days: int = 0
    alone_days: int = 0
    after_admission: bool = False
    kind_days: int = 0
    kind_errors: float = 0.0
    afternoon_from: int = 12  # local hour of the day
    by_time: tuple[Vital, ...] = ()
    by_weekend: tuple[Vital, ...] = ()
    by_device: tuple[Vital, ...] = ()
    by_site: tuple[Vital, ...] = ()


LEAST_KIND_DAYS = 7  # fewer are no baseline (evidence.md 1.8)


def faults(habits: Habits) -> Iterator[str]:
    """Tell of numbers that could not be meant."""
    if habits.kind_days and habits.kind_days < LEAST_KIND_DAYS:
        yield f"baseline: kind_days must be at least {LEAST_KIND_DAYS}"
    if habits.kind_errors < 0 or habits.device_days < 0 or habits.alone_days < 0:
        yield "baseline: nothing may be below 0"
    if not 0 < habits.afternoon_from < 24:  # noqa: PLR2004 (hours of a day)
        yield "baseline: afternoon_from must lie within a day"
    for vital in (*habits.by_time, *habits.by_weekend, *habits.by_device, *habits.by_site):
        if MEASURES[vital].group is not Group.BODY:
            yield f"baseline: of {vital} there is no usual"
