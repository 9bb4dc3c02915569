"""What other rooms may ask about people and their readings, behind the one team filter."""

from __future__ import annotations

import math
import tomllib
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import Select, select

from core.clock import utc_now
from core.errors import NotFoundError
from core.sealed_fields import unseal
from core.vitals import Precision, Quality, Reading, Vital
from ingest.access.repository import beyond_wall, may_see, raise_wall, visible_to, walled
from ingest.context.repository import facts_of, stays_of
from ingest.dated import Facts
from ingest.enrolment import ConditionGroup, Person, eligibility, groups_from
from ingest.merging.repository import (
    everybody,
    joined_at,
    merged_ids,
    one_person,
    survivor,
    survivors,
)
from ingest.population.repository import blocks_of_people, once, readings_of
from ingest.roster import PatientProfile, Team
from ingest.schedules.repository import asked_of
from ingest.streams.repository import last_readings
from ingest.tables import Patient, StoredReading
from ingest.teams.repository import (
    answering,
    care_teams,
    clinicians,
    first_teams,
    responsible,
    taking_part,
    team_patients,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from ingest.dated import Fact

__all__ = [
    "answering",
    "beyond_wall",
    "blocks_of_people",
    "care_teams",
    "clinicians",
    "condition_groups",
    "everybody",
    "joined_at",
    "may_see",
    "one_person",
    "people",
    "people_of",
    "person",
    "profiles",
    "raise_wall",
    "reading_of",
    "readings",
    "readings_of",
    "readings_received",
    "responsible",
    "stays_of",
    "survivor",
    "survivors",
    "taking_part",
    "team_patients",
    "visible_to",
    "walled",
]

_ORDER = (StoredReading.vital, StoredReading.device, StoredReading.ordinal)
# What is older when it arrives is history (ingest.placing.TOO_OLD); two days for its duration.
OLDEST_JUDGED = timedelta(days=30 + 2)


@cache
def condition_groups() -> Mapping[str, ConditionGroup]:
    """Return the reviewed table of chronic conditions, read once."""
    source = files("ingest").joinpath("conditions.toml").read_text(encoding="utf-8")
    return groups_from(tomllib.loads(source))


def person(session: Session, patient_id: UUID) -> Person:
    """Return what the judgement may know about a patient; raise `NotFoundError`.

    Of records that were merged it is the survivor's, with the problem lists of all.
    """
    found = people(session, [patient_id])
    if patient_id not in found:
        raise NotFoundError("no such patient")
    return found[patient_id]


def people(session: Session, patients: Collection[UUID]) -> dict[UUID, Person]:
    """Return what the judgement may know about each patient; unknown ones are absent.

    As things stand at the clock's now; `Person.at` says how they stood at another time.
    """
    heads = survivors(session, patients)
    ids = everybody(session, patients)
    return people_of(session, {each: (heads.get(each, each), ids[each]) for each in patients})


def people_of(
    session: Session, records: Mapping[UUID, tuple[UUID, Collection[UUID]]]
) -> dict[UUID, Person]:
    """Do the same where it is known which record stands for each, and which all are."""
    every = {each for _, ids in records.values() for each in ids}
    facts, stays = facts_of(session, every, condition_groups()), stays_of(session, every)
    asked_for = asked_of(session, every)
    known = {row.id: row for row in session.scalars(select(Patient).where(Patient.id.in_(every)))}
    found = {}
    for asked, (head, ids) in records.items():
        row = known.get(head)
        if row is None:
            continue
        mine = sorted(ids)
        who = _person(
            session,
            row,
            [fact for each in mine for fact in facts[each]],
            target=any(known[each].scale_two_plan for each in mine if each in known),
        )
        found[asked] = replace(
            who,
            stays=tuple(stay for each in mine for stay in stays.get(each, ())),
            asked=tuple(each for record in mine for each in asked_for.get(record, ())),
        )
    return found


def _person(
    session: Session,
    row: Patient,
    facts: Iterable[Fact],
    *,
    target: bool = False,  # a clinician's, of the second scale of oxygen
) -> Person:
    who = Person(
        id=str(row.id),
        zone=row.zone,
        birth_date=_day(unseal(session, Patient.birth_date, row.birth_date, id=row.id)),
        sex=row.sex,
        dated=Facts(tuple(facts), target or row.scale_two_plan, row.lives_alone),
    )
    return who.at(utc_now().timestamp(), math.inf)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def readings(
    session: Session, patient_id: UUID, *, since: datetime, weight_since: datetime | None = None
) -> list[Reading]:
    """Return a patient's readings from `since` on, by effective time, withdrawn ones left out.

    Of body weight those from `weight_since` on too: it is lost over half a year.
    """
    found = readings_of(session, [patient_id], since=since, weight_since=weight_since or since)
    return found[patient_id]


def readings_received(session: Session, patient_id: UUID, *, after: datetime) -> list[Reading]:
    """Return the readings that arrived after an instant and may be judged: no history loads."""
    query = (
        select(StoredReading)
        .where(
            StoredReading.patient_id.in_(ids := one_person(session, patient_id)),
            StoredReading.effective > after - OLDEST_JUDGED,
            StoredReading.received_at > after,
            ~StoredReading.superseded,
            ~StoredReading.history,
            StoredReading.quality != Quality.WITHDRAWN,
        )
        .order_by(StoredReading.effective, *_ORDER)
    )
    return once([reading_of(row) for row in session.scalars(query)], ids)


def reading_of(row: StoredReading) -> Reading:
    """Return a stored reading as the judgement knows it."""
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
        stands_for=1 + row.summed,
        site=row.site,
    )


def profiles(
    session: Session,
    visible: Select[UUID],
    patient_ids: Sequence[UUID] | None = None,
    *,
    today: date | None = None,
) -> list[PatientProfile]:
    """Return what a screen shows about the visible patients, by name."""
    query = select(Patient).where(Patient.id.in_(visible), Patient.id.not_in(merged_ids()))
    if patient_ids is not None:
        heads = survivors(session, patient_ids)
        query = query.where(Patient.id.in_({heads.get(each, each) for each in patient_ids}))
    rows = session.scalars(query).all()
    ids = [row.id for row in rows]
    people = everybody(session, ids)
    everyone = [id_ for person in people.values() for id_ in person]
    facts = facts_of(session, everyone, condition_groups())
    latest = last_readings(session, everyone)
    teams = first_teams(session, everyone)
    day = today or utc_now().date()
    shown = [
        _profile(
            row,
            _person(session, row, [fact for id_ in people[row.id] for fact in facts[id_]]),
            name=unseal(session, Patient.name, row.name, id=row.id),
            override=unseal(session, Patient.override_reason, row.override_reason, id=row.id),
            latest=max((latest[id_] for id_ in people[row.id] if id_ in latest), default=None),
            team=next((teams[i] for i in _first(row.id, people[row.id]) if i in teams), None),
            today=day,
        )
        for row in rows
    ]
    return sorted(shown, key=lambda each: (each.name, each.id))


def _first(id_: UUID, person: Iterable[UUID]) -> list[UUID]:
    """Put the record that stands for a person before those that were merged into it."""
    return [id_, *sorted(each for each in person if each != id_)]


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
        language=row.language,
    )
