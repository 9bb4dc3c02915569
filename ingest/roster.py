"""What a screen and a router of alerts need to know about people: plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from ingest.presence import Post

# SNOMED CT: physician, medical practitioner, general physician, attending physician,
# geriatrician, cardiologist; and the plain words that small systems send.
PHYSICIAN_ROLES = frozenset(
    {
        "309343006",
        "158965000",
        "59058001",
        "405279007",
        "90655003",
        "17561000",
        "physician",
        "doctor",
    }
)


@dataclass(frozen=True, slots=True)
class PatientProfile:
    """A patient as a screen shows them, with the programme's terms in words."""

    id: UUID
    name: str
    birth_date: date | None
    sex: str
    zone: str
    groups: frozenset[str]
    lives_alone: bool | None
    eligibility_reason: str
    eligible: bool
    enrolled_by_override: bool
    override_reason: str
    last_reading_at: datetime | None
    team_id: UUID | None
    team_name: str
    language: str = ""  # as Patient.communication has it, such as "ko" or "ko-KR"


@dataclass(frozen=True, slots=True)
class Demography:
    """Which kind of person somebody is, without who: what figures about many are sorted by."""

    id: UUID
    birth_date: date | None
    sex: str
    groups: frozenset[str]


@dataclass(frozen=True, slots=True)
class Responsible:
    """Somebody who answers for a patient, and whether they are at work at all."""

    practitioner_id: UUID
    name: str
    email: str
    role: str  # "care-manager", "physician", or "member" of the team
    team_id: UUID
    team_name: str
    active: bool
    posts: tuple[Post, ...] = ()  # with times; none: at work at every hour


@dataclass(frozen=True, slots=True)
class Team:
    """A care team by name."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Heard:
    """When somebody was last heard at all, for what counts people without naming them."""

    id: UUID
    last_reading_at: datetime | None
