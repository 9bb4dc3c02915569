"""The rows of messages to patients and carers, and of who is asked each day."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4, uuid5

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from alerts.patients.tables import PatientMessage, PatientMessageAttempt
from alerts.patients.wording import Kind, State
from alerts.tables import Alert, AlertEvent, AlertFinding
from core import outbox
from core.outbox import Priority, Topic
from core.sealing import keyring_of
from core.security import digest
from core.vitals import Severity
from ingest.repository import one_person
from monitoring.asking.repository import people_asked
from monitoring.catalogue import known
from monitoring.findings import Says
from monitoring.phrases import write_phrase
from monitoring.record import read_says

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from alerts.patients.recipients import Chosen
    from alerts.patients.wording import Why
    from ingest.contacts.repository import Addressee
    from monitoring.phrases import Phrase

SENT = (State.WAITING, State.HANDED_OVER, State.DELIVERED)
NOBODY = "nobody"
_PURPOSE = "link of a message to a patient"
SHOWN = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is to be told to one patient, before it is decided to whom."""

    to: Addressee
    kind: Kind
    key: str
    why: Why
    until: datetime  # of the link
    alert_id: UUID | None = None
    asks: Sequence[UUID] = ()
    says: Sequence[Phrase] = ()
    sent_by: UUID | None = None
    not_before: datetime | None = None
    urgent: bool = field(default=False)


def link_secret(session: Session, message_id: UUID) -> str:
    """Return the secret of a message's link: 128 bits, made anew from the key for every try.

    Nothing that is stored gives it away; the digest by which it is recognised does not.
    """
    blind = keyring_of(session).blind(_PURPOSE, str(message_id))
    return urlsafe_b64encode(blind).decode().rstrip("=")


def add(session: Session, letter: Letter, chosen: Chosen, *, now: datetime) -> UUID | None:
    """Write a message to one recipient, or why there is none; None where it was written before.

    What is to be sent is work for the outbox in the same transaction (REL-02).
    """
    number, sent = chosen.number, chosen.why_not is None
    new = uuid4()
    # Known before it leaves: a link may be followed before who sends it has written so.
    link = digest(link_secret(session, new)) if sent else None
    id_ = session.scalar(
        insert(PatientMessage)
        .values(
            id=new,
            link_digest=link,
            recipient=f"contact:{number.id}" if number else NOBODY,
            contact_id=number.id if number else None,
            carer=chosen.carer,
            channel=number.channel if number else "",
            state=State.WAITING if sent else State.WITHHELD,
            reason=letter.why if sent else chosen.why_not,
            attempts=0,
            created_at=now,
            **_facts(letter),
        )
        .on_conflict_do_nothing(index_elements=["patient_id", "key", "recipient"])
        .returning(PatientMessage.id)
    )
    if id_ is not None and sent:
        offer(session, id_, urgent=letter.urgent, now=now, not_before=letter.not_before)
    return id_


def _facts(letter: Letter) -> dict[str, Any]:
    return {
        "patient_id": letter.to.id,
        "kind": letter.kind,
        "key": letter.key,
        "alert_id": letter.alert_id,
        "asks": [str(each) for each in letter.asks],
        "says": [write_phrase(each) for each in letter.says],
        "language": known(letter.to.language),
        "zone": letter.to.zone,
        "until": letter.until,
        "sent_by": letter.sent_by,
    }


def offer(
    session: Session,
    message_id: UUID,
    *,
    urgent: bool,
    now: datetime,
    not_before: datetime | None = None,
) -> None:
    """Offer a message to be sent; of a RED before everything else."""
    priority = Priority.CRITICAL if urgent else Priority.NORMAL
    outbox.offer(session, Topic.TELL, message_id, now=now, priority=priority, not_before=not_before)


def told_by(session: Session, patient_id: UUID, key: str) -> set[UUID]:
    """Return the numbers by which a person and their carers are told what a key names."""
    query = select(PatientMessage.contact_id).where(
        PatientMessage.patient_id.in_(one_person(session, patient_id)),
        PatientMessage.key == key,
        PatientMessage.state.in_(SENT),
    )
    return {each for each in session.scalars(query) if each is not None}


