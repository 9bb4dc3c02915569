"""What other rooms may ask about people and their readings, behind the one team filter."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Select, exists, func, select

from core.clock import utc_now
from core.errors import NotFoundError
from core.sealed_fields import unseal
from core.security import Role
from core.vitals import Precision, Quality, Reading, Vital
from ingest.enrolment import (
    ConditionGroup,
    Diagnosis,
    Person,
    eligibility,
    groups_from,
    groups_of,
    hypercapnic,
    says_lives_alone,
)
from ingest.people.tables import ClientPatient
from ingest.roster import PatientProfile, Team
from ingest.tables import (
    CareTeam,
    CareTeamParticipant,
    CareTeamPatient,
    Client,
    Condition,
    Patient,
    StoredReading,
)
from ingest.teams.repository import (
    care_teams,
    clinicians,
    first_teams,
    responsible,
    team_patients,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from core.security import Caller

__all__ = [
    "care_teams",
    "clinicians",
    "condition_groups",
    "may_see",
    "person",
    "profiles",
    "readings",
    "readings_received",
    "responsible",
    "team_patients",
    "visible_to",
]


_ORDER = (StoredReading.vital, StoredReading.device, StoredReading.ordinal)
# What is older when it arrives is history (ingest.placing.TOO_OLD); two days for its duration.
OLDEST_JUDGED = timedelta(days=30 + 2)


@cache
def condition_groups() -> Mapping[str, ConditionGroup]:
    """Return the reviewed table of chronic conditions, read once."""
    source = files("ingest").joinpath("conditions.toml").read_text(encoding="utf-8")
    return groups_from(tomllib.loads(source))


def visible_to(caller: Caller) -> Select[UUID]:
    """Return the patients that a caller may see: the one team filter (SEC-11).

    A person sees the patients of the active teams they take part in, and those whose care
    they manage. A supervisor also sees those whom no active team has: an alert that went to
    the fallback team must open for somebody. A client is bounded by its scopes, and a bound
    one to the patients it may speak for (SEC-04); the program itself sees all.
    """
    if caller.kind == "system":
        return select(Patient.id)
    if caller.kind == "client":
        bound = exists().where(Client.id == caller.id, Client.bound)
        own = select(ClientPatient.patient_id).where(ClientPatient.client_id == caller.id)
        return select(Patient.id).where(~bound | Patient.id.in_(own))
    # An id that no row has: compared with None, SQL would ask for rows without a manager.
    self_id = caller.practitioner_id or UUID(int=0)
    member = (
        select(CareTeamParticipant.care_team_id)
        .join(CareTeam, CareTeam.id == CareTeamParticipant.care_team_id)
        .where(CareTeamParticipant.practitioner_id == self_id, CareTeam.active)
    )
    cared_for = select(CareTeamPatient.patient_id).where(
        CareTeamPatient.care_team_id.in_(member) | (CareTeamPatient.care_manager_id == self_id)
    )
    own = select(Patient.id).where(Patient.id.in_(cared_for))
    if caller.role is not Role.SUPERVISOR:
        return own
    taken = (
        select(CareTeamPatient.patient_id)
        .join(CareTeam, CareTeam.id == CareTeamPatient.care_team_id)
        .where(CareTeam.active)
    )
    return select(Patient.id).where(Patient.id.in_(cared_for) | Patient.id.not_in(taken))


def may_see(session: Session, caller: Caller, patient_id: UUID) -> bool:
    """Return whether the team filter lets the caller see this patient."""
    query = select(Patient.id).where(Patient.id == patient_id, Patient.id.in_(visible_to(caller)))
    return session.scalar(query) is not None


def person(session: Session, patient_id: UUID) -> Person:
    """Return what the judgement may know about a patient; raise `NotFoundError`."""
    row = session.get(Patient, patient_id)
    if row is None:
        raise NotFoundError("no such patient")
    diagnoses = _diagnoses(session, [patient_id]).get(patient_id, [])
    return _person(session, row, diagnoses)


def _person(session: Session, row: Patient, diagnoses: Sequence[Diagnosis]) -> Person:
    return Person(
        id=str(row.id),
        zone=row.zone,
        birth_date=_day(unseal(session, Patient.birth_date, row.birth_date, id=row.id)),
        sex=row.sex,
        groups=groups_of(diagnoses, condition_groups()),
        lives_alone=True if says_lives_alone(diagnoses) else row.lives_alone,
        scale_two=row.scale_two_plan and hypercapnic(diagnoses),
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _diagnoses(session: Session, patients: Iterable[UUID]) -> dict[UUID, list[Diagnosis]]:
    found: dict[UUID, list[Diagnosis]] = {}
    for row in session.scalars(select(Condition).where(Condition.patient_id.in_(patients))):
        codes = tuple((str(system), str(code)) for system, code in row.codes)
        diagnosis = Diagnosis(codes, row.clinical_status, row.verification_status)
        found.setdefault(row.patient_id, []).append(diagnosis)
    return found


def readings(session: Session, patient_id: UUID, *, since: datetime) -> list[Reading]:
    """Return a patient's readings from `since` on, by effective time, withdrawn ones left out."""
    query = (
        select(StoredReading)
        .where(
            StoredReading.patient_id == patient_id,
            StoredReading.effective >= since,
            ~StoredReading.superseded,
            StoredReading.quality != Quality.WITHDRAWN,
        )
        .order_by(StoredReading.effective, StoredReading.received_at, *_ORDER)
    )
    return [_reading(row) for row in session.scalars(query)]


