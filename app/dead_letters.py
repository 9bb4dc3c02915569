"""Work that was given up waits for a person, who has it tried again or discards it (AL-16)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from core import audit
from core.audit import Action
from core.errors import ConflictError, InvalidError, NotFoundError, Sentence
from core.first import First, first
from core.outbox import Outbox, State, Topic, stands

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller

ENTITY = "dead-letter"
REASON_LENGTH = 500
MOST = 200
OF_A_PATIENT = (Topic.ASSESS, Topic.ROLL, Topic.INFORM)
WORDS = {
    Topic.ASSESS: "judge a patient's readings",
    Topic.RAISE: "raise the alerts of a judgement",
    Topic.ROUND: "judge a slice of all patients",
    Topic.DELIVER: "send a message about an alert",
    Topic.INFORM: "decide what a patient is told of a judgement",
    Topic.TELL: "send a message to a patient or carer",
    Topic.ANNOUNCE: "find out who subscribed to a change of an alert",
    Topic.DIGEST: "announce a person's digest",
    Topic.NOTIFY: "notify a subscription",
    Topic.ROLL: "roll up a patient's dense stream",
    Topic.EXPORT: "write a step of a bulk export",
    Topic.OVERRIDE: "tell the privacy officer of access in an emergency",
    Topic.LAPSE: "write down the end of access in an emergency",
    Topic.REPORT: "make a weekly report",
    Topic.LETTER: "tell somebody by e-mail of a weekly report",
    Topic.CONTEST: "tell by e-mail that a contested score is overdue",
    Topic.ERASE: "erase a person",
    Topic.PROBE: "prove that work is being done",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """One piece of work that was given up; nothing of a patient but, perhaps, an id."""

    id: UUID
    topic: str  # of newer code, perhaps, that was taken back (FT-32)
    subject_id: UUID
    attempts: int
    cause: str  # the class of the error, never its message
    created_at: datetime

    @property
    def words(self) -> str:
        """Return what was to be done."""
        known = {topic.value: words for topic, words in WORDS.items()}
        return known.get(self.topic, "do work that this version does not know")


def letters(session: Session) -> First[Letter]:
    """Return what was given up, the most urgent and oldest first."""
    query = select(Outbox).where(stands(State.PARKED))
    found = first(session, query.order_by(Outbox.priority, Outbox.created_at), MOST)
    return found.each(_letter)


def _letter(row: Outbox) -> Letter:
    cause = row.last_error_code or "unknown"
    return Letter(row.id, row.topic, row.subject_id, row.attempts, cause, row.created_at)


def resubmit(session: Session, caller: Caller, row_id: UUID, *, now: datetime) -> None:
    """Let a piece of work be tried again from the start; where the same waits anyway, join it.

    Raises `NotFoundError` for an unknown id, `ConflictError` where it is not given up (any more).
    """
    row = _given_up(session, row_id)
    if _waits(session, row):
        row.state, row.done_at = State.DONE, now
    else:
        row.state, row.attempts, row.next_try_at = State.OPEN, 0, now
        row.lease_until = row.lease_owner = None
    _record(session, caller, row, Action.EXECUTE, now=now)


def discard(session: Session, caller: Caller, row_id: UUID, reason: str, *, now: datetime) -> None:
    """Give a piece of work up for good, with a reason that stays with it.

    Raises `InvalidError` without a reason, else what `resubmit` raises.
    """
    why = reason.strip()
    if not why or len(why) > REASON_LENGTH:
        raise InvalidError(
            "say why, in at most {most} characters", field="reason", facts={"most": REASON_LENGTH}
        )
    row = _given_up(session, row_id)
    row.state, row.done_at, row.note = State.DISCARDED, now, why
    _record(session, caller, row, Action.DELETE, now=now)


def _given_up(session: Session, row_id: UUID) -> Outbox:
    row = session.scalar(select(Outbox).where(Outbox.id == row_id).with_for_update())
    if row is None:
        raise NotFoundError("no such work")
    if row.state != State.PARKED:
        raise ConflictError(
            "this work is {state}: somebody was first", facts={"state": Sentence(row.state)}
        )
    return row


def _waits(session: Session, row: Outbox) -> bool:
    same = select(Outbox.id).where(
        Outbox.topic == row.topic,
        Outbox.subject_id == row.subject_id,
        stands(State.OPEN),
    )
    return session.scalar(same.with_for_update().limit(1)) is not None


def _record(
    session: Session, caller: Caller, row: Outbox, action: Action, *, now: datetime
) -> None:
    patients: Sequence[UUID | None] = [row.subject_id if row.topic in OF_A_PATIENT else None]
    audit.record(session, caller, action, ENTITY, now=now, entity_id=row.id, patients=patients)
    session.flush()
