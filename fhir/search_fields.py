"""Which parameters each resource type is searched by, and where a resource holds their values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fhir.search_kinds import WRITTEN_HERE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HL7 = "http://hl7.org/fhir"


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter: its FHIR type, the elements that hold it, the system of bare codes there."""

    type: str  # token | date | quantity | reference | uri | canonical
    paths: tuple[str, ...] = ()
    system: str = ""


def _token(*paths: str, system: str = "") -> Field:
    return Field("token", paths, f"{HL7}/{system}" if system else "")


def _date(*paths: str) -> Field:
    return Field("date", paths)


def _reference(*paths: str) -> Field:
    return Field("reference", paths)


_EVERY = {"_id": Field("token"), "_lastUpdated": Field("date")}
_NAMED = {**_EVERY, "identifier": _token("identifier")}
_PATIENT = {"patient": _reference("patient")}
_SUBJECT = {"patient": _reference("subject"), "subject": _reference("subject")}
_EFFECTIVE = _date("effectiveDateTime", "effectiveInstant", "effectivePeriod", "effectiveTiming")
_PERIOD = {"date": _date("period")}
_PUBLIC = {
    **_EVERY,
    "date": _date("date"),
    "status": _token("status", system="publication-status"),
    "url": Field("uri", ("url",)),
    "version": _token("version"),
}

