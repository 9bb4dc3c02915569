"""A policy as a person reads it: whose hours, which chain, who is told when (`policy show`)."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from alerts.escalation import RECIPIENTS
from alerts.hours import NO_COVER
from alerts.policy_check import places
from core.vitals import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alerts.hours import Place
    from alerts.policy import Policy, Route, Rung, Tier


def lines(policy: Policy, *, emergency: str) -> Iterator[str]:
    """Yield the lines of a policy; `emergency` is the site's number."""
    yield f"policy {policy.hash[:12]}"
    yield from (f"hours {name}: {hours.words()}" for name, hours in policy.hours.items())
    yield from (place_words(place) for place in places(policy))
    for severity, most in policy.budget.items():
        then = "the team is shown it" if severity is Severity.AMBER else "it goes into the digest"
        yield f"budget: one person is told of {most} {severity} a day; after that {then}"
    for severity, tier in policy.tiers.items():
        yield from _tier(severity, tier, emergency)


def place_words(place: Place) -> str:
    """Return a team's clock, cover and holidays in one line."""
    covered = "; ".join(each.words() for each in place.cover) or "at every hour"
    holidays = ", ".join(f"{day} {name}" for day, name in sorted(place.holidays.items()))
    named = "every other team" if place.name == "site" else f"team {place.name}"
    return f"{named}: {place.zone}, somebody reads {covered}; holidays: {holidays or 'none'}"


def _tier(severity: Severity, tier: Tier, emergency: str) -> Iterator[str]:
    yield f"{severity}"
    for route in tier.routes:
        yield f"  route {route.name}: {_case(route)}"
        if route.emergency:
            yield f"    at once: the person's text says that nobody reads, and to call {emergency}"
        yield from _chain(route.rungs, route.repeat)
    if tier.rungs:
        yield "  else" if tier.routes else "  always"
        yield from _chain(tier.rungs, tier.repeat)


def _case(route: Route) -> str:
    said = route.words() or "always"
    return "when nobody of the team reads" if route.hours == NO_COVER else said


def _chain(rungs: Sequence[Rung], repeat: Sequence[Rung]) -> Iterator[str]:
    for after, together in groupby(rungs, key=lambda rung: rung.after):
        yield f"    {_after(after)}: {_told(list(together))}"
    for after, together in groupby(repeat, key=lambda rung: rung.after):
        yield f"    then every {_span(after)} until somebody owns it: {_told(list(together))}"


def _told(rungs: Sequence[Rung]) -> str:
    by = {RECIPIENTS[rung.to]: [r.channel for r in rungs if r.to is rung.to] for rung in rungs}
    return "; ".join(f"{who} by {' and '.join(channels)}" for who, channels in by.items())


def _after(wait: timedelta) -> str:
    return f"after {_span(wait)}" if wait else "at once"


def _span(wait: timedelta) -> str:
    minutes = wait / timedelta(minutes=1)
    return f"{minutes / 60:g} h" if minutes and minutes % 60 == 0 else f"{minutes:g} min"
