"""A person's medicines and absences, as the judgement asks for them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, or_, select, update

from ingest.context.tables import Medicine, PatientAbsence
from ingest.enrolment import Absence, Diagnosis, Stay, classes_of
from ingest.tables import Condition

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Taken:
    """Which classes of medicines a person takes, and whether anything is known of them."""

    classes: frozenset[str] = frozenset()
    known: bool = False


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


def taken_by(session: Session, patients: Collection[UUID]) -> dict[UUID, Taken]:
    """Return the medicines that each patient takes now; who has none known is absent."""
    now = or_(Medicine.until.is_(None), Medicine.until > func.now())
    query = select(Medicine.patient_id, Medicine.classes, Medicine.taken & now)
    found: dict[UUID, Taken] = {}
    for patient, listed, current in session.execute(query.where(Medicine.patient_id.in_(patients))):
        known = found.get(patient, Taken()).classes
        found[patient] = Taken(known | frozenset(listed if current else ()), known=True)
    return found


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


def keep_stay(session: Session, id_: UUID, patient_id: UUID, stay: Stay | None) -> None:
    """Store what one Encounter says of a stay, or forget it where it says of none."""
    if stay is None:
        session.execute(delete(PatientAbsence).where(PatientAbsence.id == id_))
        return
    session.merge(
        PatientAbsence(
            id=id_, patient_id=patient_id, why=stay.why, since=stay.since, until=stay.until
        )
    )


def pause(session: Session, episode: UUID, patient_id: UUID, *, on: bool, now: datetime) -> None:
    """Begin or end the pause that a programme's episode is in; nothing changes twice."""
    open_ = session.get(PatientAbsence, episode)
    if on and (open_ is None or open_.until is not None):
        since = now if open_ is None else open_.since
        keep_stay(session, episode, patient_id, Stay(Absence.PAUSED, since))
    elif not on:
        session.execute(
            update(PatientAbsence)
            .where(PatientAbsence.id == episode, PatientAbsence.until.is_(None))
            .values(until=now)
        )


def diagnoses_of(session: Session, patients: Iterable[UUID]) -> dict[UUID, list[Diagnosis]]:
    """Return the problem list of each patient."""
    found: dict[UUID, list[Diagnosis]] = {}
    for row in session.scalars(select(Condition).where(Condition.patient_id.in_(patients))):
        codes = tuple((str(system), str(code)) for system, code in row.codes)
        diagnosis = Diagnosis(codes, row.clinical_status, row.verification_status)
        found.setdefault(row.patient_id, []).append(diagnosis)
    return found
