"""Whose an alert is and what may be done with it now, in a clinician's words; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.lifecycle import State
from app.pages.language import Language, language
from core.vitals import Severity
from monitoring.catalogue import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from alerts import inbox
    from alerts.inbox import EpisodeView, InboxRow
    from app.pages.wording import Moment

IN_ENGLISH = language(ENGLISH)
HOUR = timedelta(hours=1)
SPANS = {
    "1 hour": HOUR,
    "4 hours": 4 * HOUR,
    "12 hours": 12 * HOUR,
    "1 day": 24 * HOUR,
    "3 days": 72 * HOUR,
    "1 week": 7 * 24 * HOUR,
    "2 weeks": 14 * 24 * HOUR,
}
CONTACTS = {
    "call": "Telephone",
    "video-visit": "Video visit",
    "visit": "Visit",
    "message": "Message",
}


@dataclass(frozen=True, slots=True)
class Span:
    """One choice of how long an alert may be put off."""

    hours: int
    words: str


@dataclass(frozen=True, slots=True)
class Holding:
    """Whose it is, and which acts make sense now; the service decides what is legal."""

    whose: str
    can_take: bool
    take: str  # what the button says
    can_claim: bool
    can_wake: bool
    can_pass: bool
    spans: tuple[Span, ...]


def whose(
    item: EpisodeView | InboxRow,
    mine: Collection[object],
    at: Callable[[datetime], Moment],
    said: Language = IN_ENGLISH,
    *,
    private: bool = False,
) -> str:
    """Return who has an alert in hand: its owner, who looks at it, who put it off and why.

    What somebody wrote may name a patient, so it is left out where nobody is named.
    """
    holding, is_mine = item.holding, item.owner_id in mine
    if item.state is State.CLAIMED:
        if holding.claimed_by_id in mine:
            return said.say("you look at it")
        return said.say("{name} looks at it", name=holding.claimed_by_name)
    if item.state is State.SNOOZED and holding.snoozed_until and holding.snoozed_at:
        return _put_off(holding, at, said, private=private)
    if holding.asked_by_name and holding.answer_by:
        facts = {"asker": holding.asked_by_name, "time": at(holding.answer_by).absolute}
        if is_mine:
            return said.say("you are asked by {asker}, until {time}", **facts)
        name = item.owner_name
        return said.say("{name} is asked by {asker}, until {time}", name=name, **facts)
    return said.say("yours") if is_mine else item.owner_name or said.say("not owned")


def _put_off(
    holding: inbox.Holding, at: Callable[[datetime], Moment], said: Language, *, private: bool
) -> str:
    facts = {
        "time": at(holding.snoozed_until).absolute if holding.snoozed_until else "",
        "name": holding.snoozed_by_name,
        "since": at(holding.snoozed_at).relative if holding.snoozed_at else "",
    }
    if private:
        return said.say("put off until {time} by {name}, {since}", **facts)
    why = holding.snooze_reason
    return said.say("put off until {time} by {name}, {since}: {why}", why=why, **facts)


def holding(
    view: EpisodeView,
    mine: Collection[object],
    at: Callable[[datetime], Moment],
    said: Language = IN_ENGLISH,
    *,
    private: bool = False,
) -> Holding:
    """Return what a page offers to do with an episode."""
    asked = view.state is State.ACKNOWLEDGED and bool(view.holding.asked_by_name)
    return Holding(
        whose=whose(view, mine, at, said, private=private),
        can_take=view.state is not State.ACKNOWLEDGED or asked,
        take=said.say("Accept it") if asked else said.say("Take it"),
        can_claim=view.state is State.OPEN,
        can_wake=view.state is State.SNOOZED,
        can_pass=view.severity is not Severity.DQ,
        spans=spans(view, said),
    )


def spans(view: EpisodeView, said: Language = IN_ENGLISH) -> tuple[Span, ...]:
    """Return how long it may be put off: not at all for a RED, and never while it is put off."""
    if view.severity is Severity.RED or view.state is State.SNOOZED:
        return ()
    return tuple(
        Span(span // HOUR, said.say(words))
        for words, span in SPANS.items()
        if span <= view.longest_snooze
    )
