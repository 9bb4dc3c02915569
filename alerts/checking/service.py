"""Answer items of the checklist, before acting, after, or never."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts import inbox
from alerts.acts.repository import take_up
from alerts.checking import repository
from alerts.checklist import Answer, Given, shown
from alerts.naming.repository import UNKNOWN, names
from alerts.reasons import Reason
from core.errors import ConflictError, Sentence

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.acts.repository import Hands
    from core.security import Caller


def answer(
    session: Session, caller: Caller, alert_id: UUID, answers: Sequence[Given], *, now: datetime
) -> list[str]:
    """Store what differs from what the page showed, each on its own; return which items that were.

    What was left as it was shown is nobody's answer anew, whatever a colleague said meanwhile.

    Raises `NotFoundError` behind the team filter, `ConflictError` where the alert has ended, or
    where somebody answered one of these items since the page was made, saying who (UX-05).
    """
    hands = take_up(session, caller, alert_id, now=now)
    if hands.state.ended:
        raise ConflictError(
            "the alert is already {state}", facts={"state": Sentence(str(hands.state))}
        )
    known = repository.standing(session, [alert_id])[alert_id]
    changed = []
    for given in differing(session, alert_id, answers):
        before = known.get(given.item, Given(given.item, Answer.BLANK))
        if given.said == before.said:  # sent twice, or both say the same
            continue
        if before.number != given.number:
            raise ConflictError(_first(hands, before))
        repository.add(session, alert_id, given, by=hands.who, now=now)
        hands.note("checked", Reason.CHECKED, item=given.item, answer=str(given.answer))
        changed.append(given.item)
    if changed:
        hands.audit()
    return changed


def differing(session: Session, alert_id: UUID, answers: Sequence[Given]) -> list[Given]:
    """Return the answers that differ from what their page showed; the caller saw to the rights."""
    rows = repository.numbered(session, alert_id, {each.number for each in answers})
    found = []
    for each in answers:
        row = rows.get(each.number)
        of_it = row if row is not None and row.item == each.item else None
        if each.said != shown(each, of_it).said:
            found.append(each)
    return found


def _first(hands: Hands, answer: Given) -> Sentence:
    """Say who answered meanwhile and how long ago; their answer is on the page that comes."""
    name = names(hands.session, [answer.by]).get(answer.by, UNKNOWN) if answer.by else UNKNOWN
    ago = inbox.ago(hands.now - answer.at) if answer.at else ""
    return Sentence(
        "{name} answered an item of this checklist {ago}; look again before answering",
        {"name": name, "ago": ago},
    )
