"""Open the page behind a link, and take what is answered there through the same door as devices.

A link opens once, by a form: whatever looks at links before their reader does (a preview, a
scanner) opens nothing. What is answered is FHIR, accepted, stored and judged as any reading.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import ingest.service
from alerts.addressing.service import LINK, TO_READ
from alerts.answering import forms, repository
from alerts.answering.forms import DAILY, Fault
from alerts.patients import repository as messages
from alerts.patients.recipients import Chosen
from alerts.patients.repository import SENT, Letter, parted
from alerts.patients.service import page_of
from alerts.patients.wording import Kind, Why
from alerts.visits.repository import visit_told
from core import audit
from core.errors import InvalidError
from core.security import digest, new_secret
from fhir import self_reported
from fhir.self_reported import PRESSURES, Sheet
from ingest import repository as people
from ingest.contacts.repository import Addressee, contact
from ingest.contacts.service import page_caller, page_sender
from ingest.receipt import Posted
from monitoring.asking import repository as asking
from monitoring.phrases import read_phrase
from monitoring.repeats import Outcome, outcome

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.answering.forms import Filled, Measuring
    from alerts.patients.tables import PatientMessage
    from fhir.self_reported import Typed
    from ingest.contacts.repository import Contact
    from monitoring.phrases import Phrase

PAGE_LASTS = timedelta(minutes=30)  # E: an opened page may be answered for so long
ANEW_WITHIN = timedelta(days=7)  # E: after that nobody needs the old message
ANEW_EVERY = timedelta(minutes=10)  # E: so often a new link may be asked for
TO_BE_READ = (Kind.REVIEW, Kind.INSTRUCTION, Kind.WITHDRAWN, Kind.VISIT_OFF)
ENTITY = "patient_message"
_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Page:
    """What the page of one message shows, in no language yet."""

    kind: Kind
    carer: bool
    language: str  # "" for the site's
    zone: str
    said: list[Phrase]
    measurings: list[Measuring]  # what is still to be measured
    until: datetime | None  # by when, where it matters
    asks_daily: bool
    answered: bool
    alarming: bool
    room: str = ""  # of a video visit, while it is booked and not over


def open_link(session: Session, secret: str, *, now: datetime) -> str | None:
    """Open a link, once; return the secret of its page, or None where it opens nothing.

    Unknown, used, expired, and no longer agreed to are all the same to whoever asks (SEC-12).
    """
    message = repository.behind_link(session, digest(secret))
    if message is None or message.opened_at is not None or now >= message.until:
        return None
    if message.state not in SENT or not _agreed(session, message, now=now):
        return None
    page = new_secret()
    message.opened_at = now
    message.page_digest, message.page_until = digest(page), _page_until(message, now=now)
    _audit(session, message, audit.Action.READ, now=now)
    return page


def _page_until(message: PatientMessage, *, now: datetime) -> datetime:
    """Return how long a page lasts: that of a video visit is there when the visit begins."""
    least = now + PAGE_LASTS
    return max(least, message.until) if message.kind == Kind.VISIT else least


def opened(
    session: Session, secret: str, *, now: datetime, lock: bool = False
) -> PatientMessage | None:
    """Return the message whose page a browser holds, None where that is over."""
    message = repository.behind_page(session, digest(secret), lock=lock) if secret else None
    if message is None or message.page_until is None or now >= message.page_until:
        return None
    return message if _agreed(session, message, now=now) else None


def _agreed(session: Session, message: PatientMessage, *, now: datetime) -> bool:
    """Return whether its reader may still be told: consent is asked for when it is used."""
    held = _number(session, message, now=now)
    return held is not None and held.may_be_told and not parted(session, message)


def _number(session: Session, message: PatientMessage, *, now: datetime) -> Contact | None:
    """Return the number that a message went to, if it is its person's still."""
    if message.contact_id is None:
        return None
    return contact(session, message.contact_id, message.patient_id, now=now)


def read(
    session: Session, message: PatientMessage, *, now: datetime, said: Mapping[str, str] = _NOTHING
) -> Page:
    """Return what a message's page shows now, and write down that it was read.

    What was asked stays on it while it is unanswered, or while somebody typed an answer (`said`):
    a reading that comes meanwhile takes nothing away that a person has measured.
    """
    _audit(session, message, audit.Action.READ, now=now)
    asks = asking.of_ids(session, map(UUID, message.asks))
    readings = (
        people.readings(session, message.patient_id, since=min(a.taken for a in asks))
        if asks
        else []
    )
    left = [
        each
        for each in asks
        if outcome(each, readings, now=now) is not Outcome.REPEATED or forms.typed_for(each, said)
    ]
    answered = message.answered_at is not None
    return Page(
        kind=Kind(message.kind),
        carer=message.carer,
        language=message.language,
        zone=message.zone,
        said=page_of(session, message),
        measurings=[] if answered else forms.measurings(left),
        until=max((each.until for each in left if each.until > now), default=None),
        asks_daily=message.kind == Kind.DAILY and not answered,
        answered=answered,
        alarming=bool(message.alarming),
        room=_room(session, message, now=now),
    )


