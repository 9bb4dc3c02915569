"""Who a step reaches, resolved when it fires; nothing is ever addressed to nobody (REL-40)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from alerts.policy import Channel, To
from alerts.reasons import Reason
from core.vitals import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from ingest.roster import Responsible, Team

FALLBACK = "fallback"
SUPPORT = "support"
WATCHER = "watcher"  # the end of the synthetic person's way (REL-33)
MANAGER = "care-manager"
# Whom no rota makes available: their working hours are another matter.
GONE = (Reason.ON_LEAVE, Reason.DISABLED)
NOBODY: Mapping[UUID, Reason] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a delivery is for, as a key without a name, and why it is not who was meant."""

    key: str  # "practitioner:<id>", "team:<id>", "fallback", "support"
    email: str = ""
    why: Reason | None = None


@dataclass(frozen=True, slots=True)
class Roster:
    """Who could be told of a patient, at this moment.

    `people` answer for the patient; `members` are everybody of the teams. Who is not at work
    stands in `away` with the reason, and in `instead` with whom to tell in their place.
    """

    people: Sequence[Responsible]
    team: Team | None
    owner_id: UUID | None = None
    owner_team_id: UUID | None = None  # where it was delegated to a team
    reachable: frozenset[UUID] = frozenset()  # who has an address of their own, besides e-mail
    members: Sequence[Responsible] = ()
    away: Mapping[UUID, Reason] = field(default_factory=dict)
    instead: Mapping[UUID, UUID] = field(default_factory=dict)
    on_call: Sequence[UUID] | None = None  # None where the team keeps no rota

    def here(self, person: Responsible, channel: Channel) -> bool:
        """Return whether somebody may be told now by a channel."""
        at_work = person.practitioner_id not in self.away
        return at_work and self.works(person, channel)

    def on_duty(self, person: Responsible, channel: Channel) -> bool:
        """Return whether somebody on call may be told now, whatever their working hours say."""
        return self.away.get(person.practitioner_id) not in GONE and self.works(person, channel)

    def works(self, person: Responsible, channel: Channel) -> bool:
        """Return whether somebody is active, and has an address if one is needed."""
        outside = bool(person.email) or person.practitioner_id in self.reachable
        return person.active and (channel is Channel.INBOX or outside)

    def member(self, identity: UUID | None) -> Responsible | None:
        """Return a member of the patient's teams."""
        everybody = (*self.people, *self.members)
        return next((p for p in everybody if p.practitioner_id == identity), None)


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
    return _PERSONS.get(to, _responsible)(channel, roster)


def for_team(roster: Roster, *, why: Reason) -> Recipient:
    """Return the patient's team, instead of one person of it."""
    return Recipient(f"team:{roster.team.id}" if roster.team else FALLBACK, why=why)


def _owner(roster: Roster) -> str:
    """Return the key of the person who owns it, or of the team that it was delegated to."""
    if roster.owner_id:
        return practitioner(roster.owner_id)
    return f"team:{roster.owner_team_id}"


def _responsible(channel: Channel, roster: Roster) -> Recipient:
    """Return the care manager where one is named, else the first physician who can be told.

    Where none can: a substitute of theirs, then who is on call, then the fallback team.
    """
    named = [person for person in roster.people if person.role == MANAGER][:1]
    candidates = named or list(roster.people)
    here = [person for person in candidates if roster.here(person, channel)]
    if here:
        return _told(here[0])
    if not candidates:
        return Recipient(FALLBACK, why=Reason.NO_RESPONSIBLE)
    for person in candidates:
        if (substitute := _substitute(person.practitioner_id, channel, roster)) is not None:
            return _told(substitute, Reason.SUBSTITUTED)
    why = _why_none(candidates, roster)
    on_call = _first_on_call(channel, roster)
    if on_call is not None and why in (Reason.ON_LEAVE, Reason.OFF_DUTY):
        return _told(on_call, Reason.ON_CALL_INSTEAD)
    return Recipient(FALLBACK, why=why)


