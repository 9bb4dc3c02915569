"""Hand one message to a patient or carer over; a failure is a row with its next try (REL-12).

Nothing of what a message says leaves: one constant sentence, and a link that works once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from alerts import escalation
from alerts import repository as episodes
from alerts.addressing.service import TO_READ, nobody
from alerts.circuits.service import through
from alerts.lifecycle import State as AlertState
from alerts.notify.gateway import GONE, Says
from alerts.patients import repository, wording
from alerts.patients.recipients import in_turn, usable
from alerts.patients.wording import Kind, State, Why
from alerts.policy import thaw
from alerts.receipts.service import Arrival
from alerts.reds import repository as reds
from core.security import digest
from core.vitals import Severity
from ingest.contacts import repository as numbers
from ingest.contacts.repository import addressee
from ingest.contacts.service import opted_out
from monitoring.asking import repository as asking
from monitoring.catalogue import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.notify.failure import DeliveryError
    from alerts.pacing import Breaker
    from alerts.patients.tables import PatientMessage
    from alerts.receipts.service import Receipt
    from alerts.tables import Alert
    from ingest.contacts.repository import Contact

# Between tries (E): a telephone is off for a night, a provider for an hour.
WAITS = tuple(timedelta(seconds=each) for each in (5, 30, 120, 600, 1800, 3600, 7200, 14400))
LOOKS_AGAIN = timedelta(minutes=10)  # E: whether another RED still stands
PATH = "/m/"


class Way(Protocol):
    """A gateway of one channel."""

    def send(self, to: str, text: str, *, delivery_id: UUID, now: datetime) -> str:
        """Hand a message over; raise `DeliveryError` where it is not taken."""


@dataclass(frozen=True, slots=True)
class Post:
    """By which ways a message can go, when one is left alone, and where we are found."""

    base_url: str
    breaker: Breaker
    language: str = ENGLISH  # of the site, where a patient's is not known
    ways: Mapping[str, Way] = field(default_factory=dict)


def post(session: Session, message_id: UUID, ways: Post, *, now: datetime) -> None:
    """Send one message, in the transaction that closes its outbox row.

    Whether it still should be is decided now: consent, the number, and what it is about. The
    message alone is locked while the gateway answers: no clinician waits for a patient's text,
    and who takes a RED back waits for what became of it (`reds.instructed`).
    """
    message = repository.locked(session, message_id)
    if message is None or message.state != State.WAITING:
        return
    why_not = _pointless(session, message, now=now)
    if why_not is not None:
        end(session, message, State.CANCELLED, why_not, now=now)
        return
    if _too_soon(session, message):
        _put_off(session, message, now=now)
        return
    number = _number(session, message, ways, now=now)
    if isinstance(number, Why):
        end(session, message, State.WITHHELD, number, now=now)
        return
    message.contact_id, message.channel = number.id, number.channel
    _hand_over(session, message, number, ways, now=now)


def _pointless(session: Session, message: PatientMessage, *, now: datetime) -> Why | None:
    """Return why a message is not worth sending any more; what was asked for anew always is."""
    if now >= message.until:
        return Why.TOO_LATE
    if repository.parted(session, message):
        return Why.PARTED
    kind, to = Kind(message.kind), addressee(session, message.patient_id)
    if to is None or to.deceased:
        return Why.DECEASED
    if message.reason == Why.REQUESTED:
        return None
    alert = repository.alert_of(session, message.alert_id) if message.alert_id else None
    return nobody(session, to, kind, alert, now=now) or _over(session, message, kind, now=now)


def _too_soon(session: Session, message: PatientMessage) -> bool:
    """Return whether another RED stands, so that what one of them said to do still holds."""
    asked = message.reason == Why.REQUESTED
    takes_back = message.kind == Kind.WITHDRAWN and not asked
    return takes_back and reds.stands(session, message.patient_id)


def _put_off(session: Session, message: PatientMessage, *, now: datetime) -> None:
    """Look again later, however long that takes: the link's time begins when it can leave."""
    message.next_try_at, message.until = now + LOOKS_AGAIN, now + TO_READ
    repository.offer(session, message.id, urgent=False, now=now, not_before=message.next_try_at)


def _over(session: Session, message: PatientMessage, kind: Kind, *, now: datetime) -> Why | None:
    """Return why what a message is about is over."""
    if kind is Kind.REPEAT:
        asked = asking.of_ids(session, map(UUID, message.asks))
        return Why.TOO_LATE if all(each.until <= now for each in asked) else None
    if kind is Kind.WITHDRAWN:
        return None  # it is put off while another RED stands
    alert = repository.alert_of(session, message.alert_id) if message.alert_id else None
    if alert is None:
        return None
    if kind is Kind.INSTRUCTION:
        return None if _still_red(alert, now=now) else Why.OVER
    undone = repository.undone(session, alert.id, done_at=message.created_at)
    return Why.TAKEN_BACK if undone else None


