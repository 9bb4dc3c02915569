"""Claim, acknowledge, note a contact, escalate and resolve: each one row lock and one line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from alerts import repository
from alerts.acts.repository import again, take_up
from alerts.delivery import repository as deliveries
from alerts.episodes.service import close
from alerts.lifecycle import Event, State
from alerts.patients.service import after_resolution
from alerts.reasons import Reason
from alerts.steps.repository import carry
from alerts.steps.service import advance, hold, plan_lapse, renew, reopen
from alerts.wording import repository as wording
from core.errors import ConflictError, Sentence
from core.vitals import Severity
from ingest import repository as people

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.acts.repository import Hands
    from alerts.outcomes import Resolution
    from core.security import Caller


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page showed of an alert to whoever acts on it."""

    severity: Severity
    version: int | None


class Contact(StrEnum):
    """How a person was, or was not, reached."""

    CALL = "call"
    VIDEO = "video-visit"
    VISIT = "visit"
    MESSAGE = "message"


def claim(
    session: Session,
    caller: Caller,
    alert_id: UUID,
    *,
    now: datetime,
    version: int | None = None,
) -> None:
    """Say that one looks at an alert; its escalation goes on, and the claim lapses by itself.

    A repeat by the same person changes nothing. Raises `NotFoundError` and `ConflictError` as
    `acknowledge` does.
    """
    hands = take_up(session, caller, alert_id, now=now)
    alert = hands.alert
    if hands.state is State.CLAIMED and alert.claimed_by == hands.who:
        return
    hands.check(version)
    hands.move(Event.CLAIM)
    alert.claimed_by, alert.claim_ends_at = hands.who, now + hands.policy.claim
    plan_lapse(session, alert)
    hands.note("claimed", Reason.CLAIMED, undoable=True, until=alert.claim_ends_at.isoformat())
    hands.audit()


def acknowledge(
    session: Session,
    caller: Caller,
    alert_id: UUID,
    *,
    now: datetime,
    version: int | None = None,
) -> None:
    """Take an open alert, or accept one that was delegated; a repeat changes nothing.

    Raises
    ------
    NotFoundError
        Where the caller may not see the patient (SEC-12).
    ConflictError
        Where somebody was first, saying who (UX-05), or `version` is not the current one.
    """
    hands = take_up(session, caller, alert_id, now=now)
    if hands.state.owned and hands.alert.owner_id == hands.who and not hands.alert.delegated_by:
        return
    hands.check(version)
    own(hands)
    hands.audit()


def own(hands: Hands) -> None:
    """Make the person the owner, by acknowledging or by accepting what was delegated."""
    alert = hands.alert
    accepts = hands.state.owned and _asked(hands)
    if hands.state is State.SNOOZED:
        hands = _taken_out(hands)
    hands.move(Event.ACCEPT if accepts else Event.ACKNOWLEDGE)
    alert.owner_id, alert.owner_team_id = hands.who, None
    alert.claimed_by = alert.claim_ends_at = alert.delegated_by = alert.answer_by = None
    alert.acknowledged_at = hands.now
    alert.paged = alert.severity  # whoever took it knows of it
    since = alert.fence
    hold(hands.session, alert, now=hands.now)
    if accepts:  # it had an owner all the while: whoever was escalated to still hears of it
        carry(hands.session, alert, since, knows=hands.key, why=Reason.ESCALATED)
    reason = Reason.ACCEPTED if accepts else Reason.ACKNOWLEDGED
    hands.note("acknowledged", reason, undoable=True)
    if hands.key:
        deliveries.acted_on(hands.session, alert.id, [hands.key], now=hands.now)


def _taken_out(hands: Hands) -> Hands:
    """End a snooze for who acts on the alert at once: nobody else need be told.

    To take the act back is to be in the snooze again: alone, its end would leave nothing due.
    """
    hands.move(Event.SNOOZE_ENDED)
    alert = hands.alert
    alert.previous_owner_id = alert.snoozed_by or alert.previous_owner_id
    repository.let_go(alert)
    hands.note("reopened", Reason.SNOOZE_CANCELLED)
    return replace(again(hands), kept=hands.kept, written=hands.written)


