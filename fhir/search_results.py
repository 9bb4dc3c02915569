"""How the answer to a search is to look: its order, size and total, and which elements it shows."""

from __future__ import annotations

import re
from functools import cache
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

import msgspec

from fhir.search_criteria import LARGEST_COUNT, Criteria
from fhir.search_fields import INCLUDES, REVINCLUDES, SORTED_BY_DATE
from fhir.search_tokens import alternatives

if TYPE_CHECKING:
    from collections.abc import Callable, Container

SUMMARIES = ("true", "text", "data", "count", "false")
TOTALS = ("none", "estimate", "accurate")
RESULTS = ("_count", "_summary", "_elements", "_total", "_sort", "_include", "_revinclude")
EXPECTED_RESULT = {
    "_count": "expected a whole number",
    "_summary": f"expected one of {', '.join(SUMMARIES)}",
    "_elements": "expected names of elements at the top of the resource",
    "_total": f"expected one of {', '.join(TOTALS)}",
    "_sort": "expected date or _lastUpdated, each with - before it or not, and each once; "
    f"date for {', '.join(SORTED_BY_DATE)}",
    "_include": "expected Type:parameter, without modifier",
    "_revinclude": "expected Provenance:target, without modifier",
}
SUBSETTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}
_ELEMENT = re.compile(r"[a-z][A-Za-z]{0,63}")
_ALWAYS = {"resourceType", "id", "meta", "implicitRules"}
# What R4 demands, and what changes the meaning of the rest: never left out.
_KEPT = {
    "Appointment": {"status", "participant"},
    "AuditEvent": {"type", "recorded", "agent", "source"},
    "CodeSystem": {"status", "content"},
    "Communication": {"status"},
    "CommunicationRequest": {"status"},
    "Condition": {"subject", "clinicalStatus", "verificationStatus"},
    "DetectedIssue": {"status"},
    "Device": {"status"},
    "EpisodeOfCare": {"status", "patient"},
    "CareTeam": {"status"},
    "Encounter": {"status", "class"},
    "MedicationRequest": {"status", "intent", "subject", "medicationCodeableConcept"},
    "MedicationStatement": {"status", "subject", "medicationCodeableConcept"},
    "Flag": {"status", "code", "subject"},
    "Goal": {"lifecycleStatus", "description", "subject"},
    "Observation": {"status", "code"},
    "Patient": {"active", "deceasedBoolean", "deceasedDateTime", "link"},
    "Provenance": {"target", "recorded", "agent"},
    "Questionnaire": {"status"},
    "QuestionnaireResponse": {"status", "questionnaire"},
    "RiskAssessment": {"status", "subject"},
    "Task": {"status", "intent"},
}
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def read_result(criteria: Criteria, name: str, value: str) -> bool:
    """Read a parameter that says how the answer is to look; return whether it is understood."""
    readers: dict[str, Callable[[Criteria, str], bool]] = {
        "_count": _count,
        "_elements": _elements,
        "_sort": _sort,
        "_include": _include,
        "_revinclude": _revinclude,
    }
    if name in readers:
        return readers[name](criteria, value)
    if name == "_summary":
        criteria.summary = value
        return value in SUMMARIES
    criteria.total = value
    return value in TOTALS


def _count(criteria: Criteria, value: str) -> bool:
    if not (value.isascii() and value.isdigit()) or len(value) > len("999999999"):
        return False
    criteria.count = min(int(value), LARGEST_COUNT)
    return True


def _elements(criteria: Criteria, value: str) -> bool:
    criteria.elements = tuple(each.removeprefix(f"{criteria.kind}.") for each in value.split(","))
    return all(_ELEMENT.fullmatch(each) for each in criteria.elements)


def _sort(criteria: Criteria, value: str) -> bool:
    keys = criteria.sort = tuple(alternatives(value))
    bare = [key.removeprefix("-") for key in keys]
    known = {"_lastUpdated", "date"} if criteria.kind in SORTED_BY_DATE else {"_lastUpdated"}
    return set(bare) <= known and len(set(bare)) == len(bare)


def _include(criteria: Criteria, value: str) -> bool:
    kind, _, name = value.partition(":")
    bare = name.partition(":")[0]
    if kind != criteria.kind or bare not in INCLUDES[kind]:
        criteria.ignored.append("_include")
        return bool(kind and name)
    criteria.includes.append(bare)
    return True


def _revinclude(criteria: Criteria, value: str) -> bool:
    if value not in REVINCLUDES:
        criteria.ignored.append("_revinclude")
        return ":" in value
    criteria.provenance = True
    return True


def applied_results(criteria: Criteria) -> list[tuple[str, str]]:
    """Return the parameters that say how the answer looks, for the self link."""
    said = [("_sort", ",".join(criteria.sort))] if criteria.sort and not criteria.only_count else []
    said += [("_include", f"{criteria.kind}:{each}") for each in criteria.includes]
    said += [("_revinclude", REVINCLUDES[0])] if criteria.provenance else []
    said += [("_elements", ",".join(criteria.elements))] if criteria.elements else []
    said += [("_total", criteria.total)] if criteria.total != "none" else []
    if criteria.only_count:
        return [*said, ("_summary", "count")]
    said += [("_summary", criteria.summary)] if criteria.summary != "false" else []
    return [*said, ("_count", str(criteria.count))]


def shaped(body: bytes, kind: str, *, summary: str, elements: tuple[str, ...]) -> bytes:
    """Return the resource with the elements that are asked for, tagged SUBSETTED where cut."""
    members = _MEMBERS.decode(body)
    shown = _shown(kind, summary, elements)
    kept = {name: value for name, value in members.items() if shown(name.removeprefix("_"))}
    if len(kept) == len(members) and summary == "false" and not elements:
        return body
    meta: dict[str, Any] = msgspec.json.decode(kept["meta"]) if "meta" in kept else {}
    meta["tag"] = [*meta.get("tag", ()), SUBSETTED]
    return msgspec.json.encode(kept | {"meta": meta})


def _shown(kind: str, summary: str, elements: tuple[str, ...]) -> Callable[[str], bool]:
    kept = _ALWAYS | _KEPT.get(kind, set())
    if summary == "data":
        return lambda name: name != "text" and (not elements or name in {*kept, *elements})
    if summary in ("true", "text"):
        more: Container[str] = _summarised(kind) if summary == "true" else {"text"}
        return lambda name: name in kept or name in more
    if elements:
        return lambda name: name in {*kept, *elements}
    return lambda _: True


@cache
def _summarised(kind: str) -> frozenset[str]:
    """Return the elements that R4 marks as summary."""
    model = resolve_name(f"fhir.resources.R4B.{kind.lower()}:{kind}")
    return frozenset(model.summary_elements_sequence())
