"""A person's conditions, medicines, absences and home, as the judgement asks for them."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import ARRAY, Uuid, any_, delete, literal, select

from core.among import among
from ingest.context.tables import LivingAnswer, Medicine, PatientAbsence
from ingest.dated import Span, alone_facts, revised
from ingest.enrolment import ACTIVE, Absence, Diagnosis, Stay, classes_of
from ingest.tables import Condition
from ingest.telling import (
    condition_said,
    diagnosis_fact,
    held_for,
    medicine_fact,
    medicine_said,
    pauses,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fhir.context import ParsedMedicine
    from fhir.people import ParsedCondition, ParsedEpisodeOfCare
    from ingest.dated import Fact
    from ingest.enrolment import ConditionGroup

    Codes = tuple[tuple[str, str], ...]

T = TypeVar("T")
Row = TypeVar("Row", Condition, Medicine)


def classes(codes: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return the classes of a medicine by the declared map `ingest/medicines.toml`."""
    system, known = _map()
    return classes_of(codes, known, system=system)


def medicine_classes() -> frozenset[str]:
    """Return every class of medicines that a rule may ask for."""
    return frozenset(_map()[1])


@cache
def _map() -> tuple[str, dict[str, tuple[str, ...]]]:
    text = files("ingest").joinpath("medicines.toml").read_text(encoding="utf-8")
    content = tomllib.loads(text)
    return content["system"], {name: tuple(codes) for name, codes in content["classes"].items()}


def facts_of(
    session: Session, patients: Collection[UUID], groups: Mapping[str, ConditionGroup]
) -> dict[UUID, list[Fact]]:
    """Return all that is known of each patient besides readings, with its times.

    One query for each kind of fact, for any number of people.
    """
    found: dict[UUID, list[Fact]] = {each: [] for each in patients}
    known: dict[Diagnosis, Fact] = {}  # many people have the same: what it makes true is asked once
    for row in session.scalars(select(Condition).where(among(Condition.patient_id, patients))):
        diagnosis = Diagnosis(_codes(row), row.clinical_status, row.verification_status)
        if diagnosis not in known:
            known[diagnosis] = diagnosis_fact(Span(diagnosis), groups)
        found[row.patient_id].append(held_for(known[diagnosis], span_of(row, diagnosis)))
    for taken in session.scalars(select(Medicine).where(among(Medicine.patient_id, patients))):
        classes = frozenset(taken.classes if taken.taken else ())
        found[taken.patient_id].append(medicine_fact(span_of(taken, classes)))
    answers: dict[UUID, list[tuple[datetime, bool]]] = {}
    for said in session.scalars(
        select(LivingAnswer).where(among(LivingAnswer.patient_id, patients))
    ):
        answers.setdefault(said.patient_id, []).append((said.at, said.alone))
    for patient, listed in answers.items():
        found[patient] += alone_facts(listed)
    return found


def span_of(row: Condition | Medicine, what: T) -> Span[T]:
    """Return the time for which a row holds."""
    return Span(what, row.since, row.until, row.heard)


def _codes(row: Condition) -> Codes:
    return tuple((str(system), str(code)) for system, code in row.codes)


def keep_condition(
    session: Session, id_: UUID, patient_id: UUID, read: ParsedCondition, *, now: datetime
) -> None:
    """Store what one more version of a Condition says of when it held."""
    diagnosis = Diagnosis(read.codes, read.clinical_status, read.verification_status)
    rows = _rows(session, Condition, id_)
    before = [
        span_of(row, _codes(row))
        for row in rows
        if Diagnosis(_codes(row), row.clinical_status, row.verification_status).active
    ]
    spans = revised(before, condition_said(read, now), now=now)
    for row in rows:
        session.delete(row)
    session.flush()
    # What never held here is kept as it was received; its status says that it does not count.
    said = diagnosis.clinical_status if diagnosis.active or not spans else ACTIVE[0]
    shown = "" if spans and not diagnosis.active else diagnosis.verification_status
    for part, span in enumerate(spans or (Span(read.codes),)):
        session.add(
            Condition(
                id=id_,
                part=part,
                patient_id=patient_id,
                codes=[list(each) for each in span.what],
                clinical_status=said,
                verification_status=shown,
                onset=read.onset,
                since=span.since,
                until=span.until,
                heard=span.heard,
            )
        )