def recall(hands: Hands) -> None:
    """End a snooze before its time: whoever is due is told anew."""
    reopen(
        hands.session,
        hands.alert,
        Event.SNOOZE_ENDED,
        Reason.SNOOZE_CANCELLED,
        now=hands.now,
        caller=hands.caller,
    )


def _asked(hands: Hands) -> bool:
    """Return whether an alert was delegated to this person, or to a team of theirs."""
    alert = hands.alert
    if alert.delegated_by is None:
        return False
    if alert.delegated_by == hands.who:  # takes it back
        return True
    if alert.owner_team_id is None:
        return alert.owner_id == hands.who
    teams = people.care_teams(hands.session, hands.caller)
    return alert.owner_team_id in {team.id for team in teams}


def note_contact(  # noqa: PLR0913 (how, and whether it succeeded, are both required)
    session: Session,
    caller: Caller,
    alert_id: UUID,
    by: Contact,
    *,
    reached: bool,
    now: datetime,
) -> None:
    """Write down that the patient or carer was called or seen, or was not reached (AL-12).

    Reaching the person renews the acknowledgement: it expires for want of contact. Raises
    `NotFoundError` and `ConflictError` as `acknowledge` does.
    """
    hands = take_up(session, caller, alert_id, now=now)
    hands.move(Event.CONTACTED)
    alert = hands.alert
    if reached:
        alert.contacted_at = alert.contacted_at or now
        if hands.state.owned and alert.delegated_by is None:
            renew(session, alert, now=now)
    reason = Reason.CONTACTED if reached else Reason.NOT_REACHED
    hands.note("contacted", reason, undoable=True, by=by, reached=reached)
    hands.audit()


def escalate(session: Session, caller: Caller, alert_id: UUID, *, now: datetime) -> None:
    """Let the next step of the frozen chain act now; the alert stays as it is.

    Raises `NotFoundError` and `ConflictError` as `acknowledge` does.
    """
    hands = take_up(session, caller, alert_id, now=now)
    hands.move(Event.ESCALATE)
    hands.note("escalated", Reason.ESCALATED)
    advance(session, hands.alert, now=now)
    hands.audit()


def resolve(  # noqa: PLR0913 (whose end, by whom, how, when, and what they had seen)
    session: Session,
    caller: Caller,
    alert_id: UUID,
    resolution: Resolution,
    *,
    now: datetime,
    seen: Seen | None = None,
) -> None:
    """End an alert with its outcome; one that nobody owns is acknowledged first.

    Raises `NotFoundError` and `ConflictError` as `acknowledge` does; the latter too where the
    alert is graver than its outcome was meant for, or somebody else has taken it since `seen`.
    """
    hands = take_up(session, caller, alert_id, now=now)
    if seen is not None:
        _still_as(hands, seen)
    if hands.state in (State.OPEN, State.CLAIMED, State.SNOOZED):
        own(hands)
        hands = again(hands)
    hands.move(Event.RESOLVE)
    alert = hands.alert
    alert.outcome, alert.outcome_detail = resolution.label, resolution.action
    wording.write(
        session, alert, wording.written(session, alert) | {"outcome_note": resolution.note}
    )
    alert.ack_expires_at = alert.delegated_by = alert.answer_by = None
    close(session, alert, State(alert.state), now=now)
    after_resolution(session, alert, now=now)
    label, detail = str(resolution.label), resolution.action
    hands.note("resolved", Reason.RESOLVED, undoable=True, outcome=label, detail=detail)
    hands.audit()


def _still_as(hands: Hands, seen: Seen) -> None:
    """Refuse an outcome for what has become graver, or somebody else's, since it was seen."""
    severity = Severity(hands.alert.severity)
    if severity.rank > seen.severity.rank:
        raise ConflictError(
            "This alert has become {severity} since you opened its page. Look at it again first.",
            facts={"severity": Sentence(severity)},
        )
    theirs = {hands.caller.practitioner_id, hands.caller.id}
    if hands.state.owned and hands.alert.owner_id not in theirs:
        hands.check(seen.version)
