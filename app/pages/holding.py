"""Whose an alert is and what may be done with it now, in a clinician's words; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.lifecycle import State
from core.vitals import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from alerts.inbox import EpisodeView, InboxRow
    from app.pages.wording import Moment

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
    item: EpisodeView | InboxRow, mine: Collection[object], at: Callable[[datetime], Moment]
) -> str:
    """Return who has an alert in hand: its owner, who looks at it, who put it off and why."""
    holding = item.holding
    owner = "yours" if item.owner_id in mine else item.owner_name
    if item.state is State.CLAIMED:
        looking = (
            "you look" if holding.claimed_by_id in mine else f"{holding.claimed_by_name} looks"
        )
        return f"{looking} at it"
    if item.state is State.SNOOZED and holding.snoozed_until and holding.snoozed_at:
        until, since = at(holding.snoozed_until).absolute, at(holding.snoozed_at).relative
        by, why = holding.snoozed_by_name, holding.snooze_reason
        return f"put off until {until} by {by}, {since}: {why}"
    if holding.asked_by_name and holding.answer_by:
        asked = "you are asked" if item.owner_id in mine else f"{owner} is asked"
        return f"{asked} by {holding.asked_by_name}, until {at(holding.answer_by).absolute}"
    return owner or "not owned"


def holding(
    view: EpisodeView, mine: Collection[object], at: Callable[[datetime], Moment]
) -> Holding:
    """Return what a page offers to do with an episode."""
    asked = view.state is State.ACKNOWLEDGED and bool(view.holding.asked_by_name)
    return Holding(
        whose=whose(view, mine, at),
        can_take=view.state is not State.ACKNOWLEDGED or asked,
        take="Accept it" if asked else "Take it",
        can_claim=view.state is State.OPEN,
        can_wake=view.state is State.SNOOZED,
        can_pass=view.severity is not Severity.DQ,
        spans=spans(view),
    )


def spans(view: EpisodeView) -> tuple[Span, ...]:
    """Return how long it may be put off: not at all for a RED, and never while it is put off."""
    if view.severity is Severity.RED or view.state is State.SNOOZED:
        return ()
    return tuple(
        Span(span // HOUR, words) for words, span in SPANS.items() if span <= view.longest_snooze
    )