def _on_call(channel: Channel, roster: Roster) -> Recipient:
    """Return who is on call by the rota; their working hours say nothing against it.

    A team that keeps no rota has its responsible physician told; one whose rota has a hole
    has it sent to the fallback team.
    """
    if roster.on_call is None:
        told = _responsible(channel, roster)
        return told if told.why else replace(told, why=Reason.NO_ROTA)
    first = _first_on_call(channel, roster)
    if first is not None:
        return _told(
            first, Reason.SUBSTITUTED if first.practitioner_id not in roster.on_call else None
        )
    meant = [who for each in roster.on_call if (who := roster.member(each)) is not None]
    why = _why_none(meant, roster) if meant else Reason.NOBODY_ON_CALL
    return Recipient(FALLBACK, why=why)


def _first_on_call(channel: Channel, roster: Roster) -> Responsible | None:
    for identity in roster.on_call or ():
        # Whoever stands in for who is on call is on call, and so on duty as they would be.
        for each in (identity, roster.instead.get(identity)):
            person = roster.member(each)
            if person is not None and roster.on_duty(person, channel):
                return person
    return None


def _substitute(identity: UUID, channel: Channel, roster: Roster) -> Responsible | None:
    """Return who was named to be told instead of somebody, if they can be."""
    person = roster.member(roster.instead.get(identity))
    return person if person is not None and roster.here(person, channel) else None


def _backup(channel: Channel, roster: Roster) -> Recipient:
    """Return the first reachable physician who is not the one told first."""
    first = {_responsible(Channel.INBOX, roster).key}
    if roster.on_call:
        first.add(_on_call(Channel.INBOX, roster).key)
    others = [
        person
        for person in roster.people
        if roster.here(person, channel) and practitioner(person.practitioner_id) not in first
    ]
    return _told(others[0]) if others else Recipient(FALLBACK, why=Reason.NO_BACKUP)


_PERSONS = {To.BACKUP: _backup, To.ON_CALL: _on_call}


def _why_none(people: Sequence[Responsible], roster: Roster) -> Reason:
    """Return why none of some people can be told: of several reasons the least."""
    reasons = [
        roster.away.get(person.practitioner_id, Reason.NO_CHANNEL)
        if person.active
        else Reason.DISABLED
        for person in people
    ]
    return max(reasons, key=_LEAST.index)


_LEAST = (Reason.DISABLED, Reason.ON_LEAVE, Reason.OFF_DUTY, Reason.NO_CHANNEL)


def _told(person: Responsible, why: Reason | None = None) -> Recipient:
    return Recipient(practitioner(person.practitioner_id), person.email, why)


def address(
    key: str,
    people: Sequence[Responsible],
    *,
    fallback: str,
    gone: Mapping[UUID, Reason] = NOBODY,
) -> Recipient:
    """Return a waiting e-mail's recipient as of now: somebody who left is replaced (AL-13).

    `fallback` is the fallback team's address. A person who is no longer active, no longer
    of the team, has no address any more, or is `gone` for a reason is replaced by it, and that
    is said.
    """
    if key in (FALLBACK, SUPPORT):
        return Recipient(key, fallback, None if fallback else Reason.NO_ADDRESS)
    mine = [p for p in people if practitioner(p.practitioner_id) == key]
    if not mine:
        return Recipient(FALLBACK, fallback, Reason.NO_RESPONSIBLE)
    if not any(p.active for p in mine):
        return Recipient(FALLBACK, fallback, Reason.DISABLED)
    why = next((gone[p.practitioner_id] for p in mine if p.practitioner_id in gone), None)
    if why is not None:
        return Recipient(FALLBACK, fallback, why)
    email = next((p.email for p in mine if p.active and p.email), "")
    return Recipient(key, email) if email else Recipient(FALLBACK, fallback, Reason.NO_CHANNEL)
