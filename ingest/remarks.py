"""What the sender of a stored Observation is told about its readings (pure)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.vitals import Quality
from fhir.outcome import KEPT, Issue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.candidates import Candidate

_REMARKS = {
    Quality.CONFLICT: Issue(
        "warning",
        "conflict",
        "another value is stored for the same device, measurement and time; both are kept,"
        " this one is not scored",
        "Observation.value",
    ),
    Quality.FUTURE: Issue(
        "warning",
        "business-rule",
        "the effective time lies more than 5 minutes in the future: check the device's clock"
        f"{KEPT}",
        "Observation.effective",
    ),
}
_OLD = Issue("information", "informational", "kept as history; not judged", "Observation.effective")
# What a client in `enforce` mode is refused for, where others are only warned.
AHEAD = replace(
    _REMARKS[Quality.FUTURE],
    severity="error",
    text=_REMARKS[Quality.FUTURE].text.removesuffix(KEPT),
)


def remarks(readings: Sequence[Candidate]) -> list[Issue]:
    """Return a remark for each thing that sets these readings apart."""
    qualities = {each.quality for each in readings}
    said = [issue for quality, issue in _REMARKS.items() if quality in qualities]
    return [*said, _OLD] if any(each.history for each in readings) else said
