"""What a judgement gives reason to tell a patient: a RED, its end, a repeat (AL-20)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from alerts.addressing.service import LINK, TO_READ, send, send_to, those_told
from alerts.cover import unread
from alerts.lifecycle import State as AlertState
from alerts.patients import repository, wording
from alerts.patients.recipients import Chosen, choose
from alerts.patients.repository import SENT, Letter
from alerts.patients.wording import Kind, Why
from alerts.policy import thaw
from alerts.reasons import Reason
from alerts.reds import repository as reds
from alerts.visit import Status
from alerts.visits.repository import visit_told
from core import outbox
from core.outbox import Priority, Topic
from core.vitals import Severity
from ingest import repository as people
from ingest.contacts.repository import addressee, contacts_of
from monitoring import repository as judgements
from monitoring.asking import repository as asking
from monitoring.phrases import read_phrase
from monitoring.repeats import Outcome, outcome

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.patients.tables import PatientMessage
    from alerts.tables import Alert
    from ingest.contacts.repository import Addressee
    from monitoring.findings import Ask
    from monitoring.phrases import Phrase

COVERED = timedelta(days=2)


def after_judgement(
    session: Session, patient_id: UUID, changed: Collection[UUID], *, urgent: bool, now: datetime
) -> None:
    """Have it decided what patient and carers are told of a judgement, where there is anything.

    It is work of its own: whatever goes wrong with it keeps no alert from opening (REL-27).
    """
    if changed or asking.waiting(session, patient_id, now=now):
        priority = Priority.CRITICAL if urgent else Priority.NORMAL
        outbox.offer(session, Topic.INFORM, patient_id, now=now, priority=priority)


def after_resolution(session: Session, alert: Alert, *, now: datetime) -> None:
    """Have it decided what was put off while a RED stood, once its end can't be undone any more."""
    if alert.severity == Severity.RED:
        due = now + thaw(alert.policy).undo
        outbox.offer(session, Topic.INFORM, alert.patient_id, now=now, not_before=due)


def inform(session: Session, patient_id: UUID, *, now: datetime) -> None:
    """Tell of a RED that pages or lost its reading, and of what is to be measured again.

    Doing it twice has the effect once: each message is known by what it is about (REL-10).
    """
    judgements.lock(session, [patient_id])  # two at once would ask for the same in two messages
    for alert in reds.standing(session, patient_id):
        instruct(session, alert, now=now)
    for alert in reds.over(session, patient_id, since=now - COVERED):
        _take_back(session, alert, now=now)
    ask_again(session, patient_id, now=now)


def instruct(session: Session, alert: Alert, *, now: datetime) -> None:
    """Tell patient and carers of a RED that pages, beside the clinicians (alerting.md 5).

    One that was lowered and is RED again is told of again, as it pages again. Whatever kept it
    from being told for longer than a late reading pages, it is told as news no more (REL-20).
    """
    if alert.in_time_at is None or now - alert.in_time_at > thaw(alert.policy).late_after:
        return
    says = repository.said_of(session, alert.id, Severity.RED)
    to = addressee(session, alert.patient_id)
    if says is None or to is None:
        return
    letter = Letter(
        to=to,
        kind=Kind.INSTRUCTION,
        key=_key(Kind.INSTRUCTION, alert, _which(session, alert)),
        why=Why.RED,
        until=now + TO_READ,
        alert_id=alert.id,
        says=wording.instruction(says, _unread(alert, to, now=now)),
        urgent=True,
    )
    send(session, letter, now=now)


def _key(kind: Kind, alert: Alert, which: int) -> str:
    """Return by what a message of one of an alert's REDs is known."""
    return f"{kind}:{alert.id}" + (f":{which}" if which else "")


def _which(session: Session, alert: Alert) -> int:
    """Return how often an alert was RED before it was so last: it may be lowered and rise."""
    times = len(reds.lowerings(session, alert.id))
    return times if alert.severity == Severity.RED else max(times - 1, 0)


def _lost(session: Session, alert: Alert) -> bool:
    """Return whether an alert is less than RED because its reading was corrected or taken back."""
    return reds.lowerings(session, alert.id)[-1].why == Reason.LOWERED


def _unread(alert: Alert, to: Addressee, *, now: datetime) -> Phrase | None:
    """Return what is said where nobody of the team reads now; the page puts the number in."""
    return unread(thaw(alert.policy).site, Severity.RED, now=now, zone=to.zone, emergency="")