def keep_medicine(
    session: Session, id_: UUID, patient_id: UUID, read: ParsedMedicine, *, now: datetime
) -> frozenset[str]:
    """Store when a medicine is taken, as one more version says; return its classes."""
    known = classes(read.codes)
    rows = _rows(session, Medicine, id_)
    before = [span_of(row, frozenset[str](row.classes)) for row in rows if row.taken]
    spans = revised(before, medicine_said(read, known, now), now=now)
    for row in rows:
        session.delete(row)
    session.flush()
    for part, span in enumerate(spans or (Span(known),)):
        session.add(
            Medicine(
                id=id_,
                part=part,
                patient_id=patient_id,
                classes=sorted(span.what),
                taken=bool(spans),
                since=span.since,
                until=span.until,
                heard=span.heard,
            )
        )
    return known


def _rows(session: Session, table: type[Row], id_: UUID) -> Sequence[Row]:
    return session.scalars(select(table).where(table.id == id_).order_by(table.part)).all()


def keep_living(
    session: Session, answers: Mapping[UUID, tuple[UUID, datetime, bool] | None]
) -> None:
    """Store by Observation (patient, when, alone), or forget one that says nothing any more."""
    if not answers:
        return
    session.execute(delete(LivingAnswer).where(LivingAnswer.id.in_(answers)))
    session.add_all(
        LivingAnswer(id=id_, patient_id=said[0], at=said[1], alone=said[2])
        for id_, said in answers.items()
        if said is not None
    )


def stays_of(session: Session, patients: Collection[UUID]) -> dict[UUID, tuple[Stay, ...]]:
    """Return when each patient was admitted or paused, the earliest first."""
    rows = session.scalars(
        select(PatientAbsence)
        .where(PatientAbsence.patient_id.in_(patients))
        .order_by(PatientAbsence.since, PatientAbsence.id)
    )
    found: dict[UUID, tuple[Stay, ...]] = {}
    for row in rows:
        stay = Stay(Absence(row.why), row.since, row.until)
        found[row.patient_id] = (*found.get(row.patient_id, ()), stay)
    return found


def away(session: Session, patients: Collection[UUID], *, now: datetime) -> set[UUID]:
    """Return who of these is admitted or paused at an instant."""
    row = PatientAbsence
    query = select(row.patient_id).where(
        row.patient_id == any_(literal(list(patients), ARRAY(Uuid()))),
        row.since <= now,
        row.until.is_(None) | (row.until > now),
    )
    return set(session.scalars(query))


def keep_stays(session: Session, id_: UUID, patient_id: UUID, stays: Iterable[Stay]) -> None:
    """Store all that one resource says of stays or pauses, in place of what it said before."""
    session.execute(delete(PatientAbsence).where(PatientAbsence.id == id_))
    session.add_all(
        PatientAbsence(
            id=id_,
            part=part,
            patient_id=patient_id,
            why=stay.why,
            since=stay.since,
            until=stay.until,
        )
        for part, stay in enumerate(stays)
    )


def pause(
    session: Session, episode: UUID, patient_id: UUID, read: ParsedEpisodeOfCare, *, now: datetime
) -> None:
    """Begin or end a pause of a programme's episode; each pause keeps its own beginning."""
    query = select(PatientAbsence).where(PatientAbsence.id == episode).order_by(PatientAbsence.part)
    before = [Stay(Absence.PAUSED, row.since, row.until) for row in session.scalars(query)]
    keep_stays(session, episode, patient_id, pauses(before, read, now=now))
