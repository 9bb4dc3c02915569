"""Reads a `policy.toml` into the policy it states, and refuses one that would lose an alert."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from alerts import pacing
from alerts.hours import Place, read_hours
from alerts.policy import DIGEST_AT, NEXT_BATCH, Channel, Policy, Route, Rung, Tier, To
from alerts.policy_check import check_routes, check_tier
from core.errors import InvalidError
from core.vitals import Severity
from ingest.weekly import clock, minutes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from alerts.hours import Hours, Stretch

TOLD = (Severity.RED, Severity.AMBER, Severity.YELLOW, Severity.DQ)
BUDGETED = (Severity.AMBER, Severity.YELLOW)  # AL-17: RED never waits, DQ is nobody's burden


def read(
    source: Mapping[str, Any],
    *,
    scale: float = 1.0,
    zone: str = "UTC",
    conditions: Iterable[str] | None = None,
) -> Policy:
    """Return the policy that a parsed `policy.toml` states.

    Parameters
    ----------
    scale : float
        Shortens the waits, for demonstrations and tests; what makes a reading late, and how
        long episodes are linked, is clinical and stays.
    zone : str
        The site's, where the policy names none.
    conditions : iterable of str
        The names that a route may use; None takes any.

    Raises
    ------
    InvalidError
        Where the policy would lose an alert: a tier missing or empty, nobody told at once,
        steps out of order, a RED or AMBER that closes alone or never reaches the fallback, an
        hour of the week without a route, a route that nothing can take, a name nobody knows.
    """
    try:
        policy = _read(source, scale, zone)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidError(f"policy: {error!r}", field="policy") from error
    for severity, tier in policy.tiers.items():
        check_tier(severity, tier)
    check_routes(policy, conditions)
    return policy


def _read(source: Mapping[str, Any], scale: float, zone: str) -> Policy:
    hours = read_hours(source.get("hours", {}))
    site, teams = _places(source, hours, zone)
    return Policy(
        tiers={s: _tier(source["tiers"][s], scale, _routes(source, s, scale)) for s in TOLD},
        late=_tier(source["late"], scale),
        late_after=timedelta(hours=source["late_after_hours"]),
        marked_late=timedelta(minutes=source["marked_late_minutes"]),
        steps_down=timedelta(minutes=source["steps_down_minutes"]),
        linked_within=timedelta(days=source["linked_within_days"]),
        absence=timedelta(days=source["absence_days"]),
        claim=timedelta(minutes=source["claim_minutes"] * scale),
        undo=timedelta(seconds=source["undo_seconds"]),
        pacing=pacing.read(source["delivery"], scale=scale),
        hash=_hash(source),
        batches=_batches(source["delivery"]),
        site=site,
        teams=teams,
        hours=hours,
        budget=_budget(source.get("budget", {})),
        digest_at=minutes(source.get("digest_at", clock(DIGEST_AT)), "digest_at"),
    )


def _batches(source: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the hours at which a batch leaves; a channel that nobody knows has no waits."""
    for name in source.get("waits_of", ()):
        if name not in set(Channel):
            raise InvalidError(f"policy: unknown channel {name}", field="delivery.waits_of")
    hours = tuple(source.get("batch_hours", (8,)))
    if not hours or not all(hour in range(24) for hour in hours):
        raise InvalidError("policy: hours are 0 to 23, at least one", field="delivery.batch_hours")
    return hours


def _tier(source: Mapping[str, Any], scale: float, routes: tuple[Route, ...] = ()) -> Tier:
    clearing = source.get("clearing_hours")
    return Tier(
        rungs=_chain(source.get("steps", ()), scale),
        repeat=_rungs(source["repeat"], scale),
        holds=timedelta(minutes=source["acknowledgement_minutes"] * scale),
        reminder=timedelta(minutes=source["reminder_minutes"] * scale),
        answer=timedelta(minutes=source["answer_minutes"] * scale),
        snooze=timedelta(hours=source.get("snooze_hours", 0)),
        clearing=None if clearing is None else timedelta(hours=clearing * scale),
        gather=_gather(source.get("group_wait", 0), scale),
        routes=routes,
    )


def _gather(source: float | str, scale: float) -> timedelta | None:
    if source == NEXT_BATCH:
        return None
    return timedelta(minutes=float(source) * scale)