def _room(session: Session, message: PatientMessage, *, now: datetime) -> str:
    visit = visit_told(session, message) if message.kind == Kind.VISIT else None
    return visit.room if visit is not None and visit.open_at(now) else ""


def answer(
    session: Session, message: PatientMessage, said: Mapping[str, str], *, now: datetime, base: str
) -> Mapping[str, Fault]:
    """Take the answers of a form; return what is wrong with its fields, and then nothing is kept.

    `message` is locked. A form that is sent twice is taken once; `base` is the FHIR base.

    Raises
    ------
    InvalidError
        Where the door refuses what was made of the form.
    """
    page = read(session, message, now=now, said=said)
    if page.answered:
        return {}
    filled = _filled(page, said)
    symptoms = {code: said[code] for code in DAILY if page.asks_daily and code in said}
    faults = dict(filled.faults) | _unanswered(page, symptoms)
    if not faults and not filled.typed and not symptoms:
        faults = {each.name: Fault.MISSING for each in _first_fields(page)}
    if faults:
        return faults
    sheet = Sheet(str(message.patient_id), now, str(message.id), message.carer)
    _take(session, _resources(sheet, filled.typed, symptoms), base=base, now=now)
    yes = [code for code, value in symptoms.items() if value == self_reported.YES]
    who = people.person(session, message.patient_id)
    message.answered_at = now
    message.alarming = forms.alarming(filled.typed.values(), yes, scale_two=who.scale_two)
    return {}


def _filled(page: Page, said: Mapping[str, str]) -> Filled:
    fields = [field for each in page.measurings for field in each.fields]
    return forms.fill(fields, said, sure="sure" in said)


def _first_fields(page: Page) -> list[forms.Field]:
    return list(page.measurings[0].fields) if page.measurings else []


def _unanswered(page: Page, symptoms: Mapping[str, str]) -> dict[str, Fault]:
    if not page.asks_daily:
        return {}
    known = {self_reported.YES, self_reported.NO, self_reported.UNKNOWN}
    return {code: Fault.UNANSWERED for code in DAILY if symptoms.get(code) not in known}


def _resources(
    sheet: Sheet, typed: Mapping[Any, Typed], symptoms: Mapping[str, str]
) -> list[dict[str, Any]]:
    upper, lower = (typed.get(each) for each in PRESSURES)
    made = [
        self_reported.observation(sheet, each)
        for vital, each in typed.items()
        if vital not in PRESSURES
    ]
    if upper and lower:
        made.append(self_reported.pressures(sheet, upper, lower))
    return [*made, self_reported.response(sheet, symptoms)] if symptoms else made


def _take(session: Session, resources: list[dict[str, Any]], *, base: str, now: datetime) -> None:
    sender = page_sender(session, base=base, now=now)
    posted = [
        Posted(index, str(each["resourceType"]), json.dumps(each, ensure_ascii=False).encode())
        for index, each in enumerate(resources)
    ]
    answers = ingest.service.accept_each(session, sender, posted, now=now)
    if any(each.refused for each in answers):
        raise InvalidError("the answer could not be stored", field="answer")


def anew(session: Session, secret: str, *, now: datetime) -> bool:
    """Send the message of a link again, with a new link, to the same number; at most now and then.

    Return whether the link was ours; whoever asks learns nothing of what came of it.
    """
    old = repository.behind_link(session, digest(secret))
    if old is not None and old.state in SENT and old.answered_at is None:
        _send_anew(session, old, now=now)
    return old is not None


def _send_anew(session: Session, old: PatientMessage, *, now: datetime) -> None:
    lasts = TO_READ if old.kind in TO_BE_READ else LINK
    until = old.until if old.kind in (Kind.DAILY, Kind.VISIT) else now + lasts
    key = old.key.partition("~")[0]
    soon = repository.sent_anew(session, old, key, since=now - ANEW_EVERY)
    held = _number(session, old, now=now)
    if soon or now >= until or now - old.created_at > ANEW_WITHIN or held is None:
        return
    letter = Letter(
        to=Addressee(old.patient_id, old.zone, old.language, deceased=False),
        kind=Kind(old.kind),
        key=f"{key}~{now:%Y%m%d%H%M}",
        why=Why.REQUESTED,
        until=until,
        alert_id=old.alert_id,
        asks=[UUID(each) for each in old.asks],
        says=[read_phrase(each) for each in old.says],
        sent_by=old.sent_by,
    )
    if held.may_be_told:
        messages.add(session, letter, Chosen(held, held.carer), now=now)


def _audit(
    session: Session, message: PatientMessage, action: audit.Action, *, now: datetime
) -> None:
    audit.record(
        session,
        page_caller(),
        action,
        ENTITY,
        now=now,
        entity_id=message.id,
        patients=[message.patient_id],
    )
