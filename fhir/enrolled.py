"""Writes the resources by which a person is enrolled here, and changes what a Patient says.

What is typed into a form, or stands in a row of a file, goes through the same door as what an
integration sends: these are the bodies that it brings.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fhir.available import TIMEZONE_URL
from fhir.codes import SNOMED
from fhir.living import ALONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    Resource = dict[str, Any]

_STATUS = "http://terminology.hl7.org/CodeSystem/condition-"
_SURVEY = "http://terminology.hl7.org/CodeSystem/observation-category"
LANGUAGES = "urn:ietf:bcp:47"
_TYPED = ("phone", "sms", "email")  # what a form has a field for
ENDED = "old"  # Identifier.use: no longer in force


@dataclass(frozen=True, slots=True)
class Telecom:
    """A telephone number or an address of mail; empty where there is none."""

    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Carer:
    """Somebody to call beside the patient."""

    name: str
    relationship: str
    phone: str


@dataclass(frozen=True, slots=True)
class Born:
    """Name, day of birth and sex."""

    name: str
    day: date | None
    sex: str = ""


def patient(
    born: Born, numbers: Iterable[tuple[str, str]], *, language: str, zone: str
) -> Resource:
    """Return a Patient without ways to reach them; numbers are (system, value)."""
    said: Resource = {"resourceType": "Patient"}
    if named := [_identifier(*each) for each in numbers]:
        said["identifier"] = named
    said = with_name(said, born.name)
    if born.sex:
        said["gender"] = born.sex
    said = with_birth_date(said, born.day)
    return with_zone(with_language(said, language), zone)


def _identifier(system: str, value: str) -> dict[str, str]:
    return {"system": system, "value": value} if system else {"value": value}


def with_name(resource: Mapping[str, Any], name: str) -> Resource:
    """Return a Patient under another name; names of other uses stay."""
    said = deepcopy(dict(resource))
    kept = [each for each in said.get("name", ()) if each.get("use") in ("old", "maiden")]
    said["name"] = [{"use": "official", "text": name}, *kept]
    return said


def with_birth_date(resource: Mapping[str, Any], day: date | None) -> Resource:
    """Return a Patient born on another day."""
    said = _without(resource, "birthDate", "_birthDate")
    return said | {"birthDate": day.isoformat()} if day else said


def with_sex(resource: Mapping[str, Any], sex: str) -> Resource:
    """Return a Patient of another administrative gender."""
    said = _without(resource, "gender", "_gender")
    return said | {"gender": sex} if sex else said


def with_language(resource: Mapping[str, Any], language: str) -> Resource:
    """Return a Patient who is spoken to in another language."""
    said = _without(resource, "communication")
    if not language:
        return said
    coding = {"system": LANGUAGES, "code": language}
    return said | {"communication": [{"language": {"coding": [coding]}, "preferred": True}]}


def with_zone(resource: Mapping[str, Any], zone: str) -> Resource:
    """Return a Patient who lives in another time zone: an IANA name."""
    said = deepcopy(dict(resource))
    for holder in (said, *said.get("address", ())):
        kept = [each for each in holder.pop("extension", ()) if each.get("url") != TIMEZONE_URL]
        if kept:
            holder["extension"] = kept
    if zone:
        extension = {"url": TIMEZONE_URL, "valueCode": zone}
        said["extension"] = [*said.get("extension", ()), extension]
    return said


def with_contacts(resource: Mapping[str, Any], own: Telecom, carers: Sequence[Carer]) -> Resource:
    """Return a Patient with these numbers in place of those that were given before.

    What is reached in no such way, a chat for instance, stays.
    """
    said = _without(resource, "telecom", "contact")
    others = [each for each in resource.get("telecom", ()) if each.get("system") not in _TYPED]
    points = [*_phone(own.phone), *_email(own.email), *deepcopy(others)]
    if points:
        said["telecom"] = points
    if carers:
        said["contact"] = [_contact(each) for each in carers]
    return said


def reached(resource: Mapping[str, Any]) -> tuple[Telecom, tuple[Carer, ...]]:
    """Return the numbers of a Patient that a form has fields for: the first of each kind."""
    own = resource.get("telecom", ())
    carers = tuple(_carer(each) for each in resource.get("contact", ()))
    told = Telecom(_first(own, "phone", "sms"), _first(own, "email"))
    return told, tuple(each for each in carers if each.phone)


def _first(telecom: Iterable[Mapping[str, Any]], *systems: str) -> str:
    return next((str(e.get("value", "")) for e in telecom if e.get("system") in systems), "")


def _carer(contact: Mapping[str, Any]) -> Carer:
    name: Mapping[str, Any] = contact.get("name") or {}
    written = " ".join([*map(str, name.get("given", ())), str(name.get("family", ""))]).strip()
    relations: Sequence[Mapping[str, Any]] = contact.get("relationship", ())
    texts = (
        str(
            relation.get("text") or next((c.get("display") for c in relation.get("coding", ())), "")
        )
        for relation in relations
    )
    number = _first(contact.get("telecom", ()), "phone", "sms")
    return Carer(str(name.get("text", "")) or written, next(filter(None, texts), ""), number)


def _phone(number: str) -> list[dict[str, str]]:
    return [{"system": "phone", "value": number, "use": "mobile"}] if number else []


def _email(address: str) -> list[dict[str, str]]:
    return [{"system": "email", "value": address}] if address else []


def _contact(carer: Carer) -> Resource:
    said: Resource = {"name": {"text": carer.name}} if carer.name else {}
    if carer.relationship:
        said["relationship"] = [{"text": carer.relationship}]
    if carer.phone:
        said["telecom"] = _phone(carer.phone)
    return said


def with_number(resource: Mapping[str, Any], system: str, value: str) -> Resource:
    """Return a Patient with one more number; one that had ended is in force again."""
    said = deepcopy(dict(resource))
    kept = [each for each in said.get("identifier", ()) if not _is(each, system, value)]
    said["identifier"] = [*kept, _identifier(system, value)]
    return said


def without_number(
    resource: Mapping[str, Any], system: str, value: str, *, at: datetime
) -> Resource:
    """Return a Patient one of whose numbers has ended; it stays as what they were once called."""
    said = deepcopy(dict(resource))
    for each in said.get("identifier", ()):
        if _is(each, system, value):
            each["use"] = ENDED
            each["period"] = {**each.get("period", {}), "end": _instant(at)}
    return said


def _is(identifier: Mapping[str, Any], system: str, value: str) -> bool:
    return identifier.get("system", "") == system and identifier.get("value") == value


def deceased(resource: Mapping[str, Any], day: date | None) -> Resource:
    """Return a Patient who died on a day, or who has not."""
    said = _without(resource, "deceasedBoolean", "deceasedDateTime")
    return said | {"deceasedDateTime": day.isoformat()} if day else said


def _without(resource: Mapping[str, Any], *names: str) -> Resource:
    return {name: deepcopy(each) for name, each in resource.items() if name not in names}


def episode(subject: str, team: str, *, since: datetime) -> Resource:
    """Return that a team looks after somebody, from an instant on."""
    return {
        "resourceType": "EpisodeOfCare",
        "status": "active",
        "team": [{"reference": team}],
        "patient": {"reference": subject},
        "period": {"start": _instant(since)},
    }


def condition(
    subject: str, code: tuple[str, str], *, recorded: datetime, onset: date | None = None
) -> Resource:
    """Return an active, confirmed entry of a problem list."""
    said: Resource = {
        "resourceType": "Condition",
        "clinicalStatus": _status("clinical", "active"),
        "verificationStatus": _status("ver-status", "confirmed"),
        "code": {"coding": [{"system": code[0], "code": code[1]}]},
        "subject": {"reference": subject},
        "recordedDate": _instant(recorded),
    }
    return said | {"onsetDateTime": onset.isoformat()} if onset else said


def over(resource: Mapping[str, Any], *, at: datetime) -> Resource:
    """Return a Condition that ended at an instant."""
    said = _without(resource, "abatementPeriod", "abatementDateTime", "abatementString")
    return said | {
        "clinicalStatus": _status("clinical", "resolved"),
        "abatementDateTime": _instant(at),
    }


def never(resource: Mapping[str, Any]) -> Resource:
    """Return a Condition that was entered in error."""
    return _without(resource, "clinicalStatus") | {
        "verificationStatus": _status("ver-status", "entered-in-error")
    }


def _status(kind: str, code: str) -> Resource:
    return {"coding": [{"system": f"{_STATUS}{kind}", "code": code}]}


def lives_alone(subject: str, *, alone: bool, at: datetime) -> Resource:
    """Return the answer to whether somebody lives alone."""
    system, code = ALONE
    survey = {"coding": [{"system": _SURVEY, "code": "social-history"}]}
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [survey],
        "code": {"coding": [{"system": system, "code": code}]},
        "subject": {"reference": subject},
        "effectiveDateTime": _instant(at),
        "valueBoolean": alone,
    }


def transaction(resources: Iterable[tuple[str, Resource]]) -> Resource:
    """Return a Bundle that is taken whole or not at all; each comes with its full URL, or ""."""
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            ({"fullUrl": url} if url else {})
            | {"resource": each, "request": {"method": "POST", "url": each["resourceType"]}}
            for url, each in resources
        ],
    }


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


HOME_OXYGEN = (SNOMED, "931000119107")  # dependence on supplemental oxygen (finding)
