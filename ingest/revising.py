"""What a status does to an earlier version of the same Observation: the table of fhir.md (pure)."""

from __future__ import annotations

from enum import StrEnum

WITHDRAWING = frozenset({"cancelled", "entered-in-error"})
VALUELESS = WITHDRAWING | {"registered"}  # statuses whose values are no readings
CORRECTING = WITHDRAWING | {"amended", "corrected"}
# A status never goes back to an earlier one: the original that arrives after its correction
# changes nothing (fhir.md section 3). `unknown` and `final` may follow each other.
RANK = {
    "registered": 0,
    "preliminary": 1,
    "final": 2,
    "unknown": 2,
    "amended": 3,
    "corrected": 3,
    "cancelled": 4,
    "entered-in-error": 4,
}


class Outcome(StrEnum):
    """What becomes of one Observation."""

    NEW = "new"
    REPEATED = "repeated"
    NEW_VERSION = "new-version"
    CONFLICT = "conflict"
    TAKEN = "taken"  # its identifier is another patient's
    STALE = "stale"  # what it was to replace has been replaced meanwhile


def revision(
    known: str, incoming: str, *, same: bool, older: bool = False, newer: bool = False
) -> Outcome:
    """Return what a status does to an earlier version: the table of fhir.md section 3.

    A correction that repeats the one before it and is `newer` counts: what was said in between
    may still be on its way, and must then find itself older (REL-19).
    """
    if known == incoming:
        if newer and incoming in CORRECTING:
            return Outcome.NEW_VERSION
        if same or older:
            return Outcome.REPEATED
        return Outcome.NEW_VERSION if incoming in CORRECTING else Outcome.CONFLICT
    if older or RANK[incoming] < RANK[known]:
        return Outcome.REPEATED
    return Outcome.NEW_VERSION
