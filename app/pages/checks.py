"""The checklist and the notes of an alert as the page shows them: each answer with its author."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from alerts.checking.repository import standing
from alerts.checklist import FIRST_OTHER, SECOND_OTHER, Given
from alerts.inbox import EpisodeView
from alerts.naming.repository import UNKNOWN, names
from alerts.views import repository as views
from app.pages.door import Visit
from app.pages.explained import Reader
from app.pages.labels import CHECKLIST
from app.pages.language import language
from app.pages.wording import Moment
from ingest.repository import visible_to
from monitoring import words
from monitoring.catalogue import ENGLISH
from monitoring.words import Other

WITH_NOTES = ("noted", "delegated")
PLACES = {FIRST_OTHER: 0, SECOND_OTHER: 1}


@dataclass(frozen=True, slots=True)
class CheckPrint:
    """One item: what is asked, what stands, who said it."""

    key: str
    words: str
    about: str  # the alternative in English, as it is kept
    other: Other | None
    answer: str
    own: str
    by: str
    at: Moment | None
    seen: int  # the number of the newest answer to it, for the form to tell what it was made on


@dataclass(frozen=True, slots=True)
class NotePrint:
    """One note that was not taken back."""

    words: str
    by: str
    at: Moment


def checks_of(
    visit: Visit, live: Sequence[EpisodeView], reader: Reader
) -> dict[UUID, list[CheckPrint]]:
    """Return the checklist of each open alert."""
    known = standing(visit.session, [each.id for each in live])
    people = {given.by for answers in known.values() for given in answers.values() if given.by}
    called = names(visit.session, people)
    return {each.id: list(_checks(each, known[each.id], called, reader)) for each in live}


def _checks(
    view: EpisodeView, known: Mapping[str, Given], called: Mapping[UUID, str], reader: Reader
) -> Iterator[CheckPrint]:
    others = words.alternatives(view.headline, reader.language)
    kept = words.alternatives(view.headline, ENGLISH)
    said = language(reader.language)
    for item in CHECKLIST:
        place = PLACES.get(item.key)
        if place is not None and place >= len(others):
            continue
        newest, about = known.get(item.key), kept[place].name if place is not None else ""
        # An answer to another alternative is none to the one that is named now.
        given = newest if newest is not None and newest.stands_for(about) else None
        yield CheckPrint(
            key=item.key,
            words=said.say(item.words),
            about=about,
            other=others[place] if place is not None else None,
            answer=str(given.answer) if given else "",
            own=given.words if given else "",
            by=(called.get(given.by, UNKNOWN) if given.by else "") if given else "",
            at=reader.at(given.at) if given and given.at else None,
            seen=newest.number if newest else 0,
        )


def standing_answers(visit: Visit, alert_id: UUID) -> list[Given]:
    """Return the answers that stand for what the page of an open alert asks now."""
    live = views.live(visit.session, visible_to(visit.caller), [alert_id])
    others = [other.name for view in live for other in words.alternatives(view.headline, ENGLISH)]
    now = {item: others[place] for item, place in PLACES.items() if place < len(others)}
    known = standing(visit.session, [alert_id])[alert_id].values()
    return [each for each in known if each.stands_for(now.get(each.item, ""))]


def notes_of(view: EpisodeView, reader: Reader) -> list[NotePrint]:
    """Return the notes of an alert, the newest first, those of who passed it on among them.

    What was taken back is on the timeline alone.
    """
    back = {str(e.after.get("of")) for e in view.timeline if e.kind == "undone"}
    return [
        NotePrint(str(e.after["note"]), e.actor_name, reader.at(e.at))
        for e in reversed(view.timeline)
        if e.kind in WITH_NOTES and e.after.get("note") and e.at.isoformat() not in back
    ]
