"""The response policy as a value, and the snapshot of it that each alert keeps (AL-13)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from alerts import pacing
from alerts.hours import (
    EVERY_HOUR,
    NO_COVER,
    Hours,
    Place,
    freeze_place,
    freeze_stretches,
    thaw_place,
    thaw_stretches,
)
from core.vitals import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from alerts.pacing import Pacing


class To(StrEnum):
    """For whom a step is meant; who that is, is resolved when it fires."""

    RESPONSIBLE = "responsible"
    BACKUP = "backup"
    ON_CALL = "on_call"  # by the team's rota
    TEAM = "team"
    FALLBACK = "fallback"
    SUPPORT = "support"  # the data-quality lane: never a physician
    OWNER = "owner"


class Channel(StrEnum):
    """How somebody is told."""

    INBOX = "inbox"
    EMAIL = "email"
    SMS = "sms"
    CHAT = "chat"
    PUSH = "push"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a chain: so long after the start, for them, by this channel."""

    after: timedelta
    to: To
    channel: Channel


DEFAULT_ROUTE = ""  # the tier's own chain, where no other route is for the case


@dataclass(frozen=True, slots=True)
class Route:
    """Another chain for a tier, where all that it names holds; what it names none of is any."""

    name: str
    rungs: tuple[Rung, ...]
    repeat: tuple[Rung, ...]
    hours: str = ""
    teams: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()  # a group of `ingest/conditions.toml` that the person has
    problems: tuple[str, ...] = ()
    emergency: bool = False  # nobody reads: the person is told the emergency number

    def fits(self, team: str, conditions: Iterable[str], problem: str) -> bool:
        """Return whether it is for a patient of a team, with a problem, at its hours."""
        return (
            (not self.teams or team in self.teams)
            and (not self.conditions or bool(set(self.conditions) & set(conditions)))
            and (not self.problems or problem in self.problems)
        )

    def words(self) -> str:
        """Return what it is for, as a person reads it."""
        named = [*self.teams, *self.conditions, *self.problems]
        return ", ".join(each.replace("_", " ") for each in (self.hours, *named) if each)


@dataclass(frozen=True, slots=True)
class Tier:
    """What one severity asks for."""

    rungs: tuple[Rung, ...]
    repeat: tuple[Rung, ...]  # `after` is the interval once the chain is through
    holds: timedelta  # how long an acknowledgement lasts
    reminder: timedelta
    answer: timedelta  # how long a delegation may wait for its answer before it returns
    snooze: timedelta  # the longest that it may be put off; none for RED
    clearing: timedelta | None  # time without the finding after which it closes alone
    gather: timedelta | None = timedelta(0)  # a message's wait for others; None: the next batch
    routes: tuple[Route, ...] = ()  # the first that fits is taken, else the chain above

    def along(self, route: str) -> Tier:
        """Return the tier with the chain of one of its routes."""
        taken = next((each for each in self.routes if each.name == route), None)
        return self if taken is None else replace(self, rungs=taken.rungs, repeat=taken.repeat)


UTC_SITE = Place("site", "UTC")
DIGEST_AT = 450  # 07:30 (E)


@dataclass(frozen=True, slots=True)
class Policy:
    """Every tier's chain, the late readings' chain, and the limits that go with them."""

    tiers: Mapping[Severity, Tier]
    late: Tier
    late_after: timedelta
    marked_late: timedelta
    steps_down: timedelta
    linked_within: timedelta
    absence: timedelta  # how long an admission or pause without an end keeps from paging
    claim: timedelta  # how long "being looked at by" stands
    undo: timedelta
    pacing: Pacing
    hash: str
    batches: tuple[int, ...] = (8,)  # hours of the day at which what may wait is sent
    site: Place = UTC_SITE
    teams: Mapping[str, Place] = field(default_factory=dict)  # by name, or by id
    hours: Mapping[str, Hours] = field(default_factory=dict)
    budget: Mapping[Severity, int] = field(default_factory=dict)  # a person's, for a day
    digest_at: int = DIGEST_AT  # minutes after a person's local midnight

    def place(self, team_id: UUID | None, name: str) -> Place:
        """Return the clock, the holidays and the cover that are a team's."""
        return self.teams.get(name) or self.teams.get(str(team_id)) or self.site

    def narrowed(self, place: Place, conditions: Iterable[str], problem: str) -> Policy:
        """Return what of the policy can ever be for one episode: this is what it keeps."""
        held = tuple(conditions)
        tiers = {
            severity: replace(
                tier,
                routes=tuple(r for r in tier.routes if r.fits(place.name, held, problem)),
            )
            for severity, tier in self.tiers.items()
        }
        used = {route.hours for tier in tiers.values() for route in tier.routes} - {""}
        hours = {name: place.no_cover if name == NO_COVER else self.hours[name] for name in used}
        return replace(self, tiers=tiers, hours=hours, site=place, teams={})

    def hours_of(self, route: Route) -> Hours:
        """Return the hours that a route is for."""
        return self.hours[route.hours] if route.hours else EVERY_HOUR


NEXT_BATCH = "next-batch"
OLD_CLAIM = 600.0  # seconds, in a snapshot of before there were claims


