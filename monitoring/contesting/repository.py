"""Queries for contested scores: of whom, of which judgement, and what waits for an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, func, select, update

from core.among import among
from core.sealed_fields import seal, unseal
from ingest.teams.repository import clinicians
from monitoring.contesting.tables import ScoreContest
from monitoring.contests import WRONG_INPUTS, Answer, By, Contest, Ground, Ruling
from monitoring.tables import AssessmentRow

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class ScoreRef:
    """One judgement that carries a score: of which record, when, and by which model."""

    assessment_id: UUID
    patient_id: UUID
    at: datetime
    model_id: str


def scored(session: Session, patients: Collection[UUID], assessment_id: UUID) -> ScoreRef | None:
    """Return a judgement of one of these records, None where it is none or has no score."""
    row = AssessmentRow
    query = _scores(patients).where(row.id == assessment_id)
    return next((ScoreRef(*each) for each in session.execute(query)), None)


def last_scored(
    session: Session, patients: Collection[UUID], *, until: datetime
) -> ScoreRef | None:
    """Return the last judgement with a score before an instant."""
    row = AssessmentRow
    query = _scores(patients).where(row.at < until).order_by(row.at.desc(), row.id).limit(1)
    return next((ScoreRef(*each) for each in session.execute(query)), None)


def _scores(patients: Collection[UUID]) -> Select[Any]:
    row = AssessmentRow
    columns = (row.id, row.patient_id, row.at, row.risk["model_id"].astext)
    known = row.risk["probability"].astext.is_not(None)
    return select(*columns).where(row.patient_id.in_(patients), known)


def add(session: Session, contest: Contest, author_id: UUID) -> None:
    """Store that a score is contested."""
    session.add(
        ScoreContest(
            id=contest.id,
            patient_id=contest.patient_id,
            assessment_id=contest.assessment_id,
            judged_at=contest.judged_at,
            model_id=contest.model_id,
            by=contest.by,
            ground=contest.ground,
            note=seal(session, ScoreContest.note, contest.note, id=contest.id),
            author_id=author_id,
            at=contest.at,
        )
    )
    session.flush()


def answer(session: Session, id_: UUID, said: Answer, author_id: UUID) -> bool:
    """Keep the answer; False where there is one already."""
    row = ScoreContest
    changed = update(row).where(row.id == id_, row.ruling.is_(None))
    values = {
        "ruling": said.ruling,
        "answer": seal(session, row.answer, said.note, id=id_),
        "answered_by": author_id,
        "answered_at": said.at,
    }
    return session.execute(changed.values(**values).returning(row.id)).first() is not None


def one(session: Session, id_: UUID, patients: Select[UUID]) -> Contest | None:
    """Return one contest of some people."""
    query = select(ScoreContest).where(
        ScoreContest.id == id_, ScoreContest.patient_id.in_(patients)
    )
    return next(iter(_read(session, session.scalars(query).all())), None)


def of_person(session: Session, patients: Collection[UUID]) -> list[Contest]:
    """Return every contest of some records, the newest first."""
    query = select(ScoreContest).where(among(ScoreContest.patient_id, patients))
    rows = session.scalars(query.order_by(ScoreContest.at.desc(), ScoreContest.id)).all()
    return _read(session, rows)


def of_judgements(
    session: Session, assessments: Collection[UUID]
) -> Mapping[UUID, Sequence[Contest]]:
    """Return what is contested of some judgements, the oldest first."""
    if not assessments:
        return {}
    query = select(ScoreContest).where(among(ScoreContest.assessment_id, assessments))
    rows = session.scalars(query.order_by(ScoreContest.at, ScoreContest.id)).all()
    found: dict[UUID, list[Contest]] = {}
    for each in _read(session, rows):
        found.setdefault(each.assessment_id, []).append(each)
    return found


def changed(session: Session, assessments: Collection[UUID]) -> Mapping[UUID, datetime]:
    """Return when something was last said of each of some judgements that is contested."""
    row = ScoreContest
    newest = func.max(func.greatest(row.at, row.answered_at))  # of a null it takes no notice
    query = select(row.assessment_id, newest).where(among(row.assessment_id, assessments))
    found = session.execute(query.group_by(row.assessment_id)) if assessments else ()
    return {each[0]: each[1] for each in found}


def waiting(session: Session, patients: Select[UUID] | None) -> list[Contest]:
    """Return what waits for an answer of some people, of everybody for None; the oldest first."""
    query = select(ScoreContest).where(ScoreContest.ruling.is_(None))
    if patients is not None:
        query = query.where(ScoreContest.patient_id.in_(patients))
    return _read(session, session.scalars(query.order_by(ScoreContest.at, ScoreContest.id)).all())


def waits(session: Session, patients: Select[UUID], *, before: datetime) -> tuple[int, int]:
    """Return how many wait for an answer, and how many of them since before an instant."""
    row = ScoreContest
    late = func.count().filter(row.at <= before)
    query = select(func.count(), late).where(row.ruling.is_(None), row.patient_id.in_(patients))
    many, overdue = session.execute(query).one()
    return many, overdue


def fed_wrongly(judgement: Any) -> ColumnElement[bool]:
    """Return whether it was upheld that what went into the score of a judgement was wrong."""
    row, grounds = ScoreContest, sorted(WRONG_INPUTS)
    return exists().where(
        row.assessment_id == judgement, row.ruling == Ruling.UPHELD, row.ground.in_(grounds)
    )


def _read(session: Session, rows: Sequence[ScoreContest]) -> list[Contest]:
    people = {row.author_id for row in rows} | {r.answered_by for r in rows if r.answered_by}
    names = clinicians(session, people) if people else {}
    return [
        Contest(
            id=row.id,
            patient_id=row.patient_id,
            assessment_id=row.assessment_id,
            judged_at=row.judged_at,
            model_id=row.model_id,
            by=By(row.by),
            ground=Ground(row.ground),
            note=unseal(session, ScoreContest.note, row.note, id=row.id),
            author=names.get(row.author_id, ""),
            at=row.at,
            answer=_answer(session, row, names),
        )
        for row in rows
    ]


def _answer(session: Session, row: ScoreContest, names: Mapping[UUID, str]) -> Answer | None:
    if row.ruling is None or row.answered_at is None:
        return None
    note = unseal(session, ScoreContest.answer, row.answer, id=row.id)
    by = names.get(row.answered_by, "") if row.answered_by else ""
    return Answer(Ruling(row.ruling), note, by, row.answered_at)
