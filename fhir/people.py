"""Reads the resources that enrol people: who is monitored, who answers, with which device.

Every reader takes a resource that passed `strict.check`, and never fails on one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fhir.available import TIMEZONE_URL, ParsedTimes, read_times
from fhir.codes import codings
from fhir.identity import Identifier, Ref, read_identifiers, read_reference
from fhir.mail_addresses import mailable
from fhir.moments import beginning, day, ending, well_formed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date, datetime

LONGEST_MODEL = 120


@dataclass(frozen=True, slots=True)
class ParsedPatient:
    """A person as enrolled. `birth_date` is None where it is less exact than a day."""

    identifiers: tuple[Identifier, ...]
    name: str
    birth_date: date | None
    sex: str
    zone: str  # IANA name from the timezone extension, "" where absent; not checked
    deceased: bool
    language: str
    birth_year: int | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class ParsedCondition:
    """One entry of a problem list; `onset` is None where it is less exact than a day.

    `since` and `until` are the widest instants of its onset and abatement, None where not said.
    """

    subject: Ref | None
    codes: tuple[tuple[str, str], ...]  # (system, code)
    clinical_status: str
    verification_status: str
    onset: date | None
    since: datetime | None = None
    until: datetime | None = None
    recorded: datetime | None = None


@dataclass(frozen=True, slots=True)
class ParsedPractitioner:
    """A clinician."""

    identifiers: tuple[Identifier, ...]
    name: str
    email: str
    active: bool


@dataclass(frozen=True, slots=True)
class ParsedPractitionerRole:
    """In which role a clinician works, and where they can be reached in it."""

    practitioner: Ref | None
    organization: Ref | None
    email: str
    active: bool
    times: ParsedTimes


@dataclass(frozen=True, slots=True)
class ParsedCareTeam:
    """A team, with each member's reference and role code ("" where none is given)."""

    name: str
    subject: Ref | None
    participants: tuple[tuple[Ref, str], ...]
    status: str


@dataclass(frozen=True, slots=True)
class ParsedEpisodeOfCare:
    """Which team looks after a patient, and who manages their care."""

    patient: Ref | None
    teams: tuple[Ref, ...]
    care_manager: Ref | None
    status: str
    holds: tuple[tuple[datetime, datetime | None], ...] = ()  # by its history: on hold, from, to


@dataclass(frozen=True, slots=True)
class ParsedDevice:
    """A device and, where it says so, the person it speaks for."""

    identifiers: tuple[Identifier, ...]
    patient: Ref | None
    name: str
    model: str = ""  # its make or kind, which devices of other people share


def read_patient(resource: Mapping[str, Any]) -> ParsedPatient:
    """Read a Patient; the name is the official one, else the usual, else the first."""
    born = str(resource.get("birthDate", ""))
    return ParsedPatient(
        identifiers=read_identifiers(resource),
        name=_name(resource),
        birth_date=day(born),
        sex=str(resource.get("gender", "")),
        zone=_zone(resource),
        deceased=resource.get("deceasedBoolean") is True or "deceasedDateTime" in resource,
        language=_language(resource),
        birth_year=int(born[:4]) if well_formed(born) else None,
        active=resource.get("active") is not False,
    )


def _name(resource: Mapping[str, Any]) -> str:
    ranks = {"official": 0, "usual": 1, "old": 9, "maiden": 9}
    names = sorted(resource.get("name", ()), key=lambda each: ranks.get(each.get("use", ""), 2))
    return next(filter(None, (_written(each) for each in names)), "")


def _written(name: Mapping[str, Any]) -> str:
    if name.get("text"):
        return str(name["text"]).strip()
    given = [str(each) for each in name.get("given", ()) if each]
    family = str(name.get("family", ""))
    if given and family and all(_family_first(part) for part in (family, *given)):
        return family + "".join(given)
    return " ".join([*given, family]).strip()


def _family_first(part: str) -> bool:
    """Return whether a name is in Hangul or Han, which are written family first, unspaced."""
    return all("\u4e00" <= letter <= "\u9fff" or "\uac00" <= letter <= "\ud7a3" for letter in part)


def _zone(resource: Mapping[str, Any]) -> str:
    for holder in (resource, *resource.get("address", ())):
        for each in holder.get("extension", ()):
            zone = each.get("valueCode") or each.get("valueString")
            if each.get("url") == TIMEZONE_URL and zone:
                return str(zone)
    return ""


def _language(resource: Mapping[str, Any]) -> str:
    spoken = sorted(
        resource.get("communication", ()), key=lambda each: each.get("preferred") is not True
    )
    return next((code for each in spoken for _, code in codings(each.get("language"))), "")