def _still_red(alert: Alert, *, now: datetime) -> bool:
    """Return whether a RED stands; a resolved one does while its resolution can be undone."""
    state = AlertState(alert.state)
    resolved_just_now = (
        state is AlertState.RESOLVED
        and alert.closed_at is not None
        and now - alert.closed_at <= thaw(alert.policy).undo
    )
    return alert.severity == Severity.RED and (not state.ended or resolved_just_now)


def _number(
    session: Session, message: PatientMessage, ways: Post, *, now: datetime
) -> Contact | Why:
    """Return the number to use: the chosen one, or another of the same person's.

    Whose they are is asked now: records that were one person's may be two people's again.
    """
    if message.contact_id is None:
        return Why.NO_CONTACT
    held = numbers.contacts_of(session, message.patient_id, now=now)
    theirs = in_turn(held, message.contact_id, carer=message.carer)
    found = next((each for each in theirs if usable(each, ways.ways.keys())), None)
    if found is not None:
        return found
    if not theirs:
        return Why.NO_CONTACT
    if not any(each.may_be_told for each in theirs):
        return Why.NO_CONSENT if message.carer else Why.STOPPED
    return Why.NUMBER_REFUSED if theirs[0].refused else Why.NO_GATEWAY


def _hand_over(
    session: Session, message: PatientMessage, number: Contact, ways: Post, *, now: datetime
) -> None:
    secret = repository.link_secret(session, message.id)
    if message.link_digest is None:  # written by a version that kept it only now
        message.link_digest = digest(secret)
    link = f"{ways.base_url.rstrip('/')}{PATH}{secret}"
    text = wording.notice(message.language or ways.language, link)
    way = ways.ways[number.channel]
    error = through(
        session,
        number.channel,
        ways.breaker,
        lambda: way.send(number.address, text, delivery_id=message.id, now=now),
        now=now,
    )
    if error is not None:
        _failed(session, message, number, error, now=now)
        return
    message.state, message.handed_over_at = State.HANDED_OVER, now
    repository.add_attempt(session, message, now=now, code="", again=None)


def _failed(
    session: Session,
    message: PatientMessage,
    number: Contact,
    error: DeliveryError,
    *,
    now: datetime,
) -> None:
    """Plan the next try; a number that does not exist is given up for another of theirs."""
    urgent = message.kind == Kind.INSTRUCTION
    if error.gone:
        _leave(session, number.id, error.code, now=now)
        repository.add_attempt(session, message, now=now, code=error.code, again=now)
        repository.offer(session, message.id, urgent=urgent, now=now)
        return
    again = escalation.next_try(message.id, message.attempts + 1, WAITS, now=now)
    if again is not None and error.wait is not None:
        again = max(again, now + error.wait)
    repository.add_attempt(session, message, now=now, code=error.code, again=again)
    if again is None:
        end(session, message, State.FAILED, Why.GIVEN_UP, now=now)
        return
    repository.offer(session, message.id, urgent=urgent, now=now, not_before=again)


def end(
    session: Session, message: PatientMessage, state: State, why: Why, *, now: datetime
) -> None:
    """End a message that was not handed over; where it is about an alert, its timeline says so."""
    message.state, message.reason, message.next_try_at = state, why, None
    alert = repository.alert_of(session, message.alert_id) if message.alert_id else None
    if alert is not None:
        facts = {"kind": message.kind, "carer": message.carer}
        episodes.note(session, alert, "patient-not-told", str(why), now=now, after=facts)


def note_receipt(session: Session, receipt: Receipt, now: datetime) -> bool:
    """Note what a provider tells later of a message; return whether it is one of these.

    Delivered is what it says, and no more: opened and answered are told by the page (REL-13).
    What failed after it was taken is not sent again under its id; another number of the same
    person's would have needed another message, so that a clinician sees it instead.
    """
    message = repository.locked(session, receipt.delivery_id)
    if message is None or message.channel != receipt.channel:
        return False
    if receipt.arrival is Arrival.DELIVERED:
        message.delivered_at = message.delivered_at or now
        if message.state in (State.WAITING, State.HANDED_OVER):
            message.handed_over_at = message.handed_over_at or now
            message.state, message.next_try_at = State.DELIVERED, None
        return True
    waits = message.state == State.HANDED_OVER and message.opened_at is None
    stopped = receipt.code == Says.OPTED_OUT
    if message.contact_id is not None and (stopped or (waits and receipt.code in GONE)):
        _leave(session, message.contact_id, receipt.code, now=now)
    if waits:
        repository.add_attempt(session, message, now=now, code="not-delivered", again=None)
        end(session, message, State.FAILED, Why.GIVEN_UP, now=now)
    return True


def _leave(session: Session, contact_id: UUID, code: str, *, now: datetime) -> None:
    """Send nothing more to a number; to stop, told to a provider, is a no for all of theirs."""
    if code == Says.OPTED_OUT:
        opted_out(session, contact_id, now=now)
    else:
        numbers.refuse(session, contact_id, now=now)
