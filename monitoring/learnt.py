"""Says how a usual was learnt: since when anew and why, and of which readings it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from monitoring.baseline import SPAN_DAYS
from monitoring.findings import Alike, Why
from monitoring.phrases import Day, Phrase, whole, within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.vitals import Vital
    from monitoring.findings import Restart, Usual
    from monitoring.moment import Hit, Moment
    from monitoring.phrases import Value

ANEW = {
    Why.NEW_DEVICE: "The usual was started anew on {day}, with a new device.",
    Why.ADMISSION: "The usual was started anew on {day}, after a stay in hospital.",
}
OF = {
    Alike.MORNING: "This usual is of morning readings only.",
    Alike.LATER: "This usual is of afternoon and evening readings only.",
    Alike.WORKING_DAYS: "This usual is of Mondays to Fridays only.",
    Alike.WEEKENDS: "This usual is of Saturdays and Sundays only.",
    Alike.DEVICE: "This usual is of this device's readings only.",
    Alike.SITE: "This usual is of readings at this part of the body only.",
}
_BRIEF = {Why.NEW_DEVICE: "new device", Why.ADMISSION: "stay in hospital"}
_BRIEFLY_OF = {
    Alike.MORNING: "in the morning",
    Alike.LATER: "in the afternoon and evening",
    Alike.WORKING_DAYS: "on Mondays to Fridays",
    Alike.WEEKENDS: "on Saturdays and Sundays",
    Alike.DEVICE: "by this device",
    Alike.SITE: "at this part of the body",
}


def sentences(usual: Usual | None, restart: Restart | None) -> Iterator[Phrase]:
    """Yield what is to be said of a usual; of one that is not there yet, why it was ended."""
    if usual is not None and usual.alike is not None:
        yield Phrase(OF[usual.alike])
    anew = usual.restart if usual is not None else restart
    if anew is not None:
        yield Phrase(ANEW[anew.why], {"day": Day(anew.day.toordinal())})


def briefly(restart: Restart | None) -> str:
    """Return, for a note or a chart, since when a usual is learnt anew; nothing where it is not."""
    return f", since {restart.day:%d %b}: {_BRIEF[restart.why]}" if restart else ""


def of_which(usual: Usual) -> str:
    """Return, for a chart, which readings a usual is of; nothing where it is of all."""
    return f" {_BRIEFLY_OF[usual.alike]}" if usual.alike else ""


def ended(hit: Hit, now: Moment) -> Hit:
    """Return a hit that says, where there is no usual, that one was ended and why."""
    if hit.vital is None or hit.usual is not None:
        return hit
    restart = now.restarted(hit.vital)
    return replace(hit, restart=restart) if restart else hit


def notes(vital: Vital, now: Moment) -> Iterator[Phrase]:
    """Yield what a judgement does not know of a vital's usual."""
    usual = now.usual(vital, window=1, days=SPAN_DAYS)
    facts: dict[str, Value] = {"measure": Phrase(within(vital))}
    if usual is None:
        yield Phrase("no personal baseline yet: {measure}", facts)
    elif usual.provisional:
        facts["days"] = whole(usual.days)
        yield Phrase("provisional baseline: {measure} ({days} days)", facts)
    else:
        return
    for why in sentences(None, usual.restart if usual else now.restarted(vital)):
        yield Phrase("{measure}: {why}", {**facts, "why": why})
