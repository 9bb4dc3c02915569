"""Writes counts of a group of people as FHIR R4: Measure, MeasureReport, and a Bundle of them.

Counts and shares only: nobody is named, and nobody's reading is in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from uuid import NAMESPACE_URL, uuid5

from fhir.detected_issue import coding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

MEASURES = "urn:wardlight:measure"
_POPULATION = "http://terminology.hl7.org/CodeSystem/measure-population"
_SCORING = "http://terminology.hl7.org/CodeSystem/measure-scoring"
_TYPE = "http://terminology.hl7.org/CodeSystem/measure-type"
VERSION = "1"
DATED = "2026-11-30"  # when what is measured was last changed
_WHO = {
    "initial-population": "Initial Population",
    "denominator": "Denominator",
    "numerator": "Numerator",
}
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are; where it is a share, of how many and how many of those."""

    whole: int
    of: int | None = None
    hits: int = 0

    @property
    def share(self) -> float | None:
        """Return the share, or None where there is none."""
        return round(self.hits / self.of, _DIGITS) if self.of else None


@dataclass(frozen=True, slots=True)
class Stratum:
    """The same counts of those who have something in common."""

    value: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Strata:
    """One way of telling them apart."""

    by: str
    parts: Sequence[Stratum]


@dataclass(frozen=True, slots=True)
class Measured:
    """What was counted, how that is defined, and what came out."""

    name: str  # such as "alerts-opened"
    title: str
    definition: str
    improves: Literal["increase", "decrease", ""]
    counts: Counts
    strata: Sequence[Strata] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """Of whom and when it is, and who may be asked for it again by the same id."""

    subject: str  # a reference
    start: datetime
    end: datetime
    made: datetime
    key: str


def bundle(
    measured: Iterable[Measured], account: Account, documents: Iterable[dict[str, Any]] = ()
) -> dict[str, Any]:
    """Return a collection: each measure's definition, its report, and documents beside them."""
    resources = [
        resource for each in measured for resource in (measure(each), measure_report(each, account))
    ] + list(documents)
    return {
        "resourceType": "Bundle",
        "id": str(uuid5(NAMESPACE_URL, account.key)),
        "type": "collection",
        "timestamp": account.made.isoformat(),
        "entry": [{"fullUrl": _full_url(each), "resource": each} for each in resources],
    }


def measure(measured: Measured) -> dict[str, Any]:
    """Return the definition of what is counted."""
    resource: dict[str, Any] = {
        "resourceType": "Measure",
        "id": measured.name,
        "url": f"{MEASURES}:{measured.name}",
        "version": VERSION,
        "name": "Wardlight" + "".join(part.capitalize() for part in measured.name.split("-")),
        "title": measured.title,
        "status": "active",
        "experimental": False,
        "date": DATED,
        "publisher": "Wardlight",
        "description": measured.definition,
        "scoring": _concept(_SCORING, "cohort" if measured.counts.of is None else "proportion"),
        "type": [_concept(_TYPE, "process")],
        "group": [_defined(measured)],
    }
    if measured.improves:
        system = "http://terminology.hl7.org/CodeSystem/measure-improvement-notation"
        resource["improvementNotation"] = _concept(system, measured.improves)
    return resource


def _defined(measured: Measured) -> dict[str, Any]:
    group: dict[str, Any] = {
        "population": [
            {"code": _population(name), "criteria": _criteria(_WHO[name], measured.definition)}
            for name, _ in _populations(measured.counts)
        ]
    }
    if measured.strata:
        group["stratifier"] = [
            {"code": {"text": each.by}, "criteria": _criteria(each.by, each.by)}
            for each in measured.strata
        ]
    return group


def _criteria(name: str, words: str) -> dict[str, str]:
    # By name and in words: the counting is a program's, which no expression of FHIR's repeats.
    return {"description": words, "language": "text/cql", "expression": f'"{name}"'}


def measure_report(measured: Measured, account: Account) -> dict[str, Any]:
    """Return what came out of one measure."""
    group = _counted(measured.counts)
    if measured.strata:
        group["stratifier"] = [_stratifier(each) for each in measured.strata]
    return {
        "resourceType": "MeasureReport",
        "id": str(uuid5(NAMESPACE_URL, f"{account.key}/{measured.name}")),
        "status": "complete",
        "type": "summary",
        "measure": f"{MEASURES}:{measured.name}|{VERSION}",
        "subject": {"reference": account.subject},
        "date": account.made.isoformat(),
        "period": {"start": account.start.isoformat(), "end": account.end.isoformat()},
        "group": [group],
    }


def _stratifier(strata: Strata) -> dict[str, Any]:
    parts = [{"value": {"text": each.value}, **_counted(each.counts)} for each in strata.parts]
    return {"code": [{"text": strata.by}]} | ({"stratum": parts} if parts else {})


def _counted(counts: Counts) -> dict[str, Any]:
    counted: dict[str, Any] = {
        "population": [
            {"code": _population(name), "count": number} for name, number in _populations(counts)
        ]
    }
    if counts.share is not None:
        counted["measureScore"] = {"value": counts.share}
    return counted


def _populations(counts: Counts) -> list[tuple[str, int]]:
    whole = [("initial-population", counts.whole)]
    if counts.of is None:
        return whole
    return [*whole, ("denominator", counts.of), ("numerator", counts.hits)]


def _population(name: str) -> dict[str, Any]:
    return {"coding": [coding(_POPULATION, name, _WHO[name])]}


def _concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [coding(system, code)]}


@dataclass(frozen=True, slots=True)
class Printed:
    """Where a report can be read, and as what."""

    title: str
    language: str
    addresses: Sequence[tuple[str, str]]  # media type, address


def document_reference(printed: Printed, account: Account) -> dict[str, Any]:
    """Return where the report itself is to be had."""
    return {
        "resourceType": "DocumentReference",
        "id": str(uuid5(NAMESPACE_URL, f"{account.key}/document")),
        "status": "current",
        "type": {"text": printed.title},
        "subject": {"reference": account.subject},
        "date": account.made.isoformat(),
        "description": printed.title,
        "content": [
            {"attachment": {"contentType": kind, "language": printed.language, "url": url}}
            for kind, url in printed.addresses
        ],
        "context": {"period": {"start": account.start.isoformat(), "end": account.end.isoformat()}},
    }


def _full_url(resource: dict[str, Any]) -> str:
    if resource["resourceType"] == "Measure":
        return f"urn:uuid:{uuid5(NAMESPACE_URL, resource['url'])}"
    return f"urn:uuid:{resource['id']}"
