"""The use cases: somebody contests a score, and a clinician answers; both are written down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.audit import Action, record
from core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from core.ordered_ids import ordered_id
from core.security import CLINICAL, SYSTEM, Role
from ingest.repository import may_see, one_person, visible_to
from monitoring.contesting import repository
from monitoring.contests import ANSWER_WITHIN, Answer, By, Contest, Ground, Ruling, checked

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller
    from monitoring.contesting.repository import ScoreRef

ENTITY = "score-contest"
ANSWERS = (Role.PHYSICIAN, Role.NURSE)
WRITES = (*CLINICAL, Role.PRIVACY_OFFICER)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody writes down: for whom, why, in what words, and against which score."""

    by: By
    ground: Ground
    note: str
    assessment_id: UUID | None = None  # None: the last that was made


@dataclass(frozen=True, slots=True)
class Said:
    """What a clinician answers, and why."""

    ruling: Ruling
    note: str


def contest(
    session: Session, caller: Caller, patient_id: UUID, asked: Asked, *, now: datetime
) -> Contest:
    """Write down that a score is contested.

    A privacy officer, who sees nobody, writes it down for the person or a carer who asks there.

    Raises
    ------
    NotFoundError
        For whom the team filter hides the person, and where there is no such score.
    ForbiddenError
        For who is no person that can be asked about it.
    InvalidError
        For an officer who contests it themselves, and without words.
    """
    officer = caller.role is Role.PRIVACY_OFFICER
    if not may_see(session, SYSTEM if officer else caller, patient_id):
        raise NotFoundError("no such patient")
    author = caller.practitioner_id or caller.id
    if caller.kind != "user" or caller.role not in WRITES or author is None:
        raise ForbiddenError("a score is contested by somebody who answers for it")
    if officer and asked.by is By.CLINICIAN:
        raise InvalidError("choose who contests it", field="by")
    note = checked(asked.note)
    score = _score(session, patient_id, asked.assessment_id, now=now)
    made = Contest(
        id=ordered_id(now),
        patient_id=score.patient_id,
        assessment_id=score.assessment_id,
        judged_at=score.at,
        model_id=score.model_id,
        by=asked.by,
        ground=asked.ground,
        note=note,
        author="",
        at=now,
    )
    repository.add(session, made, author)
    whose = [made.patient_id]
    record(session, caller, Action.CREATE, ENTITY, now=now, entity_id=made.id, patients=whose)
    return made


def _score(
    session: Session, patient_id: UUID, assessment_id: UUID | None, *, now: datetime
) -> ScoreRef:
    records = one_person(session, patient_id)
    if assessment_id is None:
        score = repository.last_scored(session, records, until=now)
    else:
        score = repository.scored(session, records, assessment_id)
    if score is None:
        raise NotFoundError("no such score")
    return score


def answer(session: Session, caller: Caller, id_: UUID, said: Said, *, now: datetime) -> Contest:
    """Keep what a clinician says of a contested score; return what was contested.

    Raises
    ------
    NotFoundError
        Where it is none, or of somebody whom the caller may not see.
    ForbiddenError
        For who is no clinician of a team.
    InvalidError
        Without words.
    ConflictError
        Where it was answered already.
    """
    known = repository.one(session, id_, visible_to(caller))
    if known is None:
        raise NotFoundError("no such contest")
    author = caller.practitioner_id or caller.id
    if caller.role not in ANSWERS or author is None:
        raise ForbiddenError("Only physicians and nurses answer for a score.")
    kept = Answer(said.ruling, checked(said.note), "", now)
    if not repository.answer(session, id_, kept, author):
        raise ConflictError("a colleague has answered this already")
    whose = [known.patient_id]
    record(session, caller, Action.UPDATE, ENTITY, now=now, entity_id=id_, patients=whose)
    return known


def waits(session: Session, caller: Caller, *, now: datetime) -> tuple[int, int]:
    """Return how many contested scores wait for an answer of whom the caller sees, and overdue."""
    return repository.waits(session, visible_to(caller), before=now - ANSWER_WITHIN)