def _take_back(session: Session, alert: Alert, *, now: datetime) -> None:
    """Tell whoever was told of a RED that its reading was taken back.

    While another RED that they were told of stands it is put off: what they are to do still holds.
    """
    which = _which(session, alert)
    if alert.state != AlertState.WITHDRAWN and not _lost(session, alert):
        return
    told = reds.instructed(session, alert.id, _key(Kind.INSTRUCTION, alert, which))
    to = addressee(session, alert.patient_id)
    if not told or to is None:
        return
    letter = Letter(
        to=to,
        kind=Kind.WITHDRAWN,
        key=_key(Kind.WITHDRAWN, alert, which),
        why=Why.WITHDRAWN,
        until=now + TO_READ,
        alert_id=alert.id,
        says=wording.taken_back(),
    )
    chosen = those_told(session, letter, told, now=now)
    if reds.stands(session, to.id):
        chosen = [Chosen(None, False, Why.ANOTHER_RED)]
    send_to(session, letter, chosen, now=now)


def page_of(session: Session, message: PatientMessage) -> list[Phrase]:
    """Return what a message's page says: opened after its RED was taken back, that it was.

    Of a video visit it says what is so now.
    """
    if message.kind == Kind.VISIT:
        return _visit(session, message)
    ended = _lost_at(session, message) if message.kind == Kind.INSTRUCTION else None
    before = ended is None or (message.opened_at is not None and message.opened_at < ended)
    if before or reds.stands(session, message.patient_id):
        return [read_phrase(each) for each in message.says]
    return wording.taken_back()


def _visit(session: Session, message: PatientMessage) -> list[Phrase]:
    visit = visit_told(session, message)
    if visit is None or visit.status is Status.BOOKED:
        return [read_phrase(each) for each in message.says]
    if visit.status is Status.CANCELLED:
        return wording.visit_off(visit.span.start, message.zone)
    return wording.visit_over()


def _lost_at(session: Session, message: PatientMessage) -> datetime | None:
    """Return when the RED that a message speaks of lost its reading, None where it did not."""
    alert = repository.alert_of(session, message.alert_id) if message.alert_id else None
    if alert is None:
        return None
    which = message.key.partition("~")[0].split(":")[2:] or ["0"]
    lowered = reds.lowerings(session, alert.id)[int(which[0]) :]
    if lowered and lowered[0].why == Reason.LOWERED:
        return lowered[0].at
    return alert.closed_at if alert.state == AlertState.WITHDRAWN else None


def ask_again(session: Session, patient_id: UUID, *, now: datetime) -> None:
    """Ask for what is to be measured again and nobody was told of yet.

    While a message is open on whose page there is room for it, it joins that page: two text
    messages for one doubtful measurement teach people to ignore them.
    """
    waiting = asking.waiting(session, patient_id, now=now)
    to = addressee(session, patient_id) if waiting else None
    if to is None:
        return
    told = repository.recent(session, patient_id, since=now - COVERED)
    known_asks = {UUID(each) for message in told if _asked(message) for each in message.asks}
    new = [
        (id_, ask)
        for id_, ask in waiting
        if id_ not in known_asks and _unanswered(session, patient_id, ask, now=now)
    ]
    if not new:
        return
    ids = [id_ for id_, _ in new]
    letter = Letter(
        to=to,
        kind=Kind.REPEAT,
        key=f"repeat:{min(ids)}",
        why=Why.ASKED,
        until=now + LINK,
        asks=ids,
        urgent=any(ask.critical for _, ask in new),
    )
    open_ = [each for each in told if _has_room(each, now=now)]
    if not _all_find_it(session, to, open_, now=now):
        send(session, letter, now=now)
        return
    for each in open_:
        each.asks = [*each.asks, *map(str, ids)]
    repository.add(session, letter, Chosen(None, False, Why.JOINED), now=now)


def _all_find_it(
    session: Session, to: Addressee, open_: Iterable[PatientMessage], *, now: datetime
) -> bool:
    """Return whether everybody who would be asked has a page of theirs yet to open."""
    chosen = choose(Kind.REPEAT, contacts_of(session, to.id, now=now))
    asked = {each.number.id for each in chosen if each.number and each.why_not is None}
    return bool(asked) and asked <= {each.contact_id for each in open_}


def _asked(message: PatientMessage) -> bool:
    """Return whether a message asks by itself, and was not called off with its RED."""
    return message.reason not in (Why.JOINED, Why.OVER)


def _unanswered(session: Session, patient_id: UUID, ask: Ask, *, now: datetime) -> bool:
    readings = people.readings(session, patient_id, since=ask.taken)
    return outcome(ask, readings, now=now) is not Outcome.REPEATED


def _has_room(message: PatientMessage, *, now: datetime) -> bool:
    """Return whether more can be asked on the page of a message: nobody has opened it yet."""
    asks = message.kind in (Kind.REPEAT, Kind.INSTRUCTION)
    young = now - message.created_at < LINK and now < message.until
    return asks and young and message.state in SENT and message.opened_at is None