FIELDS: dict[str, dict[str, Field]] = {
    "Observation": {
        **_NAMED,
        **_SUBJECT,
        "code": _token("code"),
        "category": _token("category"),
        "combo-code": _token("code", "component.code"),
        "component-code": _token("component.code"),
        "date": _EFFECTIVE,
        "status": _token("status", system="observation-status"),
        "device": _reference("device"),
        "value-quantity": Field("quantity", ("",)),
        "component-value-quantity": Field("quantity", ("component",)),
        "combo-value-quantity": Field("quantity", ("", "component")),
    },
    "Patient": {
        **_NAMED,
        "active": _token("active"),
        "birthdate": _date("birthDate"),
        "gender": _token("gender", system="administrative-gender"),
    },
    "Practitioner": {**_NAMED, "active": _token("active")},
    "PractitionerRole": {
        **_NAMED,
        **_PERIOD,
        "active": _token("active"),
        "practitioner": _reference("practitioner"),
        "organization": _reference("organization"),
        "role": _token("code"),
        "specialty": _token("specialty"),
    },
    "Condition": {
        **_NAMED,
        **_SUBJECT,
        "category": _token("category"),
        "clinical-status": _token("clinicalStatus"),
        "code": _token("code"),
        "onset-date": _date("onsetDateTime", "onsetPeriod"),
        "recorded-date": _date("recordedDate"),
        "verification-status": _token("verificationStatus"),
    },
    "Device": {
        **_NAMED,
        **_PATIENT,
        "status": _token("status", system="device-status"),
        "type": _token("type"),
    },
    "CareTeam": {
        **_NAMED,
        **_SUBJECT,
        **_PERIOD,
        "category": _token("category"),
        "participant": _reference("participant.member"),
        "status": _token("status", system="care-team-status"),
    },
    "EpisodeOfCare": {
        **_NAMED,
        **_PATIENT,
        **_PERIOD,
        "care-manager": _reference("careManager"),
        "status": _token("status", system="episode-of-care-status"),
        "type": _token("type"),
    },
    "MedicationStatement": {
        **_NAMED,
        **_SUBJECT,
        "code": _token("medicationCodeableConcept"),
        "effective": _date("effectiveDateTime", "effectivePeriod"),
        "status": _token("status", system="CodeSystem/medication-statement-status"),
    },
    "MedicationRequest": {
        **_NAMED,
        **_SUBJECT,
        "authoredon": _date("authoredOn"),
        "code": _token("medicationCodeableConcept"),
        "intent": _token("intent", system="CodeSystem/medicationrequest-intent"),
        "status": _token("status", system="CodeSystem/medicationrequest-status"),
    },
    "Encounter": {
        **_NAMED,
        **_SUBJECT,
        **_PERIOD,
        "class": _token("class"),
        "status": _token("status", system="encounter-status"),
    },
    "Consent": {
        **_NAMED,
        **_PATIENT,
        "category": _token("category"),
        "date": _date("dateTime"),
        "period": _date("provision.period"),
        "purpose": _token("provision.purpose", "provision.provision.purpose"),
        "scope": _token("scope"),
        "status": _token("status", system="consent-state-codes"),
    },
    "QuestionnaireResponse": {
        **_NAMED,
        **_SUBJECT,
        "authored": _date("authored"),
        "author": _reference("author"),
        "questionnaire": Field("canonical", ("questionnaire",)),
        "source": _reference("source"),
        "status": _token("status", system="questionnaire-answers-status"),
    },
    "RiskAssessment": {
        **_EVERY,
        **_SUBJECT,
        "code": _token("code"),
        "date": _date("occurrenceDateTime"),
        "method": _token("method"),
        "status": _token("status", system="observation-status"),
    },
    "DetectedIssue": {
        **_NAMED,
        **_PATIENT,
        "code": _token("code"),
        "date": _date("identifiedDateTime"),
        "identified": _date("identifiedDateTime"),
        "implicated": _reference("implicated"),
        "status": _token("status", system="observation-status"),
    },
    "Flag": {
        **_NAMED,
        **_SUBJECT,
        **_PERIOD,
        "category": _token("category"),
        "code": _token("code"),
        "status": _token("status", system="flag-status"),
    },
    "Goal": {
        **_EVERY,
        **_SUBJECT,
        "lifecycle-status": _token("lifecycleStatus", system="goal-status"),
    },
    "Task": {
        **_NAMED,
        "patient": _reference("for"),
        "subject": _reference("for"),
        "authored-on": _date("authoredOn"),
        "business-status": _token("businessStatus"),
        "code": _token("code"),
        "date": _date("authoredOn"),
        "focus": _reference("focus"),
        "modified": _date("lastModified"),
        "owner": _reference("owner"),
        "period": _date("executionPeriod"),
        "priority": _token("priority", system="request-priority"),
        "status": _token("status", system="task-status"),
    },
    "Communication": {
        **_NAMED,
        **_SUBJECT,
        "category": _token("category"),
        "date": _date("sent"),
        "received": _date("received"),
        "recipient": _reference("recipient"),
        "sent": _date("sent"),
        "status": _token("status", system="event-status"),
    },
    "CommunicationRequest": {
        **_EVERY,
        **_SUBJECT,
        "authored": _date("authoredOn"),
        "category": _token("category"),
        "occurrence": _date("occurrencePeriod"),
        "priority": _token("priority", system="request-priority"),
        "recipient": _reference("recipient"),
        "status": _token("status", system="request-status"),
    },
    "Appointment": {
        **_EVERY,
        "patient": _reference("participant.actor"),
        "actor": _reference("participant.actor"),
        "date": _date("start"),
        "status": _token("status", system="appointmentstatus"),
    },
    "Provenance": {
        **_EVERY,
        "agent": _reference("agent.who"),
        "date": _date("recorded"),
        "patient": _reference("target"),
        "recorded": _date("recorded"),
        "target": _reference("target"),
    },
    "AuditEvent": {
        **_EVERY,
        "action": _token("action", system="audit-event-action"),
        "agent": _reference("agent.who"),
        "date": _date("recorded"),
        "entity": _reference("entity.what"),
        "outcome": _token("outcome", system="audit-event-outcome"),
        "patient": _reference("entity.what"),
        "subtype": _token("subtype"),
        "type": _token("type"),
    },
    "CodeSystem": {
        **_PUBLIC,
        "code": _token("concept.code"),
        "system": Field("uri", ("url",)),
    },
    "Questionnaire": {**_PUBLIC, "code": _token("item.code")},
}
# Whose data a resource is, said in another way than by the parameters `patient` and `subject`.
PATIENT_FIELDS = {
    kind: tuple(name for name in ("patient", "subject") if name in fields)
    for kind, fields in FIELDS.items()
}
INCLUDES = {
    kind: tuple(
        name
        for name in (*PATIENT_FIELDS[kind], "device", "participant", "practitioner", "care-manager")
        if name in fields and kind not in ("Provenance", "AuditEvent")
    )
    for kind, fields in FIELDS.items()
}
REVINCLUDES = ("Provenance:target",)
SORTED_BY_DATE = ("Observation", *WRITTEN_HERE)


def nodes(resource: Mapping[str, Any], path: str) -> Iterator[Any]:
    """Return what stands at a path such as `component.code`, through every list on the way."""
    name, _, rest = path.partition(".")
    found = resource.get(name) if name else resource
    for each in found if isinstance(found, list) else [found]:
        if each is None:
            continue
        if not rest:
            yield each
        elif isinstance(each, dict):
            yield from nodes(each, rest)
