"""What is said of contested scores, in a reader's words; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from app.pages.wording import Moment
from monitoring.contests import RULED, WHO, WHY, By, Ground, Ruling

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.pages.explained import Reader
    from app.pages.language import Language
    from monitoring.contests import Contest


@dataclass(frozen=True, slots=True)
class ContestPrint:
    """One contested score: what is said against it, and what was answered."""

    id: UUID
    patient_id: UUID
    assessment_id: UUID
    judged: Moment
    said: str  # who contests it, and why
    note: str
    written: str  # by whom and when it was written down
    waits: str  # that it waits, and since when; "" once there is an answer
    overdue: bool
    answer: str
    answer_note: str
    answered: str
    here: bool  # of the score that the page explains


@dataclass(frozen=True, slots=True)
class Choices:
    """What a form offers."""

    by: list[tuple[str, str]]
    grounds: list[tuple[str, str]]
    rulings: list[tuple[str, str]]


def contest_print(each: Contest, reader: Reader, *, shown: UUID | None = None) -> ContestPrint:
    """Return a contest as a page prints it; `shown` is the score that the page explains."""
    said, answer = reader.said, each.answer
    since = reader.at(each.at).relative
    late = each.overdue(reader.now)
    return ContestPrint(
        id=each.id,
        patient_id=each.patient_id,
        assessment_id=each.assessment_id,
        judged=reader.at(each.judged_at),
        said=in_words(each, said),
        note=each.note,
        written=_by(each.author, reader.at(each.at), said),
        waits=_waits(since, said, late=late) if answer is None else "",
        overdue=late,
        answer=said.say(RULED[answer.ruling]) if answer else "",
        answer_note=answer.note if answer else "",
        answered=_by(answer.author, reader.at(answer.at), said) if answer else "",
        here=each.assessment_id == shown,
    )


def in_words(each: Contest, said: Language) -> str:
    """Return who contests a score, and why."""
    return said.say(
        "Contested by {who}: {why}.", who=said.say(WHO[each.by]), why=said.say(WHY[each.ground])
    )


def choices(said: Language, *, of: Iterable[By] = By) -> Choices:
    """Return what can be chosen, in words."""
    return Choices(
        [(each.value, said.say(WHO[each])) for each in of],
        [(each.value, said.say(WHY[each])) for each in Ground],
        [(each.value, said.say(RULED[each])) for each in Ruling],
    )


def _waits(since: str, said: Language, *, late: bool) -> str:
    if late:
        return said.say("Waits for an answer, overdue: contested {since}.", since=since)
    return said.say("Waits for an answer: contested {since}.", since=since)


def _by(author: str, when: Moment, said: Language) -> str:
    name = author or said.say("a colleague")
    return said.say("{name}, {when}", name=name, when=when.absolute)
