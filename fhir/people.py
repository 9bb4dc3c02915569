"""Reads the resources that enrol people: who is monitored, who answers, with which device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fhir.identity import Identifier, Ref, read_identifiers, read_reference

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


@dataclass(frozen=True, slots=True)
class ParsedPatient:
    """A person as enrolled. `birth_date` is None where it is less exact than a day."""

    identifiers: tuple[Identifier, ...]
    name: str
    birth_date: date | None
    sex: str
    zone: str  # IANA name from the timezone extension, "" where absent
    deceased: bool
    language: str
    birth_year: int | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class ParsedCondition:
    """One entry of a problem list."""

    subject: Ref | None
    codes: tuple[tuple[str, str], ...]  # (system, code)
    clinical_status: str
    verification_status: str
    onset: date | None


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


@dataclass(frozen=True, slots=True)
class ParsedDevice:
    """A device and, where it says so, the person it speaks for."""

    identifiers: tuple[Identifier, ...]
    patient: Ref | None
    name: str


def read_device(resource: Mapping[str, Any]) -> ParsedDevice:
    """Read a Device that passed `strict.check`."""
    names = [str(each.get("name", "")) for each in resource.get("deviceName", ())]
    return ParsedDevice(
        read_identifiers(resource), read_reference(resource.get("patient")), next(iter(names), "")
    )
