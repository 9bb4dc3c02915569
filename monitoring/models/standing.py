"""What may become of a learned model, and why not: added, in shadow, judging, retired."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Any

from core.errors import ConflictError, InvalidError, Sentence

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

MOST_IN_SHADOW = 3  # each scores beside every judgement (E)
LONGEST_REASON = 500
# What an artefact scores with, and what drift is held against: a reader cannot use it.
BULK = ("points", "edges", "missing", "shares")


class State(StrEnum):
    """Where a model stands."""

    CANDIDATE = "candidate"  # in the registry, and scores nobody
    SHADOW = "shadow"  # scores beside the one that judges, and nobody is told (AL-21)
    ACTIVE = "active"  # judges
    RETIRED = "retired"


# How the page says it.
IN_WORDS = {
    State.CANDIDATE: Sentence("added, scores nobody"),
    State.SHADOW: Sentence("in shadow"),
    State.ACTIVE: Sentence("judges"),
    State.RETIRED: Sentence("retired"),
}


class Change(StrEnum):
    """What happened to a model."""

    ADDED = "added"
    SHADOWED = "put in shadow"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled back"
    RETIRED = "retired"

    @property
    def about_another(self) -> bool:
        """Return whether another model's time to judge ended or began with it."""
        return self in (Change.PROMOTED, Change.ROLLED_BACK)


@dataclass(frozen=True, slots=True)
class By:
    """Whose word it was: somebody who is signed in, or the command line of the installation."""

    kind: str
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One model of the registry, without the numbers it scores with."""

    id: str
    state: State
    card: Mapping[str, Any] = field(hash=False)
    added_at: datetime
    added_by: By
    reason: str
    since: datetime  # from when on it stands where it stands
    tried: bool = False  # whether it ever was in shadow


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened to a model.

    `other` is the model that judged before a promotion, or that judges again after a roll-back;
    "" stands for the one that ships with the program.
    """

    model_id: str
    change: Change
    at: datetime
    by: By
    reason: str
    other: str = ""


def card_of(artefact: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an artefact says of itself: everything but the numbers it scores with."""
    return {key: _readable(value) for key, value in artefact.items()}


def _readable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _readable(each) for key, each in value.items() if key not in BULK}
    return [_readable(each) for each in value] if isinstance(value, list) else value


def reasoned(reason: str) -> str:
    """Return a reason that can be kept; raise `InvalidError` where there is none."""
    kept = reason.strip()
    if not kept:
        raise InvalidError("say why: the reason is kept with the model", field="reason")
    if len(kept) > LONGEST_REASON:
        raise InvalidError(
            "a reason has at most {most} characters",
            field="reason",
            facts={"most": LONGEST_REASON},
        )
    return kept


def still_judges(active: str, seen: str | None) -> None:
    """Raise `ConflictError` where another model judges than somebody saw when they decided.

    Both are "" for the one that ships; `seen` is None where nobody looked.
    """
    if seen not in (None, active):
        raise ConflictError(
            "somebody was quicker: {model} judges now",
            facts={"model": active or Sentence("the model that ships")},
        )


def still_stands(entry: Entry, seen: str | None) -> None:
    """Raise `ConflictError` where a model stands elsewhere than somebody saw when they decided.

    Raises `InvalidError` where `seen` is no state; it is None where nobody looked.
    """
    if seen not in (None, *State):
        raise InvalidError("the form does not say where the model stood", field="stood")
    if seen not in (None, entry.state):
        raise ConflictError(
            "somebody was quicker: the state of this model is “{state}” now",
            facts={"state": IN_WORDS[entry.state]},
        )


def may_be_tried(entry: Entry, states: Collection[State]) -> None:
    """Raise `ConflictError` where a model cannot be put in shadow beside those in `states`."""
    if entry.state in (State.SHADOW, State.ACTIVE):
        raise ConflictError("this model is {state} already", facts={"state": entry.state.value})
    if sum(each is State.SHADOW for each in states) >= MOST_IN_SHADOW:
        raise ConflictError(
            "{most} models are in shadow: retire one first", facts={"most": MOST_IN_SHADOW}
        )


def may_judge(entry: Entry, *, without_shadow: bool) -> None:
    """Raise `ConflictError` where a model may not be promoted: never tried, or judging already."""
    if entry.state is State.ACTIVE:
        raise ConflictError("this model is {state} already", facts={"state": entry.state.value})
    if not entry.tried and not without_shadow:
        raise ConflictError("this model was never in shadow: nobody knows what it would have said")


def may_retire(entry: Entry) -> None:
    """Raise `ConflictError` where a model is retired already."""
    if entry.state is State.RETIRED:
        raise ConflictError("this model is {state} already", facts={"state": entry.state.value})


def judged_before(events: Iterable[Happened]) -> str:
    """Return which model judged before the last promotion that stands, "" for the one that ships.

    `events` are all that ever happened, the oldest first. Each roll-back takes back one
    promotion; what was retired by somebody's word is never rolled back to, and nothing is
    rolled back to itself.
    """
    judging: list[str] = []
    for each in events:
        if each.change is Change.PROMOTED:
            judging.append(each.model_id)
        elif each.change is Change.ROLLED_BACK:
            # What the row says counts: it may be of a version that reckoned otherwise.
            judging = judging[:-1]
            if each.other and judging[-1:] != [each.other]:
                judging.append(each.other)
        elif each.change is Change.RETIRED:
            # With the model that judges, all that judged before it is over as well.
            ended = judging[-1:] == [each.model_id]
            judging = [] if ended else _without(judging, each.model_id)
    return judging[-2] if len(judging) > 1 else ""


def _without(judging: Iterable[str], retired: str) -> list[str]:
    """Return who judged one after the other as if one never had; equal neighbours become one."""
    return [id_ for id_, _ in groupby(each for each in judging if each != retired)]


def word_for(events: Sequence[Happened], active: str) -> Happened | None:
    """Return what let the model judge that does, None where nothing ever happened to it.

    `events` are all that ever happened, the newest first; `active` is "" for the one that ships.
    """
    turns = [each for each in events if each.change.about_another]
    if active or not turns or turns[0].change is Change.ROLLED_BACK:
        return next((each for each in turns if _let_judge(each) == active), None)
    ended = turns[0].model_id  # it judged until somebody retired it
    retired = (e for e in events if e.change is Change.RETIRED and e.model_id == ended)
    return next(retired, None)


def _let_judge(event: Happened) -> str:
    return event.model_id if event.change is Change.PROMOTED else event.other
