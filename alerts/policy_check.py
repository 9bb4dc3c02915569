"""What a policy must hold before anybody goes by it: no alert lost at any hour of the week."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import pairwise, product
from typing import TYPE_CHECKING

from alerts.hours import EVERY_HOUR, NO_COVER, week_words
from alerts.policy import To
from core.errors import InvalidError
from core.vitals import Severity
from monitoring.findings import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from alerts.hours import Hours, Place
    from alerts.policy import Policy, Route, Rung, Tier

DAY, WEEK = 1440, 7 * 1440
NEVER_ALONE = (Severity.RED, Severity.AMBER)
# AL-11: no policy may let somebody put an alert off for longer.
LONGEST_SNOOZE = {Severity.RED: timedelta(0), Severity.AMBER: timedelta(hours=72)}
LONGEST_SNOOZE_OF_OTHERS = timedelta(days=14)
ORDINARY = (False, False)
# Whether the day is a holiday, and whether the day before is: nights belong to their evening.
KINDS_OF_DAY = (ORDINARY, (True, False), (False, True), (True, True))
Moment = tuple[int, tuple[bool, bool]]  # minutes after Monday 00:00, and the kind of day


def check_tier(severity: Severity, tier: Tier) -> None:
    """Refuse a tier whose chains could leave an alert with nobody."""
    faults = {
        "reminds after the acknowledgement has ended": tier.reminder >= tier.holds,
        "waits for an answer longer than the acknowledgement lasts": tier.answer >= tier.holds,
        "may be snoozed for too long": tier.snooze
        > LONGEST_SNOOZE.get(severity, LONGEST_SNOOZE_OF_OTHERS),
        "may not close alone": severity in NEVER_ALONE and tier.clearing is not None,
        "may not wait for others": severity is Severity.RED and tier.gather != timedelta(0),
        "must say when it closes": severity not in NEVER_ALONE and tier.clearing is None,
    }
    _refuse(faults, str(severity), f"tiers.{severity}")
    if tier.rungs or not tier.routes:  # without a chain of its own, routes must be for all hours
        _refuse(_of_chain(severity, tier.rungs, tier.repeat), str(severity), f"tiers.{severity}")
    for route in tier.routes:
        faults = _of_chain(severity, route.rungs, route.repeat)
        _refuse(faults, f"{severity} route {route.name!r}", f"routes.{route.name}")


def _of_chain(severity: Severity, rungs: Sequence[Rung], repeat: Sequence[Rung]) -> dict[str, bool]:
    waits = [rung.after for rung in rungs]
    return {
        "has no step at once": not waits or waits[0] > timedelta(0),
        "has steps out of order": waits != sorted(waits),
        "has no repeat": not repeat or any(r.after <= timedelta(0) for r in repeat),
        "must end in the fallback team": severity in NEVER_ALONE
        and To.FALLBACK not in {rung.to for rung in repeat},
        "may only reach support": severity is Severity.DQ
        and {rung.to for rung in (*rungs, *repeat)} != {To.SUPPORT},
    }


def _refuse(faults: dict[str, bool], whose: str, field: str) -> None:
    for fault, found in faults.items():
        if found:
            raise InvalidError(f"policy: {whose} {fault}", field=field)


def check_routes(policy: Policy, conditions: Iterable[str] | None) -> None:
    """Refuse names that nobody knows, a route that nothing takes, an hour that none is for."""
    routes = [(severity, r) for severity, tier in policy.tiers.items() for r in tier.routes]
    names = [route.name for _, route in routes]
    for _, route in routes:
        unknown = {
            "hours": {route.hours} - {"", NO_COVER, *policy.hours},
            "teams": set(route.teams) - {place.name for place in policy.teams.values()},
            "conditions": set(route.conditions) - set(conditions or route.conditions),
            "problems": set(route.problems) - set(Problem),
            "name": {route.name} if names.count(route.name) > 1 or not route.name else set(),
        }
        for entry, strange in unknown.items():
            if strange:
                word = ", ".join(sorted(strange)) or "none"
                message = f"policy: route {route.name!r}: {entry} {word} unknown or not its own"
                raise InvalidError(message, field=f"routes.{route.name}.{entry}")
    for severity, route in routes:
        if _dead(policy, severity, route):
            message = f"policy: {severity} route {route.name!r} is never taken"
            raise InvalidError(message, field=f"routes.{route.name}")
    for severity in policy.tiers:
        for gap in gaps(policy, severity):
            raise InvalidError(f"policy: {gap}", field=f"tiers.{severity}")


def places(policy: Policy) -> list[Place]:
    """Return the site, for teams that the policy does not name, and each team that it names."""
    return [policy.site, *{place.name: place for place in policy.teams.values()}.values()]


def gaps(policy: Policy, severity: Severity) -> Iterator[str]:
    """Yield, in words, hours at which a tier has no route, or none that names the emergency.

    Where nobody of a team reads, a RED that only tells the team reaches nobody.
    """
    for place, case in product(places(policy), _cases(policy, severity)):
        without = "has no route"
        bare = _spans(policy, place, partial(_bare, policy, severity, place, case))
        if not bare and severity is Severity.RED:
            without = "names no emergency number in its route when nobody reads"
            bare = _spans(policy, place, partial(_unread, policy, severity, place, case))
        if bare:
            yield f"{severity} of {place.name} {without}: {', '.join(bare)}"


Case = tuple[tuple[str, ...], str]  # conditions of a person, and the problem


def _cases(policy: Policy, severity: Severity) -> list[Case]:
    """Return every kind of patient and problem that the routes of a tier tell apart."""
    routes = policy.tiers[severity].routes
    held: list[tuple[str, ...]] = [(), *((c,) for c in _named(routes, "conditions"))]
    return list(product(held, ["", *_named(routes, "problems")]))


def _named(routes: Iterable[Route], entry: str) -> list[str]:
    return sorted({name for route in routes for name in getattr(route, entry)})


def _chosen(
    policy: Policy, severity: Severity, place: Place, case: Case, at: Moment
) -> Route | None:
    for route in policy.tiers[severity].routes:
        if route.fits(place.name, *case) and in_week(_hours(policy, route, place), at):
            return route
    return None


def _hours(policy: Policy, route: Route, place: Place) -> Hours:
    if route.hours == NO_COVER:
        return place.no_cover
    return policy.hours[route.hours] if route.hours else EVERY_HOUR


def _bare(policy: Policy, severity: Severity, place: Place, case: Case, at: Moment) -> bool:
    return not policy.tiers[severity].rungs and not _chosen(policy, severity, place, case, at)


def _unread(policy: Policy, severity: Severity, place: Place, case: Case, at: Moment) -> bool:
    route = _chosen(policy, severity, place, case, at)
    return in_week(place.no_cover, at) and not (route and route.emergency)


def _dead(policy: Policy, severity: Severity, route: Route) -> bool:
    """Return whether nothing ever takes a route, whatever hours teams come to cover.

    A team that reads by day only never takes a route of the night: that one is for others.
    """
    uncovered = [place for place in places(policy) if place.cover]
    if route.hours == NO_COVER and not uncovered:
        return False
    return not any(
        _chosen(_covered(policy, route), severity, place, case, at) is route
        for place, case in product(places(policy), _cases(policy, severity))
        for at in _moments(policy, place)
    )


def _covered(policy: Policy, route: Route) -> Policy:
    """Return a policy without its routes for no cover, but for the one that is looked at."""
    tiers = {
        severity: replace(
            tier,
            routes=tuple(r for r in tier.routes if r.hours != NO_COVER or r is route),
        )
        for severity, tier in policy.tiers.items()
    }
    return replace(policy, tiers=tiers)


def in_week(hours: Hours, at: Moment) -> bool:
    """Return whether a minute of an ordinary week is one of some hours."""
    minute, (today, before) = at
    for stretch in hours.stretches:
        for day in stretch.span.days:
            since = (minute - day * DAY - stretch.span.start) % WEEK
            holiday = today if day == minute // DAY else before
            if since < stretch.span.length and stretch.counts(holiday=holiday):
                return not hours.inverse
    return hours.inverse


def edges_of_week(policy: Policy, place: Place) -> list[int]:
    """Return the minutes of a week at which any of the hours may begin or end."""
    named = [*policy.hours.values(), place.no_cover]
    spans = [stretch.span for hours in named for stretch in hours.stretches]
    found = {day * DAY for day in range(7)}
    for span in spans:
        starts = [day * DAY + span.start for day in span.days]
        found |= {(start + more) % WEEK for start in starts for more in (0, span.length)}
    return sorted(found)


def _moments(policy: Policy, place: Place) -> Iterator[Moment]:
    yield from product(edges_of_week(policy, place), KINDS_OF_DAY)


def _spans(policy: Policy, place: Place, holds: Callable[[Moment], bool]) -> list[str]:
    """Return in words the times of the week at which something holds, ordinary days first."""
    edges = edges_of_week(policy, place)
    for kind in KINDS_OF_DAY:
        found = [each for each in pairwise([*edges, WEEK]) if holds((each[0], kind))]
        if found:
            words = list(week_words(_joined(found)))
            return words if kind == ORDINARY else [f"{each} on holidays" for each in words]
    return []


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found
