"""Reads one Observation as received: four answers, and never a guess (`fhir.md` section 1)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.vitals import Quality, Vital
from fhir import profiles
from fhir.codes import COINCIDENT, LOINC, Meaning, codings, meaning, misnamed
from fhir.fast import fast
from fhir.identity import read_gateway, read_identifiers, read_reference
from fhir.living import lives_alone
from fhir.measurement import Measurement, ParsedObservation, When
from fhir.moments import effective, moment
from fhir.outcome import KEPT, PROFILE, STRUCTURE, Issue, Refusal, needed, refusal
from fhir.policy import LENIENT, Mode, Policy
from fhir.profiles import PROFILED
from fhir.sites import site_of
from fhir.strict import check, decode
from fhir.values import Read, doubts, read, unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

__all__ = ["Measurement", "ParsedObservation", "When", "parse", "parse_fully"]

MEASURED = frozenset({"final", "amended", "corrected", "preliminary", "unknown"})
SAYING = MEASURED - {"unknown"}
NOT_DONE = "http://hl7.org/fhir/us/qicore/structuredefinition/qicore-notdone"  # in lower case
Named = tuple[Meaning, tuple[Meaning, ...]]  # of the root, and of each component


def parse(raw: bytes, policy: Policy = LENIENT) -> ParsedObservation | Refusal:
    """Return what the bytes of one Observation mean, or why they are not taken.

    400 where it is not strict JSON or not R4, 422 where a rule or the profile is broken, as far
    as the client's `policy` asks for it. The short cut takes only what every policy takes.
    """
    return fast(policy.unmarked(raw)) or parse_fully(raw, policy)


def parse_fully(raw: bytes, policy: Policy = LENIENT) -> ParsedObservation | Refusal:
    """Do what `parse` does without its short cut; the short cut must agree with this."""
    document = decode(policy.unmarked(raw))
    if isinstance(document, Refusal):
        return document
    resource = policy.without_nulls(document)
    if resource.get("resourceType") != "Observation":
        return refusal(STRUCTURE, "structure", "an Observation is needed", "resourceType")
    checked = check(resource)
    if isinstance(checked, Refusal):
        return checked
    if "status" not in resource:  # R4 lets an extension stand in for it
        return needed("Observation.status")
    parsed = _read(resource, policy)
    return parsed if isinstance(parsed, Refusal) else policy.settled(parsed)


def _read(resource: dict[str, Any], policy: Policy) -> ParsedObservation | Refusal:
    components = resource.get("component", ())
    named = (
        meaning(codings(resource["code"])),
        tuple(meaning(codings(each.get("code"))) for each in components),
    )
    monitored = named[0].known or any(each.known for each in named[1])
    head = not monitored and profiles.head_circumference(resource)
    measured = resource["status"] in MEASURED and not _not_done(resource)
    when = effective(resource)
    faults = list(profiles.nobody(resource))
    if (monitored or head) and measured and policy.mode is not Mode.OFF:
        faults.extend(profiles.missing(resource, named[0], when))
    if faults:
        return Refusal(PROFILE, tuple(faults))
    parsed = _frame(resource, when or When(sure=False))
    if not monitored:
        return _unmonitored(parsed, resource, policy) if head and measured else _stored(parsed)
    if not measured:
        return replace(parsed, contact=_not_done(resource), warnings=_unread(resource))
    reads = _reads(resource, named, policy)
    if isinstance(reads, Refusal):
        return reads
    return _judged(parsed, resource, named, reads, policy=policy)


def _frame(resource: Mapping[str, Any], when: When) -> ParsedObservation:
    return ParsedObservation(
        status=str(resource["status"]),
        subject=read_reference(resource.get("subject")),
        device=read_reference(resource.get("device")),
        identifiers=read_identifiers(resource),
        codes=codings(resource["code"]),
        when=when,
        issued=moment(str(resource.get("issued", ""))),
        last_updated=moment(str((resource.get("meta") or {}).get("lastUpdated", ""))),
        resource_id=str(resource.get("id", "")),
        category=_category(resource),
        gateway=read_gateway(resource),
        showed=_showed(resource),
        site=site_of(resource.get("bodySite"), codings(resource["code"])),
        lives_alone=lives_alone(resource) if resource["status"] in SAYING else None,
    )


def _showed(resource: Mapping[str, Any]) -> datetime | None:
    """Return what a device's clock showed, where this is a coincident timestamp (REL-21)."""
    if COINCIDENT.isdisjoint(codings(resource["code"])) or resource["status"] not in MEASURED:
        return None
    return moment(str(resource.get("valueDateTime", "")))


