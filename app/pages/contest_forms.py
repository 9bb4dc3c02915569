"""The forms of contested scores: what was typed, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import BaseModel

from monitoring.contests import NOTE_LENGTH, By, Ground, Ruling

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.pages.language import Language


class ContestForm(BaseModel):
    """What a form says against a score."""

    by: str = ""
    ground: str = ""
    note: str = ""
    system: str = ""  # of the privacy officer's form: whom it is about
    value: str = ""
    csrf: str = ""


class AnswerForm(BaseModel):
    """What a form answers."""

    ruling: str = ""
    note: str = ""
    csrf: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """What was typed, and what is wrong with it, by the field."""

    form: ContestForm = field(default_factory=ContestForm)
    answer: AnswerForm = field(default_factory=AnswerForm)
    of: UUID | None = None  # the contest that is answered
    faults: dict[str, str] = field(default_factory=dict)


def contest_faults(form: ContestForm, said: Language, of: Iterable[By]) -> dict[str, str]:
    """Return what is wrong with a form, by the field; `of` are those it may be written for."""
    faults: dict[str, str] = {}
    if form.by not in tuple(of):
        faults["by"] = said.say("Choose who contests it.")
    if form.ground not in tuple(Ground):
        faults["ground"] = said.say("Choose why.")
    return faults | _note_faults(form.note, said)


def answer_faults(form: AnswerForm, said: Language) -> dict[str, str]:
    """Return what is wrong with an answer, by the field."""
    faults: dict[str, str] = {}
    if form.ruling not in tuple(Ruling):
        faults["ruling"] = said.say("Choose an answer.")
    return faults | _note_faults(form.note, said)


def _note_faults(note: str, said: Language) -> dict[str, str]:
    if not note.strip():
        return {"note": said.say("Say it in a few words.")}
    if len(note.strip()) > NOTE_LENGTH:
        return {"note": said.say("A note has at most {most} characters.", most=NOTE_LENGTH)}
    return {}
