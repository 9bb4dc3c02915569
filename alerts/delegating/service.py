"""Delegate: ask a colleague or a team to take an alert; unanswered, it comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts import escalation
from alerts.acts.repository import again, take_up
from alerts.acts.service import own
from alerts.lifecycle import Event
from alerts.noting.service import kept
from alerts.policy import Channel
from alerts.reasons import Reason
from alerts.steps import repository as steps
from alerts.steps.service import hold
from core.errors import ConflictError, InvalidError
from core.vitals import Severity
from ingest import repository as people

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.acts.repository import Hands
    from core.security import Caller


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who may be asked: an active member of the patient's teams, or one of the teams."""

    id: UUID
    name: str
    is_team: bool
    channels: tuple[Channel, ...]


def candidates(session: Session, patient_id: UUID) -> list[Candidate]:
    """Return whom an alert of a patient may be passed on to, teams with somebody in them first."""
    members = [p for p in people.taking_part(session, patient_id) if p.active]
    teams = {p.team_id: p.team_name for p in members}
    shown, mailed = (Channel.INBOX,), (Channel.INBOX, Channel.EMAIL)
    found = {
        p.practitioner_id: Candidate(
            p.practitioner_id, p.name, is_team=False, channels=mailed if p.email else shown
        )
        for p in members
    }
    return [
        *(Candidate(id_, name, is_team=True, channels=shown) for id_, name in teams.items()),
        *found.values(),
    ]


def delegate(  # noqa: PLR0913 (by whom, what, to whom, when and with which words)
    session: Session,
    caller: Caller,
    alert_id: UUID,
    to: UUID,
    *,
    now: datetime,
    version: int | None = None,
    note: str = "",
) -> None:
    """Pass an alert on, with a note or without; one that nobody owns is acknowledged first.

    The new owner is told once the act can no longer be undone, and reads the note here: it is
    part of the timeline and of no message. The end of the acknowledgement
    stays: an alert is not kept by passing it on. Nobody hears less by it either: what is on its
    way to anybody but the caller goes out.

    Raises
    ------
    InvalidError
        Where `to` is nobody who could act on it, or the caller (`field` is "to"); where the note
        is too long.
    NotFoundError, ConflictError
        As `alerts.acts.service.acknowledge` does.
    """
    words = kept(note)
    hands = take_up(session, caller, alert_id, now=now, version=version)
    alert = hands.alert
    whom = next((c for c in candidates(session, alert.patient_id) if c.id == to), None)
    if alert.severity == Severity.DQ:
        raise ConflictError("a question of data quality is support's, who work it together")
    if whom is None:
        raise InvalidError("choose an active member of the patient's teams", field="to")
    if whom.id == hands.who:
        raise InvalidError("that is you: take it instead", field="to")
    since = alert.fence
    if not hands.state.owned:
        own(hands)
        hands = again(hands)
    hands.move(Event.DELEGATE)
    alert.delegated_by, alert.answer_by = hands.who, now + hands.tier.answer
    alert.owner_id = None if whom.is_team else whom.id
    alert.owner_team_id = whom.id if whom.is_team else None
    _plan(hands, whom, since)
    said = {"note": words} if words else {}
    hands.note("delegated", Reason.DELEGATED, undoable=True, words=said, to=str(whom.id))
    hands.audit()


def _plan(hands: Hands, whom: Candidate, since: int) -> None:
    """Plan how the new owner is told; what was said under a fence, or after it, stays said."""
    session, alert = hands.session, hands.alert
    hold(session, alert, now=hands.now, until=alert.ack_expires_at)
    steps.carry(session, alert, since, knows=hands.key)
    at, back = hands.now + hands.policy.undo, hands.now + hands.tier.answer
    first = steps.next_position(session, alert)
    steps.plan(session, alert, escalation.asking(whom.channels, first=first, at=at, until=back))
