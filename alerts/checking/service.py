"""Answer items of the checklist, before acting, after, or never."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.acts.repository import take_up
from alerts.checking import repository
from alerts.checklist import Answer, Given
from alerts.reasons import Reason
from core.errors import ConflictError, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller


def answer(
    session: Session, caller: Caller, alert_id: UUID, answers: Iterable[Given], *, now: datetime
) -> list[str]:
    """Store what differs from what stands, each on its own; return which items that were.

    Raises `NotFoundError` behind the team filter, `ConflictError` where the alert has ended.
    """
    hands = take_up(session, caller, alert_id, now=now)
    if hands.state.ended:
        raise ConflictError(
            "the alert is already {state}", facts={"state": Sentence(str(hands.state))}
        )
    known = repository.standing(session, [alert_id])[alert_id]
    changed = []
    for given in answers:
        before = known.get(given.item, Given(given.item, Answer.BLANK))
        if given.said == before.said:
            continue
        repository.add(session, alert_id, given, by=hands.who, now=now)
        hands.note("checked", Reason.CHECKED, item=given.item, answer=str(given.answer))
        changed.append(given.item)
    if changed:
        hands.audit()
    return changed
