"""Reads what rules must know besides readings: medicines, and stays in hospital."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

from fhir.codes import codings
from fhir.identity import Ref, read_reference
from fhir.moments import day, moment

if TYPE_CHECKING:
    from collections.abc import Mapping

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
INPATIENT = frozenset({"IMP", "ACUTE", "NONAC"})
# Taken now, as far as the record knows; a request that is on hold is not.
TAKEN = frozenset({"active", "intended", "unknown"})
IDEAS = frozenset({"proposal", "option"})
STAYING = frozenset({"in-progress", "onleave", "finished"})


@dataclass(frozen=True, slots=True)
class ParsedMedicine:
    """A medicine that somebody takes or is to take, by its codes."""

    subject: Ref | None
    codes: tuple[tuple[str, str], ...]  # (system, code)
    taken: bool
    until: datetime | None


@dataclass(frozen=True, slots=True)
class ParsedEncounter:
    """A visit; `inpatient` where the person stays overnight."""

    subject: Ref | None
    inpatient: bool
    since: datetime | None
    until: datetime | None
    finished: bool = False


def read_medicine(resource: Mapping[str, Any]) -> ParsedMedicine:
    """Read a MedicationStatement or MedicationRequest; a contained Medication counts."""
    concept = resource.get("medicationCodeableConcept") or _contained(resource)
    period = resource.get("effectivePeriod") or {}
    return ParsedMedicine(
        read_reference(resource.get("subject")),
        codings(concept),
        str(resource.get("status", "")) in TAKEN and _meant(resource),
        _instant(period, "end"),
    )


def _contained(resource: Mapping[str, Any]) -> Mapping[str, Any] | None:
    named = str((resource.get("medicationReference") or {}).get("reference", ""))
    for each in resource.get("contained", ()):
        if named == f"#{each.get('id')}" and each.get("resourceType") == "Medication":
            return each.get("code")  # type: ignore[no-any-return]  # checked as a CodeableConcept
    return None


def read_encounter(resource: Mapping[str, Any]) -> ParsedEncounter:
    """Read an Encounter; one that was cancelled or entered in error is no stay."""
    kind = resource.get("class") or {}
    known = kind.get("system") == ACT_CODE and kind.get("code") in INPATIENT
    period = resource.get("period") or {}
    return ParsedEncounter(
        read_reference(resource.get("subject")),
        known and str(resource.get("status", "")) in STAYING,
        _instant(period, "start"),
        _instant(period, "end"),
        str(resource.get("status", "")) == "finished",
    )


def _meant(resource: Mapping[str, Any]) -> bool:
    """Return whether a request asks for the medicine: an order against it, or an idea, does not."""
    return resource.get("doNotPerform") is not True and resource.get("intent") not in IDEAS


def _instant(period: Mapping[str, Any], end: str) -> datetime | None:
    """Return one end of a Period; a mere date is its day in UTC, an end the end of that day."""
    text = str(period.get(end, ""))
    exact, whole = moment(text), day(text)
    if exact is not None or whole is None:
        return exact
    return datetime.combine(whole, time.max if end == "end" else time.min, tzinfo=UTC)
