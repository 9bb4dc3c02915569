"""When patients and carers are told: of a repeat, a RED, a review (AL-20)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from alerts import repository as episodes
from alerts.cover import unread
from alerts.inhibition import absent
from alerts.lifecycle import State as AlertState
from alerts.patients import repository, wording
from alerts.patients.recipients import Chosen, choose
from alerts.patients.repository import SENT, Letter
from alerts.patients.wording import Kind, Why
from alerts.policy import thaw
from core import outbox
from core.errors import InvalidError, NotFoundError
from core.outbox import Priority, Topic
from core.vitals import Severity
from ingest import repository as people
from ingest.contacts.repository import addressee, contacts_of
from monitoring import repository as judgements
from monitoring.asking import repository as asking
from monitoring.catalogue import known
from monitoring.repeats import Outcome, outcome

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.patients.tables import PatientMessage
    from alerts.patients.wording import Review
    from alerts.tables import Alert
    from core.security import Caller
    from ingest.contacts.repository import Addressee
    from monitoring.findings import Ask
    from monitoring.phrases import Phrase

LINK = timedelta(hours=12)  # E: how long a link to what is asked works
TO_READ = timedelta(hours=48)  # E: and one to what was noticed, or came of it
COVERED = timedelta(days=2)
ABSENCE = timedelta(days=14)  # as alerts/policy.toml: a stay whose end nobody told


def after_judgement(
    session: Session, patient_id: UUID, changed: Collection[UUID], *, urgent: bool, now: datetime
) -> None:
    """Have it decided what patient and carers are told of a judgement, where there is anything.

    It is work of its own: whatever goes wrong with it keeps no alert from opening (REL-27).
    """
    if changed or asking.waiting(session, patient_id, now=now):
        priority = Priority.CRITICAL if urgent else Priority.NORMAL
        outbox.offer(session, Topic.INFORM, patient_id, now=now, priority=priority)


def inform(session: Session, patient_id: UUID, *, now: datetime) -> None:
    """Tell what a judgement gives reason for: a RED that pages, what is to be measured again.

    Doing it twice has the effect once: each message is known by what it is about (REL-10).
    """
    judgements.lock(session, [patient_id])  # two at once would ask for the same in two messages
    for alert_id in repository.reds(session, patient_id):
        instruct(session, alert_id, now=now)
    ask_again(session, patient_id, now=now)


def instruct(session: Session, alert_id: UUID, *, now: datetime) -> None:
    """Tell patient and carers of a RED that pages, beside the clinicians (alerting.md 5)."""
    alert = repository.alert_of(session, alert_id)
    if alert is None or not _pages_red(alert):
        return
    says = repository.said_of(session, alert_id, Severity.RED)
    to = addressee(session, alert.patient_id)
    if says is None or to is None:
        return
    letter = Letter(
        patient_id=to.id,
        kind=Kind.INSTRUCTION,
        key=f"instruction:{alert_id}",
        why=Why.RED,
        until=now + TO_READ,
        language=known(to.language),
        zone=to.zone,
        alert_id=alert_id,
        says=wording.instruction(says, _unread(alert, to, now=now)),
        urgent=True,
    )
    send(session, to, letter, now=now)


def _unread(alert: Alert, to: Addressee, *, now: datetime) -> Phrase | None:
    """Return what is said where nobody of the team reads now; the page puts the number in."""
    return unread(thaw(alert.policy).site, Severity.RED, now=now, zone=to.zone, emergency="")


def _pages_red(alert: Alert) -> bool:
    live = not AlertState(alert.state).ended
    return live and alert.severity == alert.paged == Severity.RED and alert.held is None


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
    known_asks = {UUID(each) for message in told for each in message.asks}
    new = [
        (id_, ask)
        for id_, ask in waiting
        if id_ not in known_asks and _unanswered(session, patient_id, ask, now=now)
    ]
    if not new:
        return
    ids = [id_ for id_, _ in new]
    letter = Letter(
        patient_id=to.id,
        kind=Kind.REPEAT,
        key=f"repeat:{min(ids)}",
        why=Why.ASKED,
        until=now + LINK,
        language=known(to.language),
        zone=to.zone,
        asks=ids,
        urgent=any(ask.critical for _, ask in new),
    )
    open_ = [each for each in told if _has_room(each, now=now)]
    for each in open_:
        each.asks = [*each.asks, *map(str, ids)]
    if open_:
        repository.add(session, letter, Chosen(None, False, Why.JOINED), now=now)
        return
    send(session, to, letter, now=now)


def _unanswered(session: Session, patient_id: UUID, ask: Ask, *, now: datetime) -> bool:
    readings = people.readings(session, patient_id, since=ask.taken)
    return outcome(ask, readings, now=now) is not Outcome.REPEATED


def _has_room(message: PatientMessage, *, now: datetime) -> bool:
    """Return whether more can be asked on the page of a message that went out."""
    asks = message.kind in (Kind.REPEAT, Kind.INSTRUCTION)
    young = now - message.created_at < LINK and now < message.until
    return asks and young and message.state in SENT and message.answered_at is None


def after_review(
    session: Session, caller: Caller, alert_id: UUID, told: Review, *, now: datetime
) -> None:
    """Tell patient and carers what was noticed, what was done, and what to do now.

    Sent once the act can no longer be undone. Whoever calls this has the alert in hand.

    Raises
    ------
    InvalidError
        For a sentence that is none of those reviewed.
    """
    if told.done not in wording.DONE or told.next not in wording.NEXT:
        raise InvalidError("choose what was done and what to do now", field="done")
    alert = repository.alert_of(session, alert_id)
    to = addressee(session, alert.patient_id) if alert else None
    if alert is None or to is None:
        raise NotFoundError("no such alert")
    letter = Letter(
        patient_id=to.id,
        kind=Kind.REVIEW,
        key=f"review:{alert_id}:{alert.version}",
        why=Why.REVIEWED,
        until=now + TO_READ,
        language=known(to.language),
        zone=to.zone,
        alert_id=alert_id,
        says=wording.review(repository.said_of(session, alert_id), told),
        sent_by=caller.practitioner_id or caller.id,
        not_before=now + thaw(alert.policy).undo,
    )
    send(session, to, letter, now=now)


def send(session: Session, to: Addressee, letter: Letter, *, now: datetime) -> None:
    """Write the message to each who is told, and the reason for each who is not."""
    why_nobody = _nobody(session, to, letter, now=now)
    if why_nobody is not None:
        repository.add(session, letter, Chosen(None, False, why_nobody), now=now)
        return
    chosen = choose(letter.kind, contacts_of(session, to.id, now=now))
    added = [repository.add(session, letter, each, now=now) for each in chosen]
    if letter.alert_id is None or not any(added):
        return
    alert = repository.alert_of(session, letter.alert_id)
    if alert is not None:
        told = sum(each.why_not is None for each in chosen)
        reasons = [str(each.why_not) for each in chosen if each.why_not]
        facts = {"kind": str(letter.kind), "told": told, "not": reasons}
        kind = "patient-told" if told else "patient-not-told"
        episodes.note(session, alert, kind, str(letter.why), now=now, after=facts)


def _nobody(session: Session, to: Addressee, letter: Letter, *, now: datetime) -> Why | None:
    """Return why nobody at all is told now; a review is a person's decision and is told."""
    if to.deceased:
        return Why.DECEASED
    if letter.kind is Kind.REVIEW:
        return None
    ids = people.one_person(session, to.id)
    found = people.stays_of(session, ids)
    stays = [stay for each in ids for stay in found.get(each, ())]
    return Why.ABSENT if absent(stays, now=now, longest=ABSENCE) else None
