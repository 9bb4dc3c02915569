"""Reads what people said of their data, and which of them may not be used for something now."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import delete, except_, func, or_, select, union
from sqlalchemy.dialects.postgresql import distinct_on

from core.among import among
from core.sealed_fields import seal, unseal
from ingest.choices import NOTHING_SAID, Choice, Purpose, Standing, standing
from ingest.choosing.tables import PersonChoice
from ingest.merging.repository import STANDING, everybody, with_all_ids
from ingest.people.tables import PatientMerge
from ingest.teams.repository import clinicians

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import CompoundSelect
    from sqlalchemy.orm import Session

    from fhir.consent import Said

_NEWEST = (
    PersonChoice.since.desc(),
    PersonChoice.at.desc(),
    PersonChoice.id.desc(),
    PersonChoice.part.desc(),
)


def choices_of(session: Session, patients: Collection[UUID]) -> list[Choice]:
    """Return all that was said of some records, the newest first, with who wrote it down."""
    query = select(PersonChoice).where(among(PersonChoice.patient_id, patients))
    rows = session.scalars(query.order_by(*_NEWEST)).all()
    authors = {row.author_id for row in rows if row.author_id}
    names = clinicians(session, authors) if authors else {}
    return [
        Choice(
            row.id,
            row.patient_id,
            Purpose(row.purpose),
            row.allowed,
            row.since,
            row.at,
            row.until,
            unseal(session, PersonChoice.comment, row.comment, id=row.id, part=row.part),
            row.author_id,
            names.get(row.author_id, "") if row.author_id else "",
            row.part,
        )
        for row in rows
    ]


def standings(
    session: Session, people: Mapping[UUID, Collection[UUID]], *, now: datetime
) -> dict[UUID, Standing]:
    """Return what stands for each person now; `people` has every record of each (SEC-47).

    Asked in the transaction of the use itself: what was withdrawn since the use was ordered has
    its effect.
    """
    heads = {each: head for head, ids in people.items() for each in ids}
    row, found = PersonChoice, dict[UUID, list[Choice]]()
    columns = (row.id, row.patient_id, row.purpose, row.allowed, row.since, row.at, row.until)
    query = select(*columns, row.part).where(among(row.patient_id, heads))
    for each in session.execute(query):
        choice = Choice(each[0], each[1], Purpose(each[2]), *each[3:7], part=each[7])
        found.setdefault(heads[choice.patient_id], []).append(choice)
    stands = {head: standing(said, now=now) for head, said in found.items()}
    return {head: stands.get(head, NOTHING_SAID) for head in people}


def standing_of(session: Session, patient_id: UUID, *, now: datetime) -> Standing:
    """Return what stands for one person, under whichever of their ids."""
    people = everybody(session, [patient_id])
    return standings(session, people, now=now)[patient_id]


def restricted(session: Session, patients: Collection[UUID], *, now: datetime) -> set[UUID]:
    """Return those of some people whose data are kept and not used now (SEC-45)."""
    stands = standings(session, everybody(session, patients), now=now)
    return {each for each in patients if each in stands and stands[each].restricted}


def who_said(purpose: Purpose, *, allowed: bool) -> CompoundSelect[UUID]:
    """Return every record of the people whose standing word on a purpose is this one.

    As of the moment in which the database answers, as the team filter is.
    """
    head = func.coalesce(PatientMerge.survivor_id, PersonChoice.patient_id)
    clock = func.clock_timestamp()
    merged = (PatientMerge.merged_id == PersonChoice.patient_id) & STANDING
    newest = (
        select(head.label("head"), PersonChoice.allowed)
        .outerjoin(PatientMerge, merged)
        .where(
            PersonChoice.purpose == purpose,
            PersonChoice.since <= clock,
            or_(PersonChoice.until.is_(None), PersonChoice.until > clock),
        )
        .ext(distinct_on(head))
        .order_by(head, *_NEWEST)
        .subquery()
    )
    return with_all_ids(select(newest.c.head).where(newest.c.allowed.is_(allowed)))


def add(session: Session, choice: Choice) -> None:
    """Store what a clinician wrote down."""
    sealed = seal(session, PersonChoice.comment, choice.comment, id=choice.id, part=0)
    session.add(
        PersonChoice(
            id=choice.id,
            part=0,
            patient_id=choice.patient_id,
            purpose=choice.purpose,
            allowed=choice.allowed,
            since=choice.since,
            until=choice.until,
            comment=sealed,
            author_id=choice.author_id,
            at=choice.at,
        )
    )
    session.flush()


def keep_said(
    session: Session, consent: UUID, patient_id: UUID, said: Iterable[Said], *, now: datetime
) -> None:
    """Store all that one Consent says, in place of what its earlier version said.

    What is not dated, and was said by that version, was heard then and not now.
    """
    row = PersonChoice
    earlier = select(row.purpose, row.allowed, row.since).where(row.id == consent)
    heard = {(kind, allowed): since for kind, allowed, since in session.execute(earlier)}
    session.execute(delete(row).where(row.id == consent))
    session.add_all(
        PersonChoice(
            id=consent,
            part=part,
            patient_id=patient_id,
            purpose=each.purpose,
            allowed=each.allowed,
            since=_since(each, heard.get((each.purpose, each.allowed), now)),
            until=each.until,
            at=now,
        )
        for part, each in enumerate(said)
    )
    session.flush()


def _since(said: Said, heard: datetime) -> datetime:
    return max(said.since, heard) if said.since and said.heard else said.since or heard


def unused(session: Session) -> set[UUID]:
    """Return every record of the people who are not monitored, or whose data are not used, now."""
    declined = who_said(Purpose.MONITORING, allowed=False)
    return set(session.scalars(union(declined, who_said(Purpose.USE, allowed=False))))


def teaching() -> CompoundSelect[UUID]:
    """Return every record of the people on whose data a model may be trained now."""
    return except_(
        select(who_said(Purpose.TRAINING, allowed=True).subquery().c[0]),
        who_said(Purpose.USE, allowed=False),
    )


def unscored() -> CompoundSelect[UUID]:
    """Return every record of the people of whom no score is made, shown or found now (SEC-46)."""
    purposes = (Purpose.MONITORING, Purpose.SCORING, Purpose.USE)
    return union(*(who_said(each, allowed=False) for each in purposes))


def unfollowed() -> CompoundSelect[UUID]:
    """Return every record of the people of whom it is not followed up how a score turned out."""
    purposes = (Purpose.MONITORING, Purpose.SCORING, Purpose.TRAINING, Purpose.USE)
    return union(*(who_said(each, allowed=False) for each in purposes))


def monitored(
    session: Session, patients: Collection[UUID], *, now: datetime
) -> tuple[dict[UUID, frozenset[UUID]], dict[UUID, Standing]]:
    """Return every id of those who may be monitored now, and what stands for each person."""
    records = everybody(session, patients)
    stands = standings(session, records, now=now)
    return {id_: of for id_, of in records.items() if stands[id_].monitored}, stands
