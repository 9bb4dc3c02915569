"""Which readings may not wait in a queue: a coarse screen, never a judgement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from core.vitals import Quality, Vital

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.candidates import Candidate

# At or beyond either limit: NEWS2 single-parameter score of 3 (Royal College of Physicians,
# 2017) for all but glucose and diastolic pressure; glucose below 54 mg/dL is level 2
# hypoglycaemia (American Diabetes Association, Standards of Care, section 6), and from
# 400 mg/dL on nobody should wait; diastolic 120 mm[Hg] is the limit of hypertensive crisis
# (ACC/AHA 2017).
ALARMING: dict[Vital, tuple[float, float]] = {
    Vital.RESPIRATORY_RATE: (8, 25),
    Vital.SPO2: (91, float("inf")),
    Vital.SYSTOLIC_BP: (90, 220),
    Vital.DIASTOLIC_BP: (0, 120),
    Vital.HEART_RATE: (40, 131),
    Vital.BODY_TEMPERATURE: (35.0, 39.1),
    Vital.GLUCOSE: (53.9, 400),
}


class Measured(Protocol):
    """What the screen looks at: one value of one vital, placed in a record or not yet."""

    @property
    def vital(self) -> Vital:
        """What was measured."""

    @property
    def value(self) -> float | None:
        """The canonical value."""

    @property
    def quality(self) -> Quality:
        """How far the value can be relied on."""


def cannot_wait(candidates: Iterable[Candidate]) -> bool:
    """Return whether any current reading is alarming enough for the critical queue."""
    return any(alarming(each) for each in candidates if not each.history)


def alarming(measured: Measured) -> bool:
    """Return whether one value lies at or beyond a limit of the screen."""
    if measured.quality not in (Quality.SCORED, Quality.BOUND) or measured.value is None:
        return False
    limits = ALARMING.get(measured.vital)
    return limits is not None and not limits[0] < measured.value < limits[1]
