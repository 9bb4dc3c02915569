"""What a patient and their carers are told, as their clinician sees it; consent, and the hour.

The texts are those of the patient's own page, in the patient's language.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from alerts.dailies import repository as daily_rows
from alerts.dailies import service as dailies
from alerts.inbox import EpisodeView
from alerts.naming.repository import names
from alerts.patients import repository, wording
from alerts.patients.repository import SHOWN
from alerts.patients.service import page_of
from alerts.patients.tables import PatientMessage
from alerts.patients.wording import DONE, NEXT, Kind, State, Why
from app.pages.door import Door, Visit
from app.pages.language import Language
from app.pages.language import language as spoken_in
from app.pages.refusals import page_route
from app.pages.wording import Moment, moment
from core.vitals import MEASURES
from ingest.contacts import repository as numbers
from ingest.contacts.repository import Contact
from ingest.contacts.service import agree
from monitoring import words
from monitoring.asking import repository as asking
from monitoring.catalogue import known
from monitoring.findings import Says
from monitoring.phrases import Phrase
from monitoring.windows import zone_of

KINDS = {
    Kind.REPEAT: "Measure again",
    Kind.DAILY: "How are you today?",
    Kind.INSTRUCTION: "What to do now",
    Kind.WITHDRAWN: "What was told is withdrawn",
    Kind.REVIEW: "After a review",
    Kind.VISIT: "Video visit",
    Kind.VISIT_OFF: "Video visit cancelled",
}
ENDING = 4  # digits of a number that are shown


@dataclass(frozen=True, slots=True)
class MessagePrint:
    """One message, or why there was none, in one line; `text` is what its reader sees."""

    at: Moment
    what: str
    to: str
    became: str
    text: list[str]
    alarming: bool


@dataclass(frozen=True, slots=True)
class NumberPrint:
    """One number, and whether its holder is told."""

    id: UUID
    whose: str
    number: str
    told: bool
    why: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a message after a review would say of one alert, in the patient's language."""

    noticed: str
    closing: str
    done: list[tuple[str, str]]
    next: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class TellingPrint:
    """The card of a patient page."""

    messages: list[MessagePrint]
    numbers: list[NumberPrint]
    daily: str  # the patient's own hour, "" where there is none
    programme: str  # the programme's
    language: str
    reachable: bool
    previews: dict[UUID, Preview]
    sent: dict[UUID, str]  # of each alert, whether the patient was told it


def telling_print(
    door: Door, visit: Visit, patient_id: UUID, live: Sequence[EpisodeView]
) -> TellingPrint:
    """Return what the patient was told in the last two weeks, newest first, and who is told."""
    session, now = visit.session, visit.now
    to = numbers.addressee(session, patient_id)
    language = (to and known(to.language)) or door.settings.site_language
    today = now.astimezone(zone_of(to.zone) if to else door.zone).date()
    held = numbers.contacts_of(session, patient_id, now=now)
    told = repository.recent(session, patient_id, since=now - SHOWN)
    by_id = {each.id: each for each in held}
    reachable = any(each.may_be_told and not each.refused for each in held)
    own = daily_rows.daily_question(session, patient_id)
    return TellingPrint(
        messages=[_message(door, visit, each, by_id) for each in told],
        numbers=[_number(each, _by(visit, held), spoken_in(visit.language)) for each in held],
        daily=own if own is not None else "",
        programme=door.settings.daily_question_at if own is None else "",
        language=language,
        reachable=reachable,
        previews={
            view.id: _preview(view, language, door.settings.emergency_number, today)
            for view in live
        },
        sent={
            view.id: sent_words(
                [row.handed_over_at for row in told if _instructs(row, view.id)],
                visit.now,
                door.zone,
                spoken_in(visit.language),
                reachable=reachable,
            )
            for view in live
        },
    )


def _instructs(row: PatientMessage, alert: UUID) -> bool:
    """Return whether a message tells the patient themselves what to do about an alert."""
    return row.alert_id == alert and row.kind == Kind.INSTRUCTION and not row.carer


def sent_words(
    handed_over: Sequence[datetime | None],
    now: datetime,
    zone: ZoneInfo,
    reads: Language,
    *,
    reachable: bool,
) -> str:
    """Return whether the text of an alert has left for its patient, and why not where it cannot."""
    left = [at for at in handed_over if at is not None]
    if left:
        return reads.say("Sent {time}", time=reads.absolute(max(left), now=now, zone=zone))
    return reads.say("Not sent") if reachable else reads.say("Not sent: no number for messages")


def _by(visit: Visit, held: Sequence[Contact]) -> dict[UUID, str]:
    return names(visit.session, [each.agreed_by for each in held if each.agreed_by])


