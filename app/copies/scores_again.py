"""Scores and what is contested of them, out of the rows of a copy: as they were made and said.

A score comes with what it was made of. What rules found at the same moment stays behind: alerts
are no part of it, and this system judges the same readings by its own rules.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.copies import scores_told
from core.errors import InvalidError
from core.sealed_fields import seal
from ingest.tables import Patient
from monitoring.contesting.tables import ScoreContest
from monitoring.tables import COPIED, AssessmentRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.copies.scores_told import Said, Score

_NAMESPACE = UUID("6f0a6c5e-7d0b-4c39-9a55-5b6c2f7e8d10")  # of ids that are made from those there
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ANSWER = ("ruling", "answer", "answered_by", "answered_at")  # which comes once, and stays


class Taken(NamedTuple):
    """How many rows are new here, or have an answer since, and of whom."""

    scores: int
    contests: int
    people: frozenset[UUID]


def take(
    session: Session,
    tables: Mapping[str, Sequence[Mapping[str, Any]]],
    ids: Mapping[UUID, UUID],
    *,
    now: datetime,
) -> Taken:
    """Store the scores of a copy, and what is contested of them; `ids` are those here by there.

    Of whom the door did not take in nothing is stored. Raises `InvalidError` for a row that is
    none of a copy.
    """
    scores = scores_told.scores(tables.get("assessment", ()), now=now)
    contests = scores_told.contests(tables.get("score_contest", ()), now=now)
    _of_patients(session, "assessment", scores, ids)
    _of_patients(session, "score_contest", contests, ids)
    known = [each for each in scores if each.risk and each.patient_id in ids]
    made = sum(_keep(session, each, ids) for each in known)
    session.flush()
    scored = {(each.id, each.patient_id) for each in known}
    theirs = [each for each in contests if (each.assessment_id, each.patient_id) in scored]
    said = sum(_contest(session, each, ids) for each in theirs)
    return Taken(made, said, frozenset(ids[each.patient_id] for each in known))


def _of_patients(
    session: Session, table: str, rows: Sequence[Score] | Sequence[Said], ids: Mapping[UUID, UUID]
) -> None:
    """Raise `InvalidError` where a row is of what the copy has as something else than a person."""
    named = {ids[each.patient_id] for each in rows if each.patient_id in ids}
    if named - set(session.scalars(select(Patient.id).where(Patient.id.in_(named)))):
        raise InvalidError(f"folder: tables.json: {table}: patient_id: is the id of no Patient")


def _here(there: UUID, patient: UUID) -> UUID:
    """Return the id of a row that had another there: the same whenever it is taken in."""
    return uuid5(_NAMESPACE, f"{patient}/{there}")


def _keep(session: Session, score: Score, ids: Mapping[UUID, UUID]) -> bool:
    patient = ids[score.patient_id]
    values = {
        "id": _here(score.id, patient),
        "patient_id": patient,
        "key": f"{COPIED}{score.id}",
        "at": score.at,
        "received_until": score.at,
        "severity": None,
        "findings": [],
        "shadow": [],
        "risk": _risk(score, ids),
        "usual": score.usual,
        "expected": score.expected,
        "notes": score.notes,
        "rulebook_hash": score.rulebook_hash,
        "model_id": score.model_id,
    }
    row = insert(AssessmentRow).values(values).on_conflict_do_nothing()
    return session.execute(row.returning(AssessmentRow.id)).first() is not None


def _risk(score: Score, ids: Mapping[UUID, UUID]) -> dict[str, Any]:
    """Return a score that rests on the Observations as they are called here.

    Its basis is all that its RiskAssessment named there: the evidence of findings too.
    """
    risk = dict(score.risk or {})
    basis = list(risk.get("basis") or ())
    basis += [each for finding in score.findings for each in finding.get("evidence", ())]
    risk["basis"] = list({each["reading_id"]: each for each in basis}.values())
    names = {str(there): str(here) for there, here in ids.items()}
    text = _ID.sub(lambda found: names.get(found[0], found[0]), json.dumps(risk))
    moved: dict[str, Any] = json.loads(text)
    return moved


def _contest(session: Session, said: Said, ids: Mapping[UUID, UUID]) -> bool:
    patient = ids[said.patient_id]
    id_ = _here(said.id, patient)
    values = {
        "id": id_,
        "patient_id": patient,
        "assessment_id": _here(said.assessment_id, patient),
        "judged_at": said.judged_at,
        "model_id": said.model_id,
        "by": said.by,
        "ground": said.ground,
        "note": seal(session, ScoreContest.note, said.note, id=id_),
        "author_id": ids.get(said.author_id, said.author_id),
        "at": said.at,
        "ruling": said.ruling,
        "answer": seal(session, ScoreContest.answer, said.answer, id=id_) if said.answer else b"",
        "answered_by": said.answered_by and ids.get(said.answered_by, said.answered_by),
        "answered_at": said.answered_at,
    }
    row = insert(ScoreContest).values(values)
    said_since = row.on_conflict_do_update(
        index_elements=[ScoreContest.id],
        set_={name: row.excluded[name] for name in _ANSWER},
        where=ScoreContest.ruling.is_(None) & row.excluded.ruling.is_not(None),
    )
    return session.execute(said_since.returning(ScoreContest.id)).first() is not None
