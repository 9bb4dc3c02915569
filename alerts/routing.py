"""Who a step reaches, resolved when it fires; nothing is ever addressed to nobody (REL-40)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.policy import Channel, To
from alerts.reasons import Reason
from core.vitals import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from ingest.roster import Responsible, Team

FALLBACK = "fallback"
SUPPORT = "support"
WATCHER = "watcher"  # the end of the synthetic person's way (REL-33)
MANAGER = "care-manager"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a delivery is for, as a key without a name, and why it is not who was meant."""

    key: str  # "practitioner:<id>", "team:<id>", "fallback", "support"
    email: str = ""
    why: Reason | None = None


@dataclass(frozen=True, slots=True)
class Roster:
    """Who could be told of a patient, at this moment."""

    people: Sequence[Responsible]
    team: Team | None
    owner_id: UUID | None = None
    owner_team_id: UUID | None = None  # where it was delegated to a team
    reachable: frozenset[UUID] = frozenset()  # who has an address of their own, besides e-mail


def practitioner(identity: UUID) -> str:
    """Return the key of a person."""
    return f"practitioner:{identity}"


def route(to: To, channel: Channel, severity: Severity, roster: Roster) -> Recipient:
    """Return whom a step reaches; data quality goes to support whatever the step says."""
    if severity is Severity.DQ or to is To.SUPPORT:
        return Recipient(SUPPORT)
    if to is To.FALLBACK:
        return Recipient(FALLBACK)
    if to is To.OWNER and (roster.owner_id or roster.owner_team_id):
        return Recipient(_owner(roster))
    if roster.team is None:
        return Recipient(FALLBACK, why=Reason.NO_TEAM)
    if to is To.TEAM:
        return Recipient(f"team:{roster.team.id}")
    return _backup(channel, roster) if to is To.BACKUP else _responsible(channel, roster)


def _owner(roster: Roster) -> str:
    """Return the key of the person who owns it, or of the team that it was delegated to."""
    if roster.owner_id:
        return practitioner(roster.owner_id)
    return f"team:{roster.owner_team_id}"


def _responsible(channel: Channel, roster: Roster) -> Recipient:
    """Return the care manager where one is named, else the first physician who can be told."""
    named = [person for person in roster.people if person.role == MANAGER][:1]
    candidates = named or roster.people
    reachable = _reachable(candidates, channel, roster)
    if reachable:
        return _told(reachable[0])
    if not candidates:
        return Recipient(FALLBACK, why=Reason.NO_RESPONSIBLE)
    at_work = any(person.active for person in candidates)
    return Recipient(FALLBACK, why=Reason.NO_CHANNEL if at_work else Reason.DISABLED)


def _backup(channel: Channel, roster: Roster) -> Recipient:
    """Return the first reachable physician who is not the one told first."""
    first = _responsible(Channel.INBOX, roster).key
    others = [
        person
        for person in _reachable(roster.people, channel, roster)
        if practitioner(person.practitioner_id) != first
    ]
    return _told(others[0]) if others else Recipient(FALLBACK, why=Reason.NO_BACKUP)


def _reachable(
    people: Sequence[Responsible], channel: Channel, roster: Roster
) -> list[Responsible]:
    outside = {p.practitioner_id for p in people if p.email} | roster.reachable
    return [
        p for p in people if p.active and (channel is Channel.INBOX or p.practitioner_id in outside)
    ]


def _told(person: Responsible) -> Recipient:
    return Recipient(practitioner(person.practitioner_id), person.email)


def address(key: str, people: Sequence[Responsible], *, fallback: str) -> Recipient:
    """Return a waiting e-mail's recipient as of now: somebody who left is replaced (AL-13).

    `fallback` is the fallback team's address. A person who is no longer active, no longer
    of the team, or has no address any more is replaced by it, and the reason says so.
    """
    if key in (FALLBACK, SUPPORT):
        return Recipient(key, fallback, None if fallback else Reason.NO_ADDRESS)
    mine = [p for p in people if practitioner(p.practitioner_id) == key]
    if not mine:
        return Recipient(FALLBACK, fallback, Reason.NO_RESPONSIBLE)
    if not any(p.active for p in mine):
        return Recipient(FALLBACK, fallback, Reason.DISABLED)
    email = next((p.email for p in mine if p.active and p.email), "")
    return Recipient(key, email) if email else Recipient(FALLBACK, fallback, Reason.NO_CHANNEL)