def locked(session: Session, message_id: UUID) -> PatientMessage | None:
    """Return a message under its row lock."""
    return session.get(PatientMessage, message_id, populate_existing=True, with_for_update=True)


def recent(session: Session, patient_id: UUID, *, since: datetime) -> list[PatientMessage]:
    """Return what a person and their carers were told since an instant, newest first."""
    query = select(PatientMessage).where(
        PatientMessage.patient_id.in_(one_person(session, patient_id)),
        PatientMessage.created_at >= since,
    )
    rows = session.scalars(query.order_by(PatientMessage.created_at.desc(), PatientMessage.id))
    return list(rows)


@dataclass(frozen=True, slots=True)
class Tried:
    """How one try ended, by which number and under which id; an empty code is a success."""

    code: str
    contact_id: UUID | None = None
    sent_as: UUID | None = None
    again: datetime | None = None


def sent_as(message: PatientMessage, contact_id: UUID) -> UUID:
    """Return the id under which a message goes to a number: the same on every try (REL-12).

    Another number needs another: a gateway that knows an id takes it for sent.
    """
    first = message.recipient == f"contact:{contact_id}"
    return message.id if first else uuid5(message.id, str(contact_id))


def add_attempt(session: Session, message: PatientMessage, tried: Tried, *, now: datetime) -> None:
    """Count a try and keep how it ended."""
    message.attempts += 1
    message.next_try_at = tried.again
    session.add(
        PatientMessageAttempt(
            message_id=message.id,
            number=message.attempts,
            at=now,
            code=tried.code,
            next_try_at=tried.again,
            contact_id=tried.contact_id,
            sent_as=tried.sent_as,
        )
    )
    session.flush()


def rounds(session: Session, message_id: UUID) -> int:
    """Return how often a message waited for its next try: each may be a try of each channel."""
    mine = PatientMessageAttempt.message_id == message_id
    query = select(func.count()).where(mine, PatientMessageAttempt.next_try_at.is_not(None))
    return session.scalar(query) or 0


def behind_receipt(session: Session, id_: UUID) -> tuple[PatientMessage | None, UUID | None]:
    """Return the message that went out under an id, locked, and the number that it went to.

    Before its sending has ended, and of what an older version sent, the id is the message's own.
    """
    sent = select(PatientMessageAttempt.message_id, PatientMessageAttempt.contact_id)
    sent = sent.where(PatientMessageAttempt.sent_as == id_).limit(1)
    before = session.execute(sent).first()
    message = locked(session, before.message_id if before else id_)
    after = session.execute(sent).first()
    if after is not None or message is None:
        return message, after and after.contact_id
    return message, message.contact_id


def alert_of(session: Session, alert_id: UUID) -> Alert | None:
    """Return an alert as it stands."""
    return session.get(Alert, alert_id, populate_existing=True)


def said_of(session: Session, alert_id: UUID, severity: Severity | None = None) -> Says | None:
    """Return what the newest finding of an alert says, of one tier or of its gravest."""
    query = select(AlertFinding).where(
        AlertFinding.alert_id == alert_id, AlertFinding.fallen_at.is_(None)
    )
    rows = [row for row in session.scalars(query) if severity in (None, Severity(row.severity))]
    newest = max(rows, key=lambda row: (Severity(row.severity).rank, row.at), default=None)
    if newest is None or newest.says is None:
        return None
    says = read_says(newest.says)
    return says if isinstance(says, Says) else None


def parted(session: Session, message: PatientMessage) -> bool:
    """Return whether a message speaks of a record that is not its person's any more (SEC-28)."""
    about = people_asked(session, map(UUID, message.asks))
    alert = alert_of(session, message.alert_id) if message.alert_id else None
    if alert is not None:
        about.add(alert.patient_id)
    return not about <= one_person(session, message.patient_id)


def undone(session: Session, alert_id: UUID, *, done_at: datetime) -> bool:
    """Return whether the act of an instant on an alert was taken back; another's undo is none.

    A line that an older version wrote does not say which act it was: it counts.
    """
    query = select(AlertEvent.after["of"].astext).where(
        AlertEvent.alert_id == alert_id, AlertEvent.kind == "undone", AlertEvent.at >= done_at
    )
    acts = session.scalars(query).all()
    return any(each is None or datetime.fromisoformat(each) == done_at for each in acts)