def _category(resource: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(code for each in resource.get("category", ()) for _, code in codings(each))


def _stored(parsed: ParsedObservation) -> ParsedObservation:
    if parsed.showed is not None:
        text = "coincident timestamp: understood; a reading at an impossible time is moved by it"
    elif parsed.lives_alone is not None:
        text = f"understood: {'lives alone' if parsed.lives_alone else 'does not live alone'}"
    elif misnamed(parsed.codes):
        text = f"the code is LOINC's, and its system is not {LOINC}: stored, not scored"
        warned = Issue("warning", "code-invalid", text, "Observation.code.coding.system")
        return replace(parsed, warnings=(*parsed.warnings, warned))
    else:
        text = "not a monitored measurement: stored, not scored"
    issue = Issue("information", "informational", text, "Observation.code")
    return replace(parsed, warnings=(*parsed.warnings, issue))


def _unmonitored(
    parsed: ParsedObservation, resource: Mapping[str, Any], policy: Policy
) -> ParsedObservation | Refusal:
    """Hold a head circumference against its profile; it is stored, and never a reading."""
    faults = profiles.head_faults(resource)
    if not isinstance(faults, Refusal):
        return _stored(replace(parsed, warnings=faults))
    return _stored(parsed) if policy.mode is Mode.OFF else faults


def _unread(resource: Mapping[str, Any]) -> tuple[Issue, ...]:
    if _not_done(resource):
        text = "not done: counted as contact, without a reading"
        return (Issue("information", "informational", text, "Observation.modifierExtension"),)
    text = "this status carries no reading"
    return (Issue("information", "informational", text, "Observation.status"),)


def _not_done(resource: Mapping[str, Any]) -> bool:
    return any(
        str(each.get("url", "")).lower() == NOT_DONE and each.get("valueBoolean") is True
        for each in resource.get("modifierExtension", ())
    )


def _has(resource: Mapping[str, Any], *names: str) -> bool:
    return any(name in resource for name in names)


def _reads(resource: Mapping[str, Any], named: Named, policy: Policy) -> list[Read] | Refusal:
    """Read the root and each component; the panel's own absence stands for both halves."""
    reads = []
    root = _one(resource, named[0], "Observation", policy)
    if isinstance(root, Refusal):
        return root
    reads.append(root)
    if named[0].panel and "dataAbsentReason" in resource and "component" not in resource:
        for vital in (Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP):
            half = read(resource, Meaning(vital), "Observation")
            reads.extend([half] if isinstance(half, Read) else [])
    for index, component in enumerate(resource.get("component", ())):
        path = f"Observation.component[{index}]"
        each = _one(component, named[1][index], path, policy, index=index)
        if isinstance(each, Refusal):
            return each
        reads.append(each)
    return reads


def _one(
    element: Mapping[str, Any],
    named: Meaning,
    path: str,
    policy: Policy,
    *,
    index: int | None = None,
) -> Read | Refusal:
    """Read one element; with the profile off, a vital sign in a wrong unit is only kept."""
    found = read(element, named, path, index=index)
    if isinstance(found, Read) or policy.mode is not Mode.OFF or named.vital not in PROFILED:
        return found
    return unreadable(found, named.vital, element, index)


def _judged(
    parsed: ParsedObservation,
    resource: Mapping[str, Any],
    named: Named,
    reads: Sequence[Read],
    *,
    policy: Policy,
) -> ParsedObservation:
    warnings = [issue for each in reads for issue in each.issues]
    measurements: list[Measurement] = []
    for each in reads:
        if each.measurement is None:
            continue
        kept, issues = _doubted(each.measurement, resource, named, parsed)
        measurements.append(kept)
        warnings.extend(issues)
    whole = named[0].panel and policy.mode is not Mode.OFF
    together, issues = consistent(tuple(measurements), panel=whole)
    warnings.extend(issues)
    if profiles.vital_sign(named[0], together):
        warnings.extend(profiles.uncategorised(resource))
    return replace(parsed, measurements=together, warnings=tuple(warnings), contact=bool(together))


def _doubted(
    measurement: Measurement, resource: Mapping[str, Any], named: Named, parsed: ParsedObservation
) -> tuple[Measurement, tuple[Issue, ...]]:
    index = measurement.component
    path = "Observation" if index is None else f"Observation.component[{index}]"
    element = resource if index is None else resource["component"][index]
    quality, why = doubts(measurement, named[0] if index is None else named[1][index], parsed.when)
    if _has(resource, "modifierExtension", "implicitRules") or _has(element, "modifierExtension"):
        quality, why = Quality.MEANING_UNSURE, "changed meaning, not understood"
    if parsed.status == "unknown" and quality is None:
        quality, why = Quality.STATUS_UNKNOWN, "the status is unknown"
    if quality is None or measurement.quality is Quality.ABSENT:
        return measurement, ()
    rule = "time" if quality is Quality.TIME_UNSURE else ""
    issue = Issue("warning", "business-rule", f"{why}{KEPT}", path, rule)
    return replace(measurement, quality=quality), (issue,)


def consistent(
    measurements: tuple[Measurement, ...], *, panel: bool
) -> tuple[tuple[Measurement, ...], tuple[Issue, ...]]:
    """Judge the components of one Observation together (FHIR-16); never across two."""
    vitals = [each.vital for each in measurements]
    if doubled := {vital for vital in vitals if vitals.count(vital) > 1}:
        text = f"the same measurement more than once in one Observation{KEPT}"
        return _marked(measurements, doubled, Quality.MEANING_UNSURE), (_whole(text),)
    by_vital = {each.vital: each for each in measurements}
    high, low = by_vital.get(Vital.SYSTOLIC_BP), by_vital.get(Vital.DIASTOLIC_BP)
    if panel and (high is None) != (low is None):
        halves = {Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP}
        return _marked(measurements, halves, Quality.MEANING_UNSURE), (profiles.half_missing(),)
    if high and low and _crossed(high, low):
        text = f"systolic is not above diastolic{KEPT}"
        halves = {Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP}
        return _marked(measurements, halves, Quality.INCONSISTENT), (_whole(text),)
    return measurements, ()


def _crossed(high: Measurement, low: Measurement) -> bool:
    if high.value is None or low.value is None or high.comparator or low.comparator:
        return False
    return high.value <= low.value


def _whole(text: str) -> Issue:
    return Issue("warning", "business-rule", text, "Observation.component")


def _marked(
    measurements: tuple[Measurement, ...], vitals: set[Vital], quality: Quality
) -> tuple[Measurement, ...]:
    return tuple(
        replace(each, quality=quality)
        if each.vital in vitals and each.quality is not Quality.ABSENT
        else each
        for each in measurements
    )
