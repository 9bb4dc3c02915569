"""Reads what rules must know besides readings: medicines, and stays in hospital."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fhir.codes import codings
from fhir.identity import Ref, read_reference
from fhir.moments import beginning, ending

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
INPATIENT = frozenset({"IMP", "ACUTE", "NONAC"})
# Taken now, as far as the record knows; a request that is on hold is not.
TAKEN = frozenset({"active", "intended", "unknown"})
IDEAS = frozenset({"proposal", "option"})
NEVER = frozenset({"entered-in-error", "cancelled", "draft"})
STAYING = frozenset({"in-progress", "onleave", "finished"})


@dataclass(frozen=True, slots=True)
class ParsedMedicine:
    """A medicine that somebody takes, took or is to take, by its codes.

    `taken` is what its status says of now; `never` where nobody ever was to take it. `said` is
    when it was written, where that is known.
    """

    subject: Ref | None
    codes: tuple[tuple[str, str], ...]  # (system, code)
    taken: bool
    since: datetime | None = None
    until: datetime | None = None
    never: bool = False
    said: datetime | None = None


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
    status, meant = str(resource.get("status", "")), _meant(resource)
    # That it is not taken, or not now, says so from when it is heard: the time given is another.
    periods = [] if status in ("not-taken", "on-hold") else list(_taking(resource))
    starts = [beginning(str(each.get("start", "")), anywhere=True) for each in periods]
    ends = [ending(str(each.get("end", "")), anywhere=True) for each in periods]
    written = ("dateAsserted", "authoredOn", "effectiveDateTime")
    said = (beginning(str(resource.get(name, "")), anywhere=True) for name in written)
    return ParsedMedicine(
        read_reference(resource.get("subject")),
        codings(concept),
        status in TAKEN and meant,
        _edge(starts, min),
        _edge(ends, max),
        never=status in NEVER or not meant,
        said=min((each for each in said if each is not None), default=None),
    )


def _taking(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the periods in which it is taken: the statement's, or those of a request's doses."""
    if resource.get("effectivePeriod"):
        yield resource["effectivePeriod"]
    for dose in resource.get("dosageInstruction", ()):
        repeat = (dose.get("timing") or {}).get("repeat") or {}
        if repeat.get("boundsPeriod"):
            yield repeat["boundsPeriod"]


def _edge(
    found: Iterable[datetime | None], widest: Callable[[Iterable[datetime]], datetime]
) -> datetime | None:
    """Return the widest of some ends; None where there is none, or one that is open."""
    known = list(found)
    closed = [each for each in known if each is not None]
    return widest(closed) if closed and len(closed) == len(known) else None


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
        beginning(str(period.get("start", ""))),
        ending(str(period.get("end", ""))),
        str(resource.get("status", "")) == "finished",
    )


def _meant(resource: Mapping[str, Any]) -> bool:
    """Return whether a request asks for the medicine: an order against it, or an idea, does not."""
    return resource.get("doNotPerform") is not True and resource.get("intent") not in IDEAS
