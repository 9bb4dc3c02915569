"""What R4's vital-signs profiles ask of an Observation beyond its structure (FHIR-15).

Whether a fault is refused, told or passed over is the client's mode (`fhir.policy`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.vitals import Vital
from fhir.codes import LOINC, codings
from fhir.identity import read_reference
from fhir.invariants import VALUES
from fhir.outcome import KEPT, Issue, Refusal
from fhir.units import convert

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from fhir.codes import Meaning
    from fhir.measurement import Measurement, When

V = Vital
BASE = "http://hl7.org/fhir/StructureDefinition/"
# The vital signs of which the R4 profiles ask for a category, a day, a value and its unit.
PROFILED = frozenset(
    {
        V.BODY_WEIGHT,
        V.BODY_HEIGHT,
        V.BMI,
        V.SYSTOLIC_BP,
        V.DIASTOLIC_BP,
        V.HEART_RATE,
        V.RESPIRATORY_RATE,
        V.SPO2,
        V.BODY_TEMPERATURE,
    }
)
_NAMED: dict[str, frozenset[Vital]] = {
    f"{BASE}heartrate": frozenset({V.HEART_RATE, V.RESTING_HEART_RATE}),
    f"{BASE}resprate": frozenset({V.RESPIRATORY_RATE}),
    f"{BASE}oxygensat": frozenset({V.SPO2}),
    f"{BASE}bodytemp": frozenset({V.BODY_TEMPERATURE}),
    f"{BASE}bodyheight": frozenset({V.BODY_HEIGHT}),
    f"{BASE}headcircum": frozenset(),
    f"{BASE}bodyweight": frozenset({V.BODY_WEIGHT}),
    f"{BASE}bmi": frozenset({V.BMI}),
    f"{BASE}bp": frozenset({V.SYSTOLIC_BP, V.DIASTOLIC_BP}),
}
_HEAD = (LOINC, "9843-4")  # head circumference: profiled by R4, not monitored here


def contradicted(profiles: Iterable[str | None], named: Meaning) -> bool:
    """Return whether a declared R4 profile is that of another measurement than the code's."""
    declared = [profile.partition("|")[0] for profile in profiles if profile]
    return any(
        each in _NAMED
        and named.known
        and named.vital not in _NAMED[each]
        and not (each == f"{BASE}bp" and named.panel)
        for each in declared
    )


def head_circumference(resource: Mapping[str, Any]) -> bool:
    """Return whether it is the one vital sign that R4 profiles and Wardlight only stores."""
    return _HEAD in codings(resource.get("code"))


def nobody(resource: Mapping[str, Any]) -> Iterator[Issue]:
    """Yield the fault of an Observation whose patient is not named: refused in every mode."""
    if read_reference(resource.get("subject")) is None:
        text = "the patient is needed: a reference (Patient/id) or an identifier"
        yield Issue("error", "required", text, "Observation.subject")


def missing(resource: Mapping[str, Any], named: Meaning, when: When | None) -> Iterator[Issue]:
    """Yield what the profile requires of a measured vital sign and is not there."""
    if contradicted((resource.get("meta") or {}).get("profile", ()), named):
        text = "the code names another measurement than the profile that meta.profile declares"
        yield Issue("error", "code-invalid", text, "Observation.code")
    if when is None:
        text = "vs-1: the day of measurement is needed, in the years 1900 to 2999"
        yield Issue("error", "required", text, "Observation.effective")
    if not _has(resource, *VALUES, "dataAbsentReason", "component", "hasMember"):
        text = "vs-2: a value, a dataAbsentReason, components or members are needed"
        yield Issue("error", "required", text, "Observation.value")
    elif named.panel and not _has(resource, "component", "hasMember", "dataAbsentReason"):
        text = "a blood pressure panel needs components 8480-6 and 8462-4"
        yield Issue("error", "required", text, "Observation.component")


def _has(resource: Mapping[str, Any], *names: str) -> bool:
    return any(name in resource for name in names)


def head_faults(resource: Mapping[str, Any]) -> Refusal | tuple[Issue, ...]:
    """Return what is wrong with the unit and the category of a head circumference."""
    issues = uncategorised(resource)
    quantity = resource.get("valueQuantity") or {}
    if "value" not in quantity:
        return issues
    path = "Observation.valueQuantity"
    converted = convert(V.BODY_HEIGHT, quantity, path)
    if isinstance(converted, Refusal):
        return converted
    if converted.rule:
        issues = (*issues, Issue("warning", "business-rule", converted.warning, path, "unit"))
    return issues


def uncategorised(resource: Mapping[str, Any]) -> tuple[Issue, ...]:
    """Return the warning about a vital sign that does not say that it is one."""
    said = (code for each in resource.get("category", ()) for _, code in codings(each))
    if "vital-signs" in said:
        return ()
    text = "the category vital-signs is missing: send it in category.coding"
    return (Issue("warning", "business-rule", text, "Observation.category", "profile"),)


def vital_sign(named: Meaning, measurements: Iterable[Measurement]) -> bool:
    """Return whether R4's vital-signs profile is about this Observation."""
    return named.panel or any(each.vital in PROFILED for each in measurements)


def half_missing() -> Issue:
    """Return the warning about a panel that leaves one half out without a word (FHIR-16)."""
    text = f"half a blood pressure without component.dataAbsentReason{KEPT}"
    return Issue("warning", "business-rule", text, "Observation.component", "profile")
