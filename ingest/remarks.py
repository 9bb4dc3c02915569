"""What the sender of a stored Observation is told about its readings (pure)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.vitals import Quality
from fhir.outcome import KEPT, Issue

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
_HISTORY = Issue(
    "information", "informational", "kept as history; not judged", "Observation.effective"
)
_OLD = Issue(
    "warning",
    "business-rule",
    "the effective time lies more than 30 days back: kept as history, not judged; check the"
    " device's clock, or have a history load declared for this client",
    "Observation.effective",
)
# What a client in `enforce` mode is refused for, where others are only warned.
AHEAD = replace(
    _REMARKS[Quality.FUTURE],
    severity="error",
    text=_REMARKS[Quality.FUTURE].text.removesuffix(KEPT),
)


def remarks(readings: Sequence[Candidate], *, declared: bool) -> list[Issue]:
    """Return a remark for each thing that sets these readings apart.

    What is old is as it should be where a history load was `declared` (REL-21).
    """
    qualities = {each.quality for each in readings}
    said = [issue for quality, issue in _REMARKS.items() if quality in qualities]
    if any(each.history for each in readings):
        said.append(_HISTORY if declared else _OLD)
    return said


_LATE_ORIGINAL = Issue(
    "information",
    "informational",
    "a later status is stored already, so nothing was changed; name the version that this"
    " replaces with If-Match if it is meant to",
    "Observation.status",
)


_ALIKE = Issue(
    "information",
    "duplicate",
    "this reading is stored already under another identifier: the same patient, device,"
    " measurement, time and value; nothing was written, and this identifier now finds it too",
    "Observation.identifier",
)


def of_unchanged(*, replaces: bool, renamed: bool) -> tuple[Issue, ...]:
    """Return what the sender should know where nothing was stored; a plain repeat needs no words.

    `renamed` says that it was recognised although its identifier was never seen.
    """
    if replaces:
        return (_LATE_ORIGINAL,)
    return (_ALIKE,) if renamed else ()


def doubts(said: Iterable[Candidate], kept: Iterable[Candidate]) -> list[Candidate]:
    """Return what a repeat says, and what of it stands beside a reading that counts.

    Who missed the first answer learns from the next that a reading is not scored.
    """
    return [*said, *(each for each in kept if each.quality is Quality.CONFLICT)]
