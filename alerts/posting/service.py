"""Hand one message to a patient or carer over; a failure is a row with its next try (REL-12).

Nothing of what a message says leaves: one constant sentence, and a link that works once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from alerts import escalation
from alerts import repository as episodes
from alerts.addressing.service import TO_READ, nobody
from alerts.circuits.service import HELD_BACK, through
from alerts.lifecycle import State as AlertState
from alerts.notify.gateway import Says
from alerts.patients import repository, wording
from alerts.patients.recipients import in_turn, usable
from alerts.patients.repository import Tried
from alerts.patients.wording import Kind, State, Why
from alerts.policy import thaw
from alerts.reds import repository as reds
from alerts.visit import Status
from alerts.visits.repository import visit_told
from core.security import digest
from core.vitals import Severity
from ingest.contacts import repository as numbers
from ingest.contacts.repository import addressee
from ingest.contacts.service import opted_out
from monitoring.asking import repository as asking
from monitoring.catalogue import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.notify.failure import DeliveryError
    from alerts.pacing import Breaker
    from alerts.patients.tables import PatientMessage
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
    held = _numbers(session, message, ways, now=now)
    if isinstance(held, Why):
        end(session, message, State.WITHHELD, held, now=now)
        return
    message.contact_id, message.channel = held[0].id, held[0].channel
    _hand_over(session, message, held, ways, now=now)


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
    urgent = _of_a_red(session, message, kind)
    why_nobody = nobody(session, to, kind, alert, urgent=urgent, now=now)
    return why_nobody or _over(session, message, kind, now=now)


def _of_a_red(session: Session, message: PatientMessage, kind: Kind) -> bool:
    asked = asking.of_ids(session, map(UUID, message.asks)) if kind is Kind.REPEAT else ()
    return kind is Kind.INSTRUCTION or any(each.critical for each in asked)


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
    if kind is Kind.VISIT:
        visit = visit_told(session, message)
        if visit is not None and visit.status is not Status.BOOKED:
            return Why.VISIT_OVER
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


def _numbers(
    session: Session, message: PatientMessage, ways: Post, *, now: datetime
) -> list[Contact] | Why:
    """Return the number to use, the chosen one first, and one of each other channel of theirs.

    Whose they are is asked now: records that were one person's may be two people's again.
    """
    if message.contact_id is None:
        return Why.NO_CONTACT
    held = numbers.contacts_of(session, message.patient_id, now=now)
    theirs = in_turn(held, message.contact_id, carer=message.carer)
    by_channel: dict[str, Contact] = {}
    for each in theirs:
        if usable(each, ways.ways.keys()):
            by_channel.setdefault(each.channel, each)
    if by_channel:
        return list(by_channel.values())
    if not theirs:
        return Why.NO_CONTACT
    if not any(each.may_be_told for each in theirs):
        return Why.NO_CONSENT if message.carer else Why.STOPPED
    return Why.NUMBER_REFUSED if theirs[0].refused else Why.NO_GATEWAY


def _hand_over(
    session: Session, message: PatientMessage, held: Sequence[Contact], ways: Post, *, now: datetime
) -> None:
    """Try a number, and where its provider is away, at once those of the other channels."""
    waits: list[timedelta] = []
    for place, number in enumerate(held, start=1):
        error = _try(session, message, number, ways, now=now)
        sent = None if error and error.code == HELD_BACK else repository.sent_as(message, number.id)
        if error is None:
            message.state, message.handed_over_at = State.HANDED_OVER, now
            message.contact_id, message.channel = number.id, number.channel
            repository.add_attempt(session, message, Tried("", number.id, sent), now=now)
            return
        tried = Tried(error.code, number.id, sent)
        waits.append(error.wait or timedelta(0))
        if error.gone:
            _next_number(session, message, tried, now=now)
            return
        if place < len(held) and (error.provider or error.code == HELD_BACK):
            repository.add_attempt(session, message, tried, now=now)
            continue
        _try_later(session, message, tried, least=min(waits), now=now)
        return


def _try(
    session: Session, message: PatientMessage, number: Contact, ways: Post, *, now: datetime
) -> DeliveryError | None:
    """Hand a message to the gateway of one number; return why it was not taken."""
    secret = repository.link_secret(session, message.id)
    if message.link_digest is None:  # written by a version that kept it only now
        message.link_digest = digest(secret)
    link = f"{ways.base_url.rstrip('/')}{PATH}{secret}"
    text = wording.notice(message.language or ways.language, link)
    way, id_ = ways.ways[number.channel], repository.sent_as(message, number.id)
    return through(
        session,
        number.channel,
        ways.breaker,
        lambda: way.send(number.address, text, delivery_id=id_, now=now),
        now=now,
    )


def _next_number(session: Session, message: PatientMessage, tried: Tried, *, now: datetime) -> None:
    """Give up a number that does not exist for another of theirs, at once."""
    if tried.contact_id is not None:
        leave(session, tried.contact_id, tried.code, now=now)
    repository.add_attempt(session, message, replace(tried, again=now), now=now)
    repository.offer(session, message.id, urgent=_urgent(message), now=now)


def _try_later(
    session: Session, message: PatientMessage, tried: Tried, *, least: timedelta, now: datetime
) -> None:
    """Plan the next try, not before `least` has passed; after the last one it is given up."""
    times = repository.rounds(session, message.id) + 1
    again = escalation.next_try(message.id, times, WAITS, now=now)
    again = max(again, now + least) if again else None
    repository.add_attempt(session, message, replace(tried, again=again), now=now)
    if again is None:
        end(session, message, State.FAILED, Why.GIVEN_UP, now=now)
        return
    repository.offer(session, message.id, urgent=_urgent(message), now=now, not_before=again)


def _urgent(message: PatientMessage) -> bool:
    return message.kind in (Kind.INSTRUCTION, Kind.VISIT)


def end(
    session: Session, message: PatientMessage, state: State, why: Why, *, now: datetime
) -> None:
    """End a message that was not handed over; where it is about an alert, its timeline says so."""
    message.state, message.reason, message.next_try_at = state, why, None
    alert = repository.alert_of(session, message.alert_id) if message.alert_id else None
    if alert is not None:
        facts = {"kind": message.kind, "carer": message.carer}
        episodes.note(session, alert, "patient-not-told", str(why), now=now, after=facts)


def leave(session: Session, contact_id: UUID, code: str, *, now: datetime) -> None:
    """Send nothing more to a number; to stop, told to a provider, is a no for all of theirs."""
    if code == Says.OPTED_OUT:
        opted_out(session, contact_id, now=now)
    else:
        numbers.refuse(session, contact_id, now=now)