def read_condition(resource: Mapping[str, Any]) -> ParsedCondition:
    """Read a Condition; a status that is absent is ""."""
    onset = str(resource.get("onsetDateTime", ""))
    return ParsedCondition(
        subject=read_reference(resource.get("subject")),
        codes=codings(resource.get("code")),
        clinical_status=_code(resource.get("clinicalStatus")),
        verification_status=_code(resource.get("verificationStatus")),
        onset=day(onset[:10]),
        since=beginning(onset or _period(resource, "onsetPeriod", "start"), anywhere=True),
        until=ending(
            str(resource.get("abatementDateTime", ""))
            or _period(resource, "abatementPeriod", "end"),
            anywhere=True,
        ),
        recorded=beginning(str(resource.get("recordedDate", "")), anywhere=True),
    )


def _period(resource: Mapping[str, Any], name: str, end: str) -> str:
    return str((resource.get(name) or {}).get(end, ""))


def _code(concept: Mapping[str, Any] | None) -> str:
    return next((code for _, code in codings(concept)), "")


def read_practitioner(resource: Mapping[str, Any]) -> ParsedPractitioner:
    """Read a Practitioner; one who does not say is active."""
    return ParsedPractitioner(
        read_identifiers(resource),
        _name(resource),
        _email(resource.get("telecom", ())),
        resource.get("active") is not False,
    )


def _email(points: Iterable[Mapping[str, Any]]) -> str:
    mail = [each for each in points if each.get("system") == "email" and each.get("use") != "old"]
    mail.sort(key=lambda each: each.get("use") != "work")
    return next(filter(None, (mailable(str(each.get("value", ""))) for each in mail)), "")


def read_practitioner_role(resource: Mapping[str, Any]) -> ParsedPractitionerRole:
    """Read a PractitionerRole; one that does not say is active."""
    return ParsedPractitionerRole(
        read_reference(resource.get("practitioner")),
        read_reference(resource.get("organization")),
        _email(resource.get("telecom", ())),
        resource.get("active") is not False,
        read_times(resource),
    )


def read_care_team(resource: Mapping[str, Any]) -> ParsedCareTeam:
    """Read a CareTeam; participants without a member to resolve are left out."""
    members = (
        (read_reference(each.get("member")), next(map(_code, each.get("role", ())), ""))
        for each in resource.get("participant", ())
    )
    return ParsedCareTeam(
        str(resource.get("name", "")),
        read_reference(resource.get("subject")),
        tuple((ref, role) for ref, role in members if ref is not None),
        str(resource.get("status", "")),
    )


def read_episode_of_care(resource: Mapping[str, Any]) -> ParsedEpisodeOfCare:
    """Read an EpisodeOfCare."""
    teams = (read_reference(each) for each in resource.get("team", ()))
    return ParsedEpisodeOfCare(
        read_reference(resource.get("patient")),
        tuple(team for team in teams if team is not None),
        read_reference(resource.get("careManager")),
        str(resource.get("status", "")),
        tuple(_on_hold(resource)),
    )


def _on_hold(resource: Mapping[str, Any]) -> Iterator[tuple[datetime, datetime | None]]:
    for each in resource.get("statusHistory", ()):
        start = beginning(str((each.get("period") or {}).get("start", "")))
        if each.get("status") == "onhold" and start is not None:
            yield start, ending(str(each["period"].get("end", "")))


def read_device(resource: Mapping[str, Any]) -> ParsedDevice:
    """Read a Device; the name is its own, else what its type is called."""
    names = [str(each.get("name", "")) for each in resource.get("deviceName", ())]
    kind = resource.get("type") or {}
    names.append(str(kind.get("text", "")))
    names.extend(str(each.get("display", "")) for each in kind.get("coding", ()))
    return ParsedDevice(
        read_identifiers(resource),
        read_reference(resource.get("patient")),
        next(filter(None, names), ""),
        _model(resource)[:LONGEST_MODEL],
    )


def _model(resource: Mapping[str, Any]) -> str:
    """Return maker and model number, else the model's name, else what its type is coded as.

    Its own name and the free text of its type are left out: some are called after a person.
    """
    number = str(resource.get("modelNumber", ""))
    if number:
        return " ".join(filter(None, (str(resource.get("manufacturer", "")), number)))
    names = [e for e in resource.get("deviceName", ()) if e.get("type") == "model-name"]
    kinds = (resource.get("type") or {}).get("coding", ())
    said = (*(each.get("name", "") for each in names), *(e.get("display", "") for e in kinds))
    return next((str(each) for each in said if each), "")
