"""What a pause of somebody's monitoring is, and which pauses nobody may declare: pure (AL-10).

It has an end from the beginning: what is forgotten ends by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from core.errors import InvalidError
from ingest.enrolment import Absence

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

LONGEST = timedelta(days=90)  # E: whom nobody is told of for longer is not monitored
FURTHEST = timedelta(days=180)  # E: how far ahead a pause may be planned
COMMENT_LENGTH = 500


class Kind(StrEnum):
    """Why monitoring is paused."""

    HOLIDAY = "holiday"
    ADMISSION = "admission"
    OTHER = "other"

    @property
    def absence(self) -> Absence:
        """Return what the judgement knows it as; an admission is one by whomever it is told."""
        return Absence.ADMITTED if self is Kind.ADMISSION else Absence.PAUSED


@dataclass(frozen=True, slots=True)
class Asked:
    """A pause as somebody asks for it."""

    kind: Kind
    since: datetime
    until: datetime
    comment: str


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause that was declared, and how it ended if somebody ended it."""

    id: UUID
    patient_id: UUID
    kind: Kind
    since: datetime
    until: datetime
    comment: str
    author_id: UUID
    at: datetime
    author: str = ""
    ended_by_id: UUID | None = None
    ended_by: str = ""
    ended_at: datetime | None = None

    def on(self, now: datetime) -> bool:
        """Return whether nobody is told because of it at an instant."""
        return self.since <= now < self.until and self.ended_at is None

    def ahead(self, now: datetime) -> bool:
        """Return whether it is planned and has not begun."""
        return now < self.since and self.ended_at is None

    def over(self, now: datetime) -> datetime | None:
        """Return when it ended, None while it has not, or where it never began."""
        if self.ended_at is not None:
            return self.ended_at if self.ended_at > self.since else None
        return self.until if self.until <= now else None


def check(asked: Asked, *, now: datetime) -> None:
    """Refuse a pause that nobody could mean; the error names its field.

    Raises
    ------
    InvalidError
        Without a comment, with an end that is past, before the beginning or too far from it,
        or with a beginning that is past or too far ahead.
    """
    if not asked.comment.strip():
        raise InvalidError("say what for", field="comment")
    if len(asked.comment) > COMMENT_LENGTH:
        raise InvalidError("the comment is too long", field="comment")
    if not now <= asked.since <= now + FURTHEST:
        raise InvalidError("it begins now or at most half a year ahead", field="since")
    if not asked.since < asked.until <= asked.since + LONGEST + timedelta(days=1):
        raise InvalidError("it ends after its beginning, 90 days later at most", field="until")
