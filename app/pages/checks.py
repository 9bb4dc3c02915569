"""The checklist and the notes of an alert as the page shows them: each answer with its author."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from alerts.checking.repository import standing
from alerts.checklist import FIRST_OTHER, SECOND_OTHER, Given
from alerts.inbox import EpisodeView
from alerts.naming.repository import UNKNOWN, names
from app.pages.door import Visit
from app.pages.explained import Reader
from app.pages.labels import CHECKLIST
from app.pages.language import language
from app.pages.wording import Moment
from monitoring import words
from monitoring.catalogue import ENGLISH
from monitoring.words import Other

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
        given = known.get(item.key)
        yield CheckPrint(
            key=item.key,
            words=said.say(item.words),
            about=kept[place].name if place is not None else "",
            other=others[place] if place is not None else None,
            answer=str(given.answer) if given else "",
            own=given.words if given else "",
            by=(called.get(given.by, UNKNOWN) if given.by else "") if given else "",
            at=reader.at(given.at) if given and given.at else None,
        )


def notes_of(view: EpisodeView, reader: Reader) -> list[NotePrint]:
    """Return the notes of an alert, the newest first; what was taken back is on the timeline."""
    back = {str(e.after.get("of")) for e in view.timeline if e.kind == "undone"}
    return [
        NotePrint(str(e.after["note"]), e.actor_name, reader.at(e.at))
        for e in reversed(view.timeline)
        if e.kind == "noted" and e.at.isoformat() not in back
    ]