def _message(
    door: Door, visit: Visit, row: PatientMessage, known_numbers: dict[UUID, Contact]
) -> MessagePrint:
    held = known_numbers.get(row.contact_id) if row.contact_id else None
    reads = spoken_in(visit.language)
    carer = reads.say("carer {name}", name=held.name) if held and held.carer else reads.say("carer")
    language = row.language or door.settings.site_language
    said = page_of(visit.session, row)
    text = wording.spoken(said, language, emergency=door.settings.emergency_number)
    asks = asking.of_ids(visit.session, map(UUID, row.asks))
    text += [words.phrase(Phrase(each.tip), language, spoken=True) for each in asks]
    measured = ", ".join(dict.fromkeys(reads.say(MEASURES[each.vital].display) for each in asks))
    what = reads.say(KINDS[Kind(row.kind)])
    return MessagePrint(
        at=moment(row.created_at, now=visit.now, zone=door.zone, language=visit.language),
        what=reads.say("{what}: {measured}", what=what, measured=measured) if measured else what,
        to=carer if row.carer else reads.say("patient"),
        became=_became(door, visit, row),
        text=text,
        alarming=bool(row.alarming),
    )


def _became(door: Door, visit: Visit, row: PatientMessage) -> str:
    """Return how far a message is known to have got; each thing apart (REL-13)."""
    reads = spoken_in(visit.language)
    if row.state in (State.WITHHELD, State.CANCELLED, State.FAILED):
        return reads.say(Why(row.reason).words)
    steps = {
        "handed over {time}": row.handed_over_at,
        "delivered {time}": row.delivered_at,
        "opened {time}": row.opened_at,
        "answered {time}": row.answered_at,
    }
    known_steps = [
        reads.say(name, time=reads.absolute(at, now=visit.now, zone=door.zone))
        for name, at in steps.items()
        if at is not None
    ]
    if known_steps:
        return ", ".join(known_steps)
    if not row.attempts:
        return reads.say("waiting")
    return reads.count("waiting, {count} try", "waiting, {count} tries", row.attempts)


def _number(held: Contact, by: dict[UUID, str], reads: Language) -> NumberPrint:
    return NumberPrint(
        id=held.id,
        whose=_whose(held, reads) if held.carer else reads.say("patient"),
        number=reads.say(
            "{channel}, ends in {digits}",
            channel=reads.say(held.channel),
            digits=held.address[-ENDING:],
        ),
        told=held.may_be_told,
        why=_why(held, by, reads),
    )


def _whose(held: Contact, reads: Language) -> str:
    if held.relationship:
        who = {"name": held.name, "relationship": held.relationship}
        return reads.say("carer {name} ({relationship})", **who)
    return reads.say("carer {name}", name=held.name).strip()


def _why(held: Contact, by: dict[UUID, str], reads: Language) -> str:
    if held.agreed is not None:
        agreed = reads.say("agreed" if held.agreed else "does not want messages")
        who = by.get(held.agreed_by, "") if held.agreed_by else ""
        return reads.say("{what}, noted by {who}", what=agreed, who=who) if who else agreed
    if held.carer:
        return reads.say("has not agreed yet")
    return reads.say("the provider knows no such number") if held.refused else ""


def _preview(view: EpisodeView, language: str, emergency: str, today: date) -> Preview:
    says = view.headline.says if view.findings else None
    noticed = Phrase(says.patient, says.facts) if isinstance(says, Says) else None
    closing = wording.spoken([Phrase(wording.AFTER_REVIEW)], language, emergency=emergency)
    return Preview(
        noticed=words.phrase(noticed, language, spoken=True) if noticed else "",
        closing=closing[0],
        done=[(key, words.text(said, language)) for key, said in DONE.items()],
        next=[
            (key, words.phrase(wording.what_next(key, today=today), language, spoken=True))
            for key in NEXT
        ],
    )


def router(door: Door) -> APIRouter:
    """Return the forms of consent and of the daily question."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.post("/patients/{patient_id}/contacts/{contact_id}")
    def consent(
        request: Request,
        patient_id: UUID,
        contact_id: UUID,
        agreed: Annotated[str, Form(pattern="^(yes|no)$")] = "no",
        csrf: Annotated[str, Form()] = "",
    ) -> Response:
        with door.act(request, csrf) as visit:
            agree(visit.session, visit.caller, contact_id, agreed=agreed == "yes", now=visit.now)
        return RedirectResponse(f"/patients/{patient_id}?done=consent#told-title", status_code=303)

    @routes.post("/patients/{patient_id}/daily")
    def daily(
        request: Request,
        patient_id: UUID,
        at: Annotated[str, Form(max_length=5)] = "",
        csrf: Annotated[str, Form()] = "",
    ) -> Response:
        with door.act(request, csrf) as visit:
            dailies.set_hour(visit.session, visit.caller, patient_id, at, now=visit.now)
        return RedirectResponse(f"/patients/{patient_id}?done=daily#told-title", status_code=303)

    return routes
