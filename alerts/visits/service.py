"""Book a video visit on an alert, and write down what became of it; the patient is told."""

from __future__ import annotations

from secrets import token_hex
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from alerts import inbox
from alerts.acts.repository import take_up
from alerts.acts.service import Contact, note_contact
from alerts.addressing.service import TO_READ, send, send_to, those_told
from alerts.naming.repository import UNKNOWN, names
from alerts.patients import wording
from alerts.patients.repository import Letter
from alerts.patients.wording import Kind, Why
from alerts.policy import thaw
from alerts.reasons import Reason
from alerts.reds.repository import instructed
from alerts.spent.service import Spent, spend
from alerts.visit import BOOKED, CANCELLED, HELD, MISSED, Status
from alerts.visits import repository
from alerts.visits.tables import Appointment
from core import audit
from core.errors import ConflictError, InvalidError, NotFoundError, Sentence
from core.sealed_fields import seal
from ingest.contacts.repository import addressee

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.acts.repository import Hands
    from alerts.visit import Span
    from core.security import Caller

ROOM_BYTES = 16  # 128 bits; digits and lower case only, because some services fold the case


def book(session: Session, caller: Caller, alert_id: UUID, span: Span, *, now: datetime) -> UUID:
    """Book a visit and return its id; the patient is told once it can't be undone any more.

    Raises
    ------
    NotFoundError
        Where the caller may not see the patient (SEC-12).
    ConflictError
        Where the alert has ended, or somebody has booked one already, saying who (UX-05).
    """
    hands = take_up(session, caller, alert_id, now=now)
    if hands.state.ended:
        raise ConflictError(
            "the alert is already {state}", facts={"state": Sentence(str(hands.state))}
        )
    known = repository.open_of(session, alert_id)
    if known is not None:
        facts = _first(hands, known.booked_by, known.booked_at)
        raise ConflictError("{name} booked a video visit about this alert {ago}", facts=facts)
    row = _row(hands, span)
    session.add(row)
    session.flush()
    hands.note(BOOKED, Reason.VISIT_BOOKED, visit=str(row.id), start=span.start.isoformat())
    _audit(hands, audit.Action.CREATE, row)
    _invite(hands, row)
    return row.id


def hold(  # noqa: PLR0913 (which visit of which alert, and how long it took)
    session: Session,
    caller: Caller,
    alert_id: UUID,
    visit_id: UUID,
    *,
    minutes: int | None,
    now: datetime,
) -> None:
    """Write down that a visit took place: a contact by video, with its minutes.

    Raises `NotFoundError` behind the team filter, `ConflictError` where it is not booked any more.
    """
    hands, _ = _end(session, caller, alert_id, visit_id, Status.FULFILLED, now=now)
    if not hands.state.ended:
        note_contact(session, caller, alert_id, Contact.VIDEO, reached=True, now=now)
    if minutes is not None:
        spent = Spent(minutes, Contact.VIDEO, live=True, alert_id=alert_id)
        spend(session, caller, hands.alert.patient_id, spent, now=now)


def miss(
    session: Session, caller: Caller, alert_id: UUID, visit_id: UUID, *, now: datetime
) -> None:
    """Write down that the patient did not come: a contact by video that reached nobody.

    Raises as `hold` does, and `InvalidError` before the visit begins.
    """
    row = session.get(Appointment, visit_id)
    if row is not None and row.alert_id == alert_id and now < row.starts_at:
        raise InvalidError("the video visit has not begun yet", field="visit")
    hands, _ = _end(session, caller, alert_id, visit_id, Status.NO_SHOW, now=now)
    if not hands.state.ended:
        note_contact(session, caller, alert_id, Contact.VIDEO, reached=False, now=now)


def cancel(
    session: Session, caller: Caller, alert_id: UUID, visit_id: UUID, *, now: datetime
) -> None:
    """Cancel a visit; who was told of it is told of that too. Raises as `hold` does."""
    hands, row = _end(session, caller, alert_id, visit_id, Status.CANCELLED, now=now)
    told = instructed(session, alert_id, repository.key(row.id))
    to = addressee(session, row.patient_id)
    if not told or to is None:
        return
    letter = Letter(
        to=to,
        kind=Kind.VISIT_OFF,
        key=f"visit-off:{row.id}",
        why=Why.VISIT_CANCELLED,
        until=now + TO_READ,
        alert_id=alert_id,
        says=wording.visit_off(row.starts_at, to.zone),
        sent_by=hands.who,
    )
    send_to(session, letter, those_told(session, letter, told, now=now), now=now)


