"""Since when an alert is as grave as it is, and since when it waits for somebody again; pure.

Who took a lesser alert has not taken the graver one that it became: it is open once more, and its
clock begins anew. So it is with one that came back from whoever had it or put it off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

ROSE, TAKEN, BACK, PUT_OFF = "rose", "acknowledged", "reopened", "snoozed"
CONTACTED, UNDONE = "contacted", "undone"
AGAIN = (ROSE, BACK)  # after which what was done before does not count as it did
KINDS = (*AGAIN, TAKEN, PUT_OFF, CONTACTED, UNDONE)


class Entry(NamedTuple):
    """One line of a timeline; `reached` of a contact, `act` and `of` of what was taken back."""

    kind: str
    at: datetime
    reached: bool = False
    act: str = ""
    of: datetime | None = None


class Turn(NamedTuple):
    """How an alert stands; all None where it never rose, was taken, reached or came back."""

    risen_at: datetime | None = None
    acknowledged_at: datetime | None = None  # first taken as grave as it is
    contacted_at: datetime | None = None  # first reached since then
    waits_since: datetime | None = None  # it came back then, and nobody has it since


def turn(timeline: Iterable[Entry], *, until: datetime) -> Turn:
    """Return how an alert stood at an instant; what was done later only where it came first."""
    lines = list(timeline)
    undone = [each for each in lines if each.kind == UNDONE]
    found = Turn()
    for each in lines:
        if each.kind != UNDONE and not any(_takes_back(later, each) for later in undone):
            found = _after(found, each, over=each.at >= until)
    return found


def _takes_back(undone: Entry, each: Entry) -> bool:
    """Return whether a line was taken back; what ended a snooze for an act goes with the act."""
    return undone.of == each.at and each.kind in (undone.act, BACK)


def _after(was: Turn, each: Entry, *, over: bool) -> Turn:
    if each.kind == CONTACTED:
        return was._replace(contacted_at=was.contacted_at or (each.at if each.reached else None))
    if each.kind == TAKEN:
        first = was.acknowledged_at or each.at
        return was._replace(acknowledged_at=first, waits_since=was.waits_since if over else None)
    if over:
        return was
    if each.kind == ROSE:
        return Turn(risen_at=each.at)
    return was._replace(waits_since=each.at if each.kind == BACK else None)
