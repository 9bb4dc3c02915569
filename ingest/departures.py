"""When somebody is monitored no longer, and why: pure.

It ends by a person's decision and never by itself, and can be taken up again. What was measured
from then on is refused; what was measured before and comes late is kept and judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from core.errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

EARLIEST = timedelta(days=90)  # E: what ended longer ago is not news of this programme
COMMENT_LENGTH = 500


class Why(StrEnum):
    """Why monitoring ends."""

    COMPLETED = "completed"  # the programme's time is over
    DECLINED = "declined"  # the person does not want it any more
    MOVED = "moved"  # to another programme, or away
    CARE_HOME = "care-home"  # into a home that looks after them
    DIED = "died"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Asked:
    """A discharge as somebody asks for it; `died_on` stands with `Why.DIED` alone."""

    why: Why
    since: datetime
    comment: str
    died_on: date | None = None


@dataclass(frozen=True, slots=True)
class Departure:
    """A discharge, and when monitoring was taken up again if it was."""

    id: UUID
    patient_id: UUID
    why: Why
    since: datetime
    comment: str
    died_on: date | None
    author_id: UUID
    author: str
    at: datetime
    back_at: datetime | None = None
    back_by: str = ""

    def holds(self, at: datetime) -> bool:
        """Return whether the person is not monitored at an instant because of it."""
        return self.since <= at and (self.back_at is None or at < self.back_at)


def check(asked: Asked, *, known_since: datetime, now: datetime) -> None:
    """Refuse a discharge that nobody could mean; the error names its field.

    Raises
    ------
    InvalidError
        Without a comment, from a time that is to come, before the person was known or too long
        ago; or where a day of death stands with another reason, is missing, or cannot be.
    """
    if not asked.comment.strip():
        raise InvalidError("say more about it: colleagues read it", field="comment")
    if len(asked.comment) > COMMENT_LENGTH:
        raise InvalidError("the comment is too long", field="comment")
    if asked.since > now:
        raise InvalidError("monitoring ends now or has ended: not in the future", field="since")
    if asked.since < max(known_since, now - EARLIEST):
        raise InvalidError(
            "monitoring cannot have ended before the person was enrolled, or 90 days ago",
            field="since",
        )
    if asked.why is Why.DIED and asked.died_on is None:
        raise InvalidError("give the day of death", field="died_on")
    if asked.why is not Why.DIED and asked.died_on is not None:
        raise InvalidError("a day of death stands with the reason “died” alone", field="died_on")
    if asked.died_on is not None and asked.died_on > now.date() + timedelta(days=1):
        raise InvalidError("the day of death is not in the future", field="died_on")


def gone_at(spans: Iterable[tuple[datetime, datetime | None]], at: datetime) -> bool:
    """Return whether somebody was not monitored at an instant; a span without end lasts."""
    return any(since <= at and (until is None or at < until) for since, until in spans)