def _chain(steps: Iterable[Mapping[str, Any]], scale: float) -> tuple[Rung, ...]:
    return tuple(rung for step in steps for rung in _rungs(step, scale))


def _rungs(source: Mapping[str, Any], scale: float) -> tuple[Rung, ...]:
    after = timedelta(minutes=source["after_minutes"] * scale)
    return tuple(Rung(after, To(source["to"]), Channel(name)) for name in source["channels"])


_ROUTE = {"name", "tier", "hours", "teams", "conditions", "problems", "emergency"} | {
    "steps",
    "repeat",
}


def _routes(source: Mapping[str, Any], severity: Severity, scale: float) -> tuple[Route, ...]:
    """Return the routes of a tier in the order in which they are tried."""
    for each in source.get("routes", ()):
        if each.get("tier") not in TOLD:
            raise InvalidError(f"route {each.get('name')!r}: unknown tier", field="routes")
        if strange := set(each) - _ROUTE:
            word = ", ".join(sorted(strange))
            raise InvalidError(f"route {each['name']!r}: unknown entry {word}", field="routes")
    return tuple(_route(each, scale) for each in source.get("routes", ()) if _of(each, severity))


def _of(route: Mapping[str, Any], severity: Severity) -> bool:
    return bool(route["tier"] == severity)


def _route(source: Mapping[str, Any], scale: float) -> Route:
    return Route(
        name=source["name"],
        rungs=_chain(source["steps"], scale),
        repeat=_rungs(source["repeat"], scale),
        hours=source.get("hours", ""),
        teams=tuple(source.get("teams", ())),
        conditions=tuple(source.get("conditions", ())),
        problems=tuple(source.get("problems", ())),
        emergency=source.get("emergency", False),
    )


def _places(
    source: Mapping[str, Any], hours: Mapping[str, Hours], zone: str
) -> tuple[Place, dict[str, Place]]:
    """Return the site, and each team by the names it goes by: its key, its `name`, its `id`."""
    own = source.get("site", {})
    site = _place("site", {"zone": zone} | own, source, hours)
    teams: dict[str, Place] = {}
    for key, entry in source.get("teams", {}).items():
        place = _place(key, {"zone": site.zone} | own | entry, source, hours)
        teams |= {str(entry.get(name, key)): place for name in ("key", "name", "id")}
    return site, teams


def _place(
    key: str, entry: Mapping[str, Any], source: Mapping[str, Any], hours: Mapping[str, Hours]
) -> Place:
    where = "site" if key == "site" else f"teams.{key}"
    place = Place(
        name=key,
        zone=entry["zone"],
        holidays=_holidays(entry.get("holidays", ()), source.get("calendars", {}), where),
        cover=_cover(entry.get("cover", ()), hours, where),
    )
    if not _known(place):
        raise InvalidError(f"{where}.zone: {place.zone!r} is no time zone", field=f"{where}.zone")
    return place


def _known(place: Place) -> bool:
    try:
        return bool(place.clock)
    except (OSError, ValueError, KeyError):  # what zoneinfo raises for a name it has not
        return False


def _holidays(
    named: Iterable[str], calendars: Mapping[str, Mapping[str, str]], where: str
) -> dict[date, str]:
    found: dict[date, str] = {}
    for name in named:
        if name not in calendars:
            message = f"{where}.holidays: there is no calendar {name!r}"
            raise InvalidError(message, field=f"{where}.holidays")
        found |= {date.fromisoformat(day): words for day, words in calendars[name].items()}
    return found


def _cover(named: Iterable[str], hours: Mapping[str, Hours], where: str) -> tuple[Stretch, ...]:
    found: list[Stretch] = []
    for name in named:
        if name not in hours or hours[name].inverse:
            message = f"{where}.cover: {name!r} names no hours of [hours] that are listed"
            raise InvalidError(message, field=f"{where}.cover")
        found += hours[name].stretches
    return tuple(found)


def _budget(source: Mapping[str, Any]) -> dict[Severity, int]:
    """Return how many alerts of a tier one person is told of in a day (AL-17)."""
    found = {Severity(tier): int(most) for tier, most in source.items()}
    for tier, most in found.items():
        if tier not in BUDGETED or most < 1:
            message = f"budget.{tier}: only AMBER and YELLOW have one, of at least 1"
            raise InvalidError(message, field=f"budget.{tier}")
    return found


def _hash(source: Mapping[str, Any]) -> str:
    canonical = json.dumps(source, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()
