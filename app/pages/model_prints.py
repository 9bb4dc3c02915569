"""The registry of learned models in words: who judges, who is tried and how it compares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.accounts.tables import AppUser
from app.pages.language import Language, language
from app.pages.model_card import Card, card_print
from app.pages.wording import Moment, moment
from core.sealed_fields import unseal
from ingest.access.beyond import Beyond
from ingest.access.repository import beyond_wall
from monitoring.models import repository
from monitoring.models.standing import IN_WORDS, By, Change, Entry, Happened, State, word_for
from reports.shadow import Comparison, Side
from reports.shadowing.repository import compared

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from app.pages.door import Door, Visit


@dataclass(frozen=True, slots=True)
class Line:
    """What is counted, of the model in shadow and of the one that judges."""

    words: str
    own: str
    others: str


@dataclass(frozen=True, slots=True)
class Trial:
    """How a model in shadow compares with the one that judges."""

    head: str
    few: bool
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class ModelPrint:
    """One model as the page shows it."""

    id: str
    state: str
    since: Moment | None
    by: str
    reason: str
    card: Card
    fault: str = ""
    tried: bool = False
    standing: State | None = None  # None: it ships, and is none of the registry
    trial: Trial | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """One line of the history."""

    at: Moment
    model: str
    what: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Registry:
    """Everything that the page shows."""

    active: str  # which of the registry judges; nothing for the one that ships
    judging: ModelPrint
    shadows: list[ModelPrint]
    others: list[ModelPrint]
    history: list[Past]


@dataclass(frozen=True, slots=True)
class _Reader:
    """Who reads, in which language, and what people are called."""

    door: Door
    visit: Visit
    said: Language
    names: dict[UUID, str]

    def at(self, instant: datetime) -> Moment:
        return moment(
            instant, now=self.visit.now, zone=self.door.zone, language=self.visit.language
        )

    def who(self, by: By) -> str:
        if by.id is None:
            return self.said.say("the operator of this installation")
        return self.names.get(by.id, self.said.say("somebody who is not here any more"))


def registry(door: Door, visit: Visit) -> Registry:
    """Return the models of this installation in the reader's language."""
    session = visit.session
    entries, history = repository.entries(session), repository.history(session)
    reader = _Reader(door, visit, language(visit.language), _names(session, entries, history))
    active = next((each for each in entries if each.state is State.ACTIVE), None)
    judging = door.learned.scorers(session).judging
    beside = judging.id if judging else ""
    return Registry(
        active=active.id if active else "",
        judging=_judging(reader, active, history),
        shadows=[_entry(reader, each, beside) for each in entries if each.state is State.SHADOW],
        others=[
            _entry(reader, each)
            for each in entries
            if each.state in (State.CANDIDATE, State.RETIRED)
        ],
        history=[_past(reader, each) for each in history],
    )


def _names(
    session: Session, entries: Iterable[Entry], history: Iterable[Happened]
) -> dict[UUID, str]:
    words = (*(each.added_by for each in entries), *(each.by for each in history))
    users = select(AppUser).where(AppUser.id.in_({each.id for each in words if each.id}))
    return {
        each.id: unseal(session, AppUser.display_name, each.display_name, id=each.id)
        for each in session.scalars(users)
    }


def _judging(reader: _Reader, active: Entry | None, history: list[Happened]) -> ModelPrint:
    """Return the model that judges, by the word that let it; where none loads, with the fault."""
    word = word_for(history, active.id if active else "")
    if active is not None:
        shown = _entry(reader, active)
        by, reason = (reader.who(word.by), word.reason) if word else (shown.by, shown.reason)
        return ModelPrint(
            shown.id, shown.state, shown.since, by, reason, shown.card, shown.fault,
            shown.tried, shown.standing,
        )  # fmt: skip
    model = reader.door.learned.file()
    return ModelPrint(
        id=model.id if model else "",
        state=reader.said.say("ships with the program"),
        since=reader.at(word.at) if word else None,
        by=reader.who(word.by) if word else "",
        reason=word.reason if word else "",
        card=card_print(reader.door.learned.file_card(), reader.said),
        fault="" if model else reader.said.say("its file is missing or damaged"),
    )


def _entry(reader: _Reader, entry: Entry, beside: str | None = None) -> ModelPrint:
    """Return a model of the registry; with its comparison where it is tried beside another."""
    visit, said = reader.visit, reader.said
    trial = None
    if beside is not None:
        with beyond_wall(visit.session, Beyond.MODELS):
            trial = _trial(compared(visit.session, entry.id, beside, now=visit.now), reader)
    return ModelPrint(
        id=entry.id,
        state=_state(entry.state, said),
        since=reader.at(entry.since),
        by=reader.who(entry.added_by),
        reason=entry.reason,
        card=card_print(entry.card, said),
        fault=reader.door.learned.why_not(visit.session, entry.id),
        tried=entry.tried,
        standing=entry.state,
        trial=trial,
    )


def _state(state: State, said: Language) -> str:
    return said.say(IN_WORDS[state].text)


def _trial(found: Comparison, reader: _Reader) -> Trial | None:
    if not found.scored or found.since is None:
        return None
    said, share = reader.said, f"{100 * found.agreeing / found.scored:.0f} %"
    return Trial(
        head=said.say(
            "Compared since {since}, beside {model}: judgements {scored}, patients {patients};"
            " both gave the same tier in {share}.",
            scored=found.scored,
            patients=found.patients,
            since=reader.at(found.since).absolute,
            model=found.judging or said.say("no model"),
            share=share,
        ),
        few=found.few,
        lines=_lines(found, said),
    )


def _lines(found: Comparison, said: Language) -> list[Line]:
    def line(words: str, *sides: str) -> Line:
        return Line(words, *sides)

    def of(count: int, among: int) -> str:
        return said.say("{count} of {all}", count=count, all=among)

    def rate(side: Side) -> str:
        each = found.per_year(side)
        return "" if each is None else f"{each:.1f}"

    both = (found.own, found.others)
    return [
        line(said.say("Alerts (firings within 14 days count once)"), *_each(both, "episodes")),
        line(said.say("AMBER or worse among them"), *_each(both, "grave")),
        line(said.say("Alerts per patient-year"), *(rate(side) for side in both)),
        line(
            said.say("Spoke in the 7 days before a true alert"),
            *(of(side.true, found.true) for side in both),
        ),
        line(
            said.say("Spoke in the 7 days before a false alert"),
            *(of(side.false, found.false) for side in both),
        ),
    ]


def _each(sides: Iterable[Side], what: str) -> list[str]:
    return [str(getattr(side, what)) for side in sides]


def _past(reader: _Reader, event: Happened) -> Past:
    said = reader.said
    other = event.other or said.say("the model that ships")
    what = {
        Change.ADDED: said.say("added"),
        Change.SHADOWED: said.say("put in shadow"),
        Change.PROMOTED: said.say("promoted, in place of {model}", model=other),
        Change.ROLLED_BACK: said.say("rolled back, to {model}", model=other),
        Change.RETIRED: said.say("retired"),
    }[event.change]
    by = reader.who(event.by)
    return Past(reader.at(event.at), event.model_id, what, by, event.reason)