def freeze(policy: Policy) -> dict[str, Any]:
    """Return the snapshot that an alert keeps; `thaw` gives the same policy back."""
    return {
        "tiers": {severity: _frozen(tier) for severity, tier in policy.tiers.items()},
        "late": _frozen(policy.late),
        "late_after": policy.late_after.total_seconds(),
        "marked_late": policy.marked_late.total_seconds(),
        "steps_down": policy.steps_down.total_seconds(),
        "linked_within": policy.linked_within.total_seconds(),
        "absence": policy.absence.total_seconds(),
        "claim": policy.claim.total_seconds(),
        "undo": policy.undo.total_seconds(),
        "pacing": pacing.freeze(policy.pacing),
        # For a program of before there was a pacing, beside this one while it is replaced.
        "waits": [wait.total_seconds() for wait in policy.pacing.waits],
        "batches": list(policy.batches),
        "hash": policy.hash,
        "place": freeze_place(policy.site),
        "hours": {
            name: [freeze_stretches(each.stretches), each.inverse]
            for name, each in policy.hours.items()
        },
        "budget": dict(policy.budget),
        "digest_at": policy.digest_at,
    }


def _frozen(tier: Tier) -> dict[str, Any]:
    return {
        "rungs": _frozen_rungs(tier.rungs),
        "repeat": _frozen_rungs(tier.repeat),
        "holds": tier.holds.total_seconds(),
        "reminder": tier.reminder.total_seconds(),
        "answer": tier.answer.total_seconds(),
        "snooze": tier.snooze.total_seconds(),
        "clearing": None if tier.clearing is None else tier.clearing.total_seconds(),
        "gather": None if tier.gather is None else tier.gather.total_seconds(),
        "routes": [_frozen_route(each) for each in tier.routes],
    }


def _frozen_rungs(rungs: Iterable[Rung]) -> list[list[Any]]:
    return [[r.after.total_seconds(), r.to, r.channel] for r in rungs]


def _frozen_route(route: Route) -> dict[str, Any]:
    return {
        "name": route.name,
        "rungs": _frozen_rungs(route.rungs),
        "repeat": _frozen_rungs(route.repeat),
        "hours": route.hours,
        "teams": list(route.teams),
        "conditions": list(route.conditions),
        "problems": list(route.problems),
        "emergency": route.emergency,
    }


def thaw(snapshot: Mapping[str, Any]) -> Policy:
    """Return the policy that an alert was opened under."""
    return Policy(
        tiers={Severity(name): _thawed(tier) for name, tier in snapshot["tiers"].items()},
        late=_thawed(snapshot["late"]),
        late_after=timedelta(seconds=snapshot["late_after"]),
        marked_late=timedelta(seconds=snapshot["marked_late"]),
        # An alert that was opened before there was a step-down does not step down.
        steps_down=timedelta(seconds=snapshot.get("steps_down", 0.0)),
        linked_within=timedelta(seconds=snapshot["linked_within"]),
        absence=timedelta(seconds=snapshot.get("absence", 0.0)),
        claim=timedelta(seconds=snapshot.get("claim", OLD_CLAIM)),
        undo=timedelta(seconds=snapshot.get("undo", 0.0)),
        # An alert that was opened before there was a pacing has its waits alone.
        pacing=pacing.read(snapshot.get("pacing") or {"waits_seconds": snapshot["waits"]}),
        hash=snapshot["hash"],
        batches=tuple(snapshot.get("batches", (8,))),
        # An alert of before there were routes goes by its tier's own chain at every hour.
        site=thaw_place(snapshot["place"]) if "place" in snapshot else UTC_SITE,
        hours={
            name: Hours(name, thaw_stretches(stretches), inverse)
            for name, (stretches, inverse) in snapshot.get("hours", {}).items()
        },
        budget={Severity(tier): most for tier, most in snapshot.get("budget", {}).items()},
        digest_at=snapshot.get("digest_at", DIGEST_AT),
    )


def _thawed(tier: Mapping[str, Any]) -> Tier:
    clearing, gather = tier["clearing"], tier.get("gather", 0.0)
    return Tier(
        rungs=_thawed_rungs(tier["rungs"]),
        repeat=_thawed_rungs(tier["repeat"]),
        holds=timedelta(seconds=tier["holds"]),
        reminder=timedelta(seconds=tier["reminder"]),
        answer=timedelta(seconds=tier.get("answer", tier["reminder"])),
        snooze=timedelta(seconds=tier.get("snooze", 0.0)),
        clearing=None if clearing is None else timedelta(seconds=clearing),
        gather=None if gather is None else timedelta(seconds=gather),
        routes=tuple(_thawed_route(each) for each in tier.get("routes", ())),
    )


def _thawed_rungs(stored: Iterable[Any]) -> tuple[Rung, ...]:
    return tuple(Rung(timedelta(seconds=a), To(to), Channel(c)) for a, to, c in stored)


def _thawed_route(stored: Mapping[str, Any]) -> Route:
    return Route(
        name=stored["name"],
        rungs=_thawed_rungs(stored["rungs"]),
        repeat=_thawed_rungs(stored["repeat"]),
        hours=stored["hours"],
        teams=tuple(stored["teams"]),
        conditions=tuple(stored["conditions"]),
        problems=tuple(stored["problems"]),
        emergency=stored["emergency"],
    )