def take_back(hands: Hands, *, at: datetime) -> None:
    """Undo a booking of an instant: nobody is told of it.

    Raises `ConflictError` where the patient was told, or it is not booked any more.
    """
    row = repository.open_of(hands.session, hands.alert.id)
    if row is None or row.booked_at != at:
        raise ConflictError("this video visit is not booked any more")
    if instructed(hands.session, hands.alert.id, repository.key(row.id)):
        raise ConflictError("the patient was told already; cancel the video visit instead")
    row.status, row.ended_by, row.ended_at = Status.CANCELLED, hands.who, hands.now
    _audit(hands, audit.Action.UPDATE, row)


def reopen(hands: Hands, *, at: datetime) -> None:
    """Undo that a visit was held or missed, together with the contact that it was.

    Raises `ConflictError` where another one has been booked meanwhile.
    """
    row = repository.ended_with(hands.session, hands.alert.id, by=hands.who, at=at)
    if row is None or row.status == Status.CANCELLED:
        return
    if repository.open_of(hands.session, hands.alert.id) is not None:
        raise ConflictError("another video visit has been booked meanwhile")
    row.status, row.ended_by, row.ended_at = Status.BOOKED, None, None
    _audit(hands, audit.Action.UPDATE, row)


_LINES = {
    Status.FULFILLED: (HELD, Reason.VISIT_HELD),
    Status.NO_SHOW: (MISSED, Reason.VISIT_MISSED),
    Status.CANCELLED: (CANCELLED, Reason.VISIT_CANCELLED),
}


def _end(  # noqa: PLR0913 (which visit of which alert, and how it ended)
    session: Session,
    caller: Caller,
    alert_id: UUID,
    visit_id: UUID,
    status: Status,
    *,
    now: datetime,
) -> tuple[Hands, Appointment]:
    """End a booked visit under the lock of its alert, whether or not that has ended."""
    hands = take_up(session, caller, alert_id, now=now)
    row = session.get(Appointment, visit_id, populate_existing=True)
    if row is None or row.alert_id != alert_id:
        raise NotFoundError("no such video visit")
    if row.status != Status.BOOKED:
        facts = _first(hands, row.ended_by, row.ended_at or now)
        facts["what"] = Sentence(_LINES[Status(row.status)][1].words)
        raise ConflictError("{what} by {name} {ago}", facts=facts)
    row.status, row.ended_by, row.ended_at = status, hands.who, now
    session.flush()
    kind, reason = _LINES[status]
    hands.note(kind, reason, visit=str(row.id))
    _audit(hands, audit.Action.UPDATE, row)
    return hands, row


def _row(hands: Hands, span: Span) -> Appointment:
    id_ = uuid4()
    return Appointment(
        id=id_,
        alert_id=hands.alert.id,
        patient_id=hands.alert.patient_id,
        practitioner_id=hands.caller.practitioner_id,
        room=seal(hands.session, Appointment.room, token_hex(ROOM_BYTES), id=id_),
        starts_at=span.start,
        ends_at=span.end,
        status=Status.BOOKED,
        booked_by=hands.who,
        booked_at=hands.now,
    )


def _invite(hands: Hands, row: Appointment) -> None:
    """Tell patient and carers that something waits; the hour and the way in are on their page."""
    to = addressee(hands.session, row.patient_id)
    if to is None:
        return
    letter = Letter(
        to=to,
        kind=Kind.VISIT,
        key=repository.key(row.id),
        why=Why.VISIT_BOOKED,
        until=row.ends_at,
        alert_id=row.alert_id,
        says=wording.visit_booked(row.starts_at, to.zone),
        sent_by=hands.who,
        not_before=hands.now + thaw(hands.alert.policy).undo,
        urgent=True,
    )
    send(hands.session, letter, now=hands.now)


def _first(hands: Hands, who: UUID | None, at: datetime) -> dict[str, object]:
    """Return who was first and how long ago (UX-05)."""
    name = names(hands.session, [who]).get(who, UNKNOWN) if who else UNKNOWN
    return {"name": name, "ago": inbox.ago(hands.now - at)}


def _audit(hands: Hands, action: audit.Action, row: Appointment) -> None:
    audit.record(
        hands.session,
        hands.caller,
        action,
        "appointment",
        now=hands.now,
        entity_id=row.id,
        patients=[row.patient_id],
    )
