"""Turns what a folder says about one person into a past: readings and their times of arrival."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from app.replay_context import known_at_the_end, name_of
from app.replay_folder import device_of
from core.vitals import Precision, Quality, Reading
from ingest.acceptance import OBSERVATION, SAVED
from ingest.candidates import candidates_of
from ingest.device_clock import Doubt, clock_of
from ingest.enrolment import Person
from ingest.placing import known_zone, place
from ingest.revising import Outcome, revision
from monitoring import clocks
from monitoring.eventtime import Past, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from app.replay_folder import Member
    from fhir.observation import ParsedObservation
    from ingest.candidates import Candidate
    from ingest.enrolment import ConditionGroup

# Offsets of less than a whole hour have no name of their own: a zone that keeps them all year.
HALF_HOURS = {
    timedelta(hours=3, minutes=30): "Asia/Tehran",
    timedelta(hours=4, minutes=30): "Asia/Kabul",
    timedelta(hours=5, minutes=30): "Asia/Kolkata",
    timedelta(hours=5, minutes=45): "Asia/Kathmandu",
    timedelta(hours=6, minutes=30): "Asia/Yangon",
    timedelta(hours=9, minutes=30): "Australia/Darwin",
}


HOUR = timedelta(hours=1)
EARLIEST = datetime.min.replace(tzinfo=UTC)


def past_of(member: Member, groups: Mapping[str, ConditionGroup]) -> Past:
    """Return everything about a person, ready to be judged as it happened."""
    person = person_of(member, groups)
    record = _record(member, person.zone)
    return Past(person, record.versions(), skews=clocks.skews(doubts(member, record, person.zone)))


def person_of(member: Member, groups: Mapping[str, ConditionGroup]) -> Person:
    """Return what the judgement may know about a member of the folder.

    The second oxygen scale needs a clinician's target too, which a folder holds as a Goal.
    """
    named = zone(member)
    return known_at_the_end(
        Person(
            id=member.id,
            zone=named,
            birth_date=member.parsed.birth_date,
            sex=member.parsed.sex,
            stays=member.context.stays(),
            dated=member.context.facts(named, groups),
        )
    )


def zone(member: Member) -> str:
    """Return the patient's zone, else the one their readings' offsets speak of, else UTC."""
    if known_zone(member.parsed.zone):
        return member.parsed.zone
    offsets = Counter(
        each.when.start.utcoffset() for each in member.observations if each.when.start is not None
    )
    common = offsets.most_common(1)
    return zone_of_offset((common[0][0] if common else None) or timedelta())


def zone_of_offset(offset: timedelta) -> str:
    """Return the name of a zone that keeps an offset; the signs of `Etc/` run the other way."""
    if offset in HALF_HOURS:
        return HALF_HOURS[offset]
    hours = round(offset / HOUR)
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"


def arrival(parsed: ParsedObservation, zone_name: str) -> datetime:
    """Return when an Observation was there: as recorded, as issued, or as soon as it could be."""
    known = parsed.last_updated or parsed.issued
    if known is not None:
        return known.astimezone(UTC)
    placed = place(parsed.when, zone_name, received=EARLIEST)
    if placed.until is None:
        return placed.effective
    # A day, or an interval, is complete when it is over.
    early = timedelta(seconds=1) if placed.precision is Precision.DAY else timedelta()
    return placed.until - early


def versions(member: Member, zone_name: str) -> list[Version]:
    """Return the readings of a person, each with the arrival of what replaced it."""
    return _record(member, zone_name).versions()


def doubts(member: Member, record: _Record, zone_name: str) -> list[Doubt]:
    """Return the signs of wrong clocks in a folder, as the door notes them.

    Nothing in a folder declares a history load.
    """
    shown = ((arrival(e, zone_name), e, clock_of(e.showed, e.when.start)) for e in member.stamps)
    read = [
        Doubt(_shown_by(member, parsed), clock.ahead, at)
        for at, parsed, clock in shown
        if clock is not None and clock.holds(now=at) and clock.doubtful
    ]
    return sorted([*record.late, *read], key=lambda each: each.at)


def _record(member: Member, zone_name: str) -> _Record:
    record = _Record(uuid5(NAMESPACE_URL, member.id), zone_name)
    timed = [(arrival(each, zone_name), each) for each in member.observations]
    for received, parsed in sorted(timed, key=lambda pair: pair[0]):
        record.take(parsed, received)
    return record


class _Record:
    """The door's rules about repeats, corrections and conflicts, for one person's folder."""

    def __init__(self, person: UUID, zone_name: str) -> None:
        self._person, self._zone = person, zone_name
        self._stored: list[Reading] = []
        self.late: list[Doubt] = []  # of readings that were old when they first arrived
        self._replaced: dict[int, float] = {}
        self._named: dict[str, tuple[str, list[int]]] = {}
        self._natural: dict[tuple[UUID, str, str, datetime], Candidate] = {}

    def versions(self) -> list[Version]:
        """Return every reading that ever stood."""
        return [Version(r, self._replaced.get(i)) for i, r in enumerate(self._stored)]

    def take(self, parsed: ParsedObservation, received: datetime) -> None:
        """Store an Observation as ingest would: repeats do nothing, corrections replace."""
        candidates = candidates_of(
            parsed, self._person, self._zone, declared_history=False, now=received
        )
        name = name_of(parsed)
        known = self._named.get(name) if name else None
        if known is not None and not self._revise(known, parsed, candidates, received):
            return
        kept = [self._keep(each, parsed, received) for each in candidates]
        if known is None and any(i is not None for i in kept):
            self.late += _late(candidates, device_of(parsed.device), received)
        if name:
            self._named[name] = (parsed.status, [i for i in kept if i is not None])

    def _revise(
        self,
        known: tuple[str, list[int]],
        parsed: ParsedObservation,
        candidates: Iterable[Candidate],
        received: datetime,
    ) -> bool:
        """Return whether a known Observation has a new version, and take the old one out."""
        status_before, indices = known
        before = {(self._stored[i].vital, self._stored[i].value) for i in indices}
        same = before == {(each.vital, each.value) for each in candidates}
        outcome = revision(status_before, parsed.status, same=same)
        saved = parsed.kind != OBSERVATION and parsed.status == SAVED
        again = outcome is Outcome.CONFLICT and saved
        if outcome is not Outcome.NEW_VERSION and not again:
            return False
        for i in indices:
            self._replaced[i] = received.timestamp()
            reading = self._stored[i]
            self._natural.pop(
                (self._person, reading.device, reading.vital, reading.effective), None
            )
        return True

    def _keep(
        self, candidate: Candidate, parsed: ParsedObservation, received: datetime
    ) -> int | None:
        if candidate.quality is Quality.WITHDRAWN:
            return None
        device = device_of(parsed.device)
        key = (self._person, device, candidate.vital, candidate.effective)
        twin = self._natural.setdefault(key, candidate)
        if twin is not candidate and twin.equals(candidate):
            return None
        quality = candidate.quality if twin is candidate else Quality.CONFLICT
        self._stored.append(_reading(candidate, parsed, received, quality, device))
        return len(self._stored) - 1


def _shown_by(member: Member, stamp: ParsedObservation) -> str:
    """Return whose clock a coincident timestamp is about: its subject, where that is a device."""
    own = device_of(stamp.subject)
    return own if own in member.devices else device_of(stamp.device)


def _late(candidates: Iterable[Candidate], device: str, received: datetime) -> list[Doubt]:
    ages = [received - each.last for each in candidates if each.history]
    return [Doubt(device, -max(ages), received, of_reading=True)] if ages else []


def _id(parsed: ParsedObservation) -> str:
    """Return what an alert refers to: an Observation by its bare id."""
    if parsed.kind == OBSERVATION or not parsed.resource_id:
        return parsed.resource_id
    return f"{parsed.kind}/{parsed.resource_id}"


def _reading(
    candidate: Candidate,
    parsed: ParsedObservation,
    received: datetime,
    quality: Quality,
    device: str,
) -> Reading:
    return Reading(
        id=_id(parsed),
        vital=candidate.vital,
        value=candidate.value,
        effective=candidate.effective,
        received=received,
        quality=quality,
        until=candidate.until,
        local_day=candidate.local_day,
        precision=candidate.precision,
        comparator=candidate.comparator,
        device=device,
        stands_for=parsed.counts,
        site=candidate.site,
    )
