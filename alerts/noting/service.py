"""Add a note to an alert: an event of its own, so that no evidence and no colleague loses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.acts.repository import take_up
from alerts.outcomes import NOTE_LENGTH
from alerts.reasons import Reason
from core.errors import InvalidError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller


def add_note(session: Session, caller: Caller, alert_id: UUID, text: str, *, now: datetime) -> None:
    """Write a note on the timeline; the alert stays as it is, whoever acted meanwhile.

    Raises `NotFoundError` behind the team filter, `InvalidError` for none or too many words.
    """
    said = kept(text)
    if not said:
        raise InvalidError("write the note first", field="note")
    hands = take_up(session, caller, alert_id, now=now)
    hands.note("noted", Reason.NOTED, words={"note": said})
    hands.audit()


def kept(text: str) -> str:
    """Return a note as it is kept; raise `InvalidError` for too many words."""
    said = text.strip()
    if len(said) > NOTE_LENGTH:
        raise InvalidError(
            "a note has at most {most} characters", field="note", facts={"most": NOTE_LENGTH}
        )
    return said
