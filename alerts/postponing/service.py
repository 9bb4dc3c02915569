"""Snooze: put an alert off until a time, with a reason; worse, and time, bring it back (AL-11)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from alerts import escalation, repository
from alerts.acts.repository import take_up
from alerts.acts.service import recall
from alerts.lifecycle import Event, State
from alerts.reasons import Reason
from alerts.steps import repository as steps
from alerts.wording import repository as wording
from core.errors import ConflictError, InvalidError, Sentence

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller

REASON_LENGTH = 500


def snooze(  # noqa: PLR0913 (whose, until when and why are all required)
    session: Session,
    caller: Caller,
    alert_id: UUID,
    *,
    until: datetime,
    reason: str,
    now: datetime,
    version: int | None = None,
) -> None:
    """Put an alert off; readings go on being judged, and a worse one brings it back at once.

    Raises
    ------
    InvalidError
        Without a reason, with an end that has passed, or with one later than the alert's frozen
        policy allows for its severity (`field` is "reason" or "until").
    NotFoundError, ConflictError
        As `alerts.acts.service.acknowledge` does; a RED is never put off.
    """
    hands = take_up(session, caller, alert_id, now=now, version=version)
    why = reason.strip()
    if not why or len(why) > REASON_LENGTH:
        raise InvalidError(
            "say why, in at most {most} characters", field="reason", facts={"most": REASON_LENGTH}
        )
    hands.move(Event.SNOOZE)
    longest = hands.tier.snooze
    if until <= now:
        raise InvalidError("a snooze must end in the future", field="until")
    if until > now + longest:
        raise InvalidError(
            "it can be put off for {hours} hours at most",
            field="until",
            facts={"hours": longest // timedelta(hours=1)},
        )
    alert = hands.alert
    alert.previous_owner_id = alert.owner_id or alert.previous_owner_id
    repository.let_go(alert)
    alert.snoozed_by, alert.snoozed_at = hands.who, now
    alert.snoozed_until = until
    wording.write(session, alert, wording.written(session, alert) | {"snooze_reason": why})
    alert.paged = alert.severity  # whoever put it off knows of it
    steps.cancel_steps(session, alert)
    steps.plan(session, alert, [escalation.waking(at=until)])
    said = {"why": why}
    hands.note("snoozed", Reason.SNOOZED, undoable=True, words=said, until=until.isoformat())
    hands.audit()


def wake(session: Session, caller: Caller, alert_id: UUID, *, now: datetime) -> None:
    """Call a snoozed alert back before its time.

    Raises `NotFoundError`, and `ConflictError` where it is not snoozed.
    """
    hands = take_up(session, caller, alert_id, now=now)
    if hands.state is not State.SNOOZED:
        raise ConflictError(
            "the alert is {state}, not snoozed", facts={"state": Sentence(str(hands.state))}
        )
    recall(hands)
    hands.audit()
