"""Turns an enrolling resource into the rows that other rooms read; asks back what is unclear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete

from core.sealed_fields import seal
from fhir import context as facts
from fhir import people as wire
from fhir.consent import read_consent
from fhir.contact_points import read_contacts
from fhir.outcome import Issue, Refusal
from ingest.binding.repository import hand_over
from ingest.choosing.repository import keep_said
from ingest.contacts.repository import keep_contacts
from ingest.context.repository import keep_condition, keep_medicine, keep_stays, pause
from ingest.enrolment import Absence, Stay
from ingest.people.repository import find, practitioners, torn
from ingest.placing import known_zone
from ingest.receipt import Answer, Kind, refuse, refused
from ingest.tables import (
    CareTeam,
    CareTeamParticipant,
    Device,
    Patient,
    Practitioner,
    PractitionerRole,
)
from ingest.teams.repository import keep_times
from ingest.teams.service import let_go, look_after, named_again

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fhir.identity import Ref
    from ingest.receipt import Sender

ENDED = frozenset({"finished", "cancelled", "entered-in-error"})
DISSOLVED = frozenset({"inactive", "suspended", "entered-in-error"})


@dataclass(frozen=True, slots=True)
class Desk:
    """Where one request is worked on; `within` resolves references inside its Bundle."""

    session: Session
    sender: Sender
    within: Mapping[str, str]
    now: datetime

    def one(self, kind: Kind, ref: Ref | None) -> UUID | None:
        """Return the row that one reference points at, or None."""
        if ref is None:
            return None
        return find(self.session, self.sender, kind, [ref], within=self.within).get(ref)

    def unknown(self, kind: Kind, ref: Ref | None, expression: str) -> Answer:
        """Return the answer to a reference that does not lead to one row, with the reason."""
        refs = [] if ref is None else [ref]
        if torn(self.session, self.sender, kind, refs, within=self.within):
            return contradictory(expression)
        return unknown(ref, expression)


@dataclass(frozen=True, slots=True)
class Linked:
    """The rows are written; whose data they are, and what the sender should know."""

    patient_id: UUID | None = None
    issues: tuple[Issue, ...] = ()


def contradictory(expression: str) -> Answer:
    """Return the answer to a reference that says two things."""
    text = "its reference and its identifier name two different ones: send the one that is meant"
    return refuse(422, "conflict", text, expression)


def unknown(ref: Ref | None, expression: str) -> Answer:
    """Return the answer to a missing reference, or to one that points at nothing known here."""
    if ref is None:
        return refuse(422, "required", "this reference is needed", expression)
    text = "the reference points at nothing known here: enrol it first, or name it by identifier"
    if ref.contained:
        text = (
            "contained resources are not used to say who this is: enrol it first, then refer to"
            " Type/id or give reference.identifier with system and value"
        )
    return refuse(422, "not-found", text, expression)


def _practitioner(desk: Desk, id_: UUID, resource: Mapping[str, Any]) -> Linked | Answer:
    read = wire.read_practitioner(resource)
    desk.session.merge(
        Practitioner(
            id=id_,
            name=seal(desk.session, Practitioner.name, read.name, id=id_),
            email=seal(desk.session, Practitioner.email, read.email, id=id_),
            active=read.active,
        )
    )
    return Linked()


def _practitioner_role(desk: Desk, id_: UUID, resource: Mapping[str, Any]) -> Linked | Answer:
    read = wire.read_practitioner_role(resource)
    who = desk.one(Kind.PRACTITIONER, read.practitioner)
    if who is None:
        return desk.unknown(Kind.PRACTITIONER, read.practitioner, "PractitionerRole.practitioner")
    email = seal(desk.session, PractitionerRole.email, read.email, id=id_)
    role = PractitionerRole(id=id_, practitioner_id=who, email=email, active=read.active)
    if read.organization is not None and read.organization.identifier is not None:
        role.organization = read.organization.identifier.value
    desk.session.merge(role)
    desk.session.flush()
    keep_times(desk.session, id_, read.times)
    return Linked()


def _patient(desk: Desk, id_: UUID, resource: Mapping[str, Any]) -> Linked | Answer:
    read = wire.read_patient(resource)
    row = desk.session.get(Patient, id_) or Patient(id=id_, created_at=desk.now)
    row.name = seal(desk.session, Patient.name, read.name, id=id_)
    row.birth_date = seal(desk.session, Patient.birth_date, _day(read.birth_date), id=id_)
    row.sex, row.language, row.deceased = read.sex, read.language, read.deceased
    row.zone = read.zone if known_zone(read.zone) else desk.sender.site_zone
    desk.session.add(row)
    desk.session.flush()
    keep_contacts(desk.session, id_, read_contacts(resource), now=desk.now)
    return Linked(id_)


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _device(desk: Desk, id_: UUID, resource: Mapping[str, Any]) -> Linked | Answer:
    read = wire.read_device(resource)
    patient = desk.one(Kind.PATIENT, read.patient)
    if patient is None and read.patient is not None:
        return desk.unknown(Kind.PATIENT, read.patient, "Device.patient")
    name = seal(desk.session, Device.name, read.name, id=id_)
    desk.session.merge(Device(id=id_, patient_id=patient, name=name, model=read.model))
    desk.session.flush()
    hand_over(desk.session, id_, patient, now=desk.now)
    return Linked(patient)


def _condition(desk: Desk, id_: UUID, resource: Mapping[str, Any]) -> Linked | Answer:
    read = wire.read_condition(resource)
    patient = desk.one(Kind.PATIENT, read.subject)
    if patient is None:
        return desk.unknown(Kind.PATIENT, read.subject, "Condition.subject")
    keep_condition(desk.session, id_, patient, read, now=desk.now)
    return Linked(patient)


def _care_team(desk: Desk, id_: UUID, resource: Mapping[str, Any]) -> Linked | Answer:
    read = wire.read_care_team(resource)
    patient = desk.one(Kind.PATIENT, read.subject)
    if patient is None and read.subject is not None:
        return desk.unknown(Kind.PATIENT, read.subject, "CareTeam.subject")
    members = [(ref, role) for ref, role in read.participants if _is_clinician(ref, desk)]
    who = practitioners(desk.session, desk.sender, [ref for ref, _ in members], within=desk.within)
    for ref, _ in members:
        if ref not in who:
            return desk.unknown(Kind.PRACTITIONER, ref, "CareTeam.participant.member")
    desk.session.merge(CareTeam(id=id_, name=read.name, active=read.status not in DISSOLVED))
    desk.session.flush()
    out = named_again(desk.session, id_, set(who.values()), now=desk.now)
    _set_members(desk.session, id_, [(who[r], role) for r, role in members if who[r] not in out])
    if patient is not None:
        look_after(desk.session, id_, patient, [], now=desk.now)
    return Linked(patient, (_TAKEN_OUT,) if out else ())


def _is_clinician(ref: Ref, desk: Desk) -> bool:
    """Return whether a member is one who can be told; patients and organisations are not."""
    inside = desk.within.get(ref.url) or desk.within.get(f"{ref.type}/{ref.id}") or ""
    kind = inside.partition("/")[0] or ref.type
    return kind in (Kind.PRACTITIONER, Kind.PRACTITIONER_ROLE, "")


def _set_members(session: Session, team: UUID, members: Sequence[tuple[UUID, str]]) -> None:
    session.execute(delete(CareTeamParticipant).where(CareTeamParticipant.care_team_id == team))
    roles: dict[UUID, str] = {}
    for practitioner, role in members:
        roles[practitioner] = roles.get(practitioner) or role
    session.add_all(
        CareTeamParticipant(care_team_id=team, practitioner_id=practitioner, role=role)
        for practitioner, role in roles.items()
    )


def _episode_of_care(desk: Desk, id_: UUID, resource: Mapping[str, Any]) -> Linked | Answer:
    read = wire.read_episode_of_care(resource)
    patient = desk.one(Kind.PATIENT, read.patient)
    if patient is None:
        return desk.unknown(Kind.PATIENT, read.patient, "EpisodeOfCare.patient")
    teams = find(desk.session, desk.sender, Kind.CARE_TEAM, read.teams, within=desk.within)
    if missing := [ref for ref in read.teams if ref not in teams]:
        return desk.unknown(Kind.CARE_TEAM, missing[0], "EpisodeOfCare.team")
    asked = [read.care_manager] if read.care_manager else []
    who = practitioners(desk.session, desk.sender, asked, within=desk.within)
    if len(who) < len(asked):
        return desk.unknown(Kind.PRACTITIONER, read.care_manager, "EpisodeOfCare.careManager")
    pause(desk.session, id_, patient, read, now=desk.now)
    out = False
    for team in teams.values():
        if read.status in ENDED:
            let_go(desk.session, team, patient)
        else:
            out |= look_after(desk.session, team, patient, who.values(), now=desk.now)
    return Linked(patient, (_MANAGER_OUT,) if out else () if teams else (_NO_TEAM,))


def _medicine(desk: Desk, id_: UUID, resource: Mapping[str, Any]) -> Linked | Answer:
    read = facts.read_medicine(resource)
    patient = desk.one(Kind.PATIENT, read.subject)
    if patient is None:
        return desk.unknown(Kind.PATIENT, read.subject, f"{resource.get('resourceType')}.subject")
    known = keep_medicine(desk.session, id_, patient, read, now=desk.now)
    return Linked(patient, () if known else (_NO_CLASS,))


def _encounter(desk: Desk, id_: UUID, resource: Mapping[str, Any]) -> Linked | Answer:
    read = facts.read_encounter(resource)
    patient = desk.one(Kind.PATIENT, read.subject)
    if patient is None:
        return desk.unknown(Kind.PATIENT, read.subject, "Encounter.subject")
    if read.inpatient and read.since is None:
        return refuse(
            422, "required", "a stay in hospital needs the time it began", "Encounter.period.start"
        )
    # A stay that is over excuses no silence from here on, whatever end was told, or none.
    until = min(read.until or desk.now, desk.now) if read.finished else read.until
    stays = [Stay(Absence.ADMITTED, read.since, until)] if read.since and read.inpatient else []
    keep_stays(desk.session, id_, patient, stays)
    return Linked(patient)


def _consent(desk: Desk, id_: UUID, resource: Mapping[str, Any]) -> Linked | Answer:
    read = read_consent(resource)
    if isinstance(read, Refusal):
        return refused(read, Kind.CONSENT)
    patient = desk.one(Kind.PATIENT, read.patient)
    if patient is None:
        return desk.unknown(Kind.PATIENT, read.patient, "Consent.patient")
    keep_said(desk.session, id_, patient, read.said, now=desk.now)
    return Linked(patient)


_NO_CLASS = Issue(
    "information",
    "informational",
    "no code of this medicine belongs to a class that rules know (ATC): stored, not used",
    "medication",
)
_TAKEN_OUT = Issue(
    "warning",
    "business-rule",
    "a member whom an administrator took out of this team was left out",
    "CareTeam.participant.member",
)
_MANAGER_OUT = Issue(
    "warning",
    "business-rule",
    "a care manager whom an administrator took out of this team was left out",
    "EpisodeOfCare.careManager",
)
_NO_TEAM = Issue(
    "warning",
    "incomplete",
    "without a team nobody is made responsible",
    "EpisodeOfCare.team",
)


PROJECTIONS: dict[Kind, Callable[[Desk, UUID, Mapping[str, Any]], Linked | Answer]] = {
    Kind.PRACTITIONER: _practitioner,
    Kind.PRACTITIONER_ROLE: _practitioner_role,
    Kind.PATIENT: _patient,
    Kind.DEVICE: _device,
    Kind.CARE_TEAM: _care_team,
    Kind.EPISODE_OF_CARE: _episode_of_care,
    Kind.CONDITION: _condition,
    Kind.MEDICATION_STATEMENT: _medicine,
    Kind.MEDICATION_REQUEST: _medicine,
    Kind.ENCOUNTER: _encounter,
    Kind.CONSENT: _consent,
}