def readings_received(session: Session, patient_id: UUID, *, after: datetime) -> list[Reading]:
    """Return the readings that arrived after an instant and may be judged: no history loads."""
    query = (
        select(StoredReading)
        .where(
            StoredReading.patient_id == patient_id,
            StoredReading.effective > after - OLDEST_JUDGED,
            StoredReading.received_at > after,
            ~StoredReading.superseded,
            ~StoredReading.history,
            StoredReading.quality != Quality.WITHDRAWN,
        )
        .order_by(StoredReading.effective, *_ORDER)
    )
    return [_reading(row) for row in session.scalars(query)]


def _reading(row: StoredReading) -> Reading:
    return Reading(
        id=row.id,
        vital=Vital(row.vital),
        value=row.value,
        effective=row.effective,
        received=row.received_at,
        quality=Quality(row.quality),
        until=row.until,
        local_day=row.local_day,
        precision=Precision(row.precision),
        comparator=row.comparator,
        device=row.device,
        value_received=row.value_received,
        unit_received=row.unit_received,
        history=row.history,
    )


def profiles(
    session: Session,
    visible: Select[UUID],
    patient_ids: Sequence[UUID] | None = None,
    *,
    today: date | None = None,
) -> list[PatientProfile]:
    """Return what a screen shows about the visible patients, by name."""
    query = select(Patient).where(Patient.id.in_(visible))
    if patient_ids is not None:
        query = query.where(Patient.id.in_(patient_ids))
    rows = session.scalars(query).all()
    ids = [row.id for row in rows]
    diagnoses, latest = _diagnoses(session, ids), _last_readings(session, ids)
    teams = first_teams(session, ids)
    day = today or utc_now().date()
    shown = [
        _profile(
            row,
            _person(session, row, diagnoses.get(row.id, [])),
            name=unseal(session, Patient.name, row.name, id=row.id),
            override=unseal(session, Patient.override_reason, row.override_reason, id=row.id),
            latest=latest.get(row.id),
            team=teams.get(row.id),
            today=day,
        )
        for row in rows
    ]
    return sorted(shown, key=lambda each: (each.name, each.id))


def _profile(  # noqa: PLR0913 (a screen shows this many things)
    row: Patient,
    who: Person,
    *,
    name: str,
    override: str,
    latest: datetime | None,
    team: Team | None,
    today: date,
) -> PatientProfile:
    terms = eligibility(who, condition_groups(), today=today)
    return PatientProfile(
        id=row.id,
        name=name,
        birth_date=who.birth_date,
        sex=row.sex,
        zone=row.zone,
        groups=who.groups,
        lives_alone=who.lives_alone,
        eligibility_reason=terms.reason,
        eligible=terms.eligible,
        enrolled_by_override=row.override_at is not None,
        override_reason=override,
        last_reading_at=latest,
        team_id=team.id if team else None,
        team_name=team.name if team else "",
    )


def _last_readings(session: Session, ids: Sequence[UUID]) -> dict[UUID, datetime]:
    rows = session.execute(
        select(StoredReading.patient_id, func.max(StoredReading.effective))
        .where(
            StoredReading.patient_id.in_(ids),
            ~StoredReading.superseded,
            StoredReading.quality.not_in([Quality.WITHDRAWN, Quality.FUTURE, Quality.ABSENT]),
        )
        .group_by(StoredReading.patient_id)
    )
    return {row[0]: row[1] for row in rows}
