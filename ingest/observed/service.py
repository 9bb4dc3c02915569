"""Takes any number of Observations at once: whose, when, new or known; then one bulk write."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from core.outbox import Priority, Topic, offer_all
from core.vitals import Quality
from fhir.outcome import Issue
from ingest.acceptance import WITHDRAWING, Decision, Incoming, Known, Outcome, sort
from ingest.archive.repository import Version, add_names, add_versions, lock, versions_of
from ingest.binding.service import refusals
from ingest.candidates import candidates_of
from ingest.enrolment import LIVES_ALONE
from ingest.observed.repository import BESIDE, add_readings, known, supersede
from ingest.people.repository import find, set_living_alone, zones
from ingest.people.service import Desk, unknown
from ingest.receipt import (
    CREATED,
    DIGEST,
    REPEATED,
    Answer,
    Kind,
    Name,
    digest_of,
    refuse,
)
from ingest.urgency import cannot_wait

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from fhir.identity import Ref
    from fhir.observation import ParsedObservation

LONGEST_DEVICE = 200  # characters; a longer name is as good by its digest


@dataclass(frozen=True, slots=True)
class Seen:
    """A parsed Observation with the bytes that will be kept, its references resolved."""

    index: int
    parsed: ParsedObservation
    raw: bytes
    id: UUID


@dataclass(frozen=True, slots=True)
class _Settled:
    """One Observation with what was decided about it."""

    seen: Seen
    incoming: Incoming
    decision: Decision


def take(desk: Desk, seen: Sequence[Seen]) -> dict[int, Answer]:
    """Store what is new and return the answer to each by its index.

    Serialised per patient, so that the same reading sent many times at once is decided
    many times in a row (REL-05, REL-07).
    """
    subjects = [each.parsed.subject for each in seen if each.parsed.subject is not None]
    patients = find(desk.session, desk.sender, Kind.PATIENT, subjects, within=desk.within)
    answers = {
        each.index: unknown(each.parsed.subject, "Observation.subject")
        for each in seen
        if each.parsed.subject not in patients
    }
    answers |= refusals(desk, {s.index: s.parsed for s in seen if s.index not in answers}, patients)
    lock(desk.session, (f"patient|{patient}" for patient in patients.values()))
    incoming = _incoming(desk, [each for each in seen if each.index not in answers], patients)
    memory = known(desk.session, desk.sender.client_id, [each for _, each in incoming])
    written = _written(memory)
    decisions = sort((each for _, each in incoming), memory)
    settled = [
        _Settled(*pair, decision) for pair, decision in zip(incoming, decisions, strict=True)
    ]
    _store(desk, settled)
    _name(desk, settled, written)
    _offer(desk, settled)
    return answers | {each.seen.index: _answer(each, desk) for each in settled}


def _incoming(
    desk: Desk, seen: Sequence[Seen], patients: Mapping[Ref, UUID]
) -> list[tuple[Seen, Incoming]]:
    zone = zones(desk.session, set(patients.values()))
    device = _devices(desk, (each.parsed.device for each in seen))
    placed = []
    for each in seen:
        parsed = each.parsed
        patient = patients[parsed.subject]  # type: ignore[index]  # those without were answered
        candidates = candidates_of(
            parsed,
            patient,
            zone[patient],
            declared_history=desk.sender.history,
            now=desk.now,
        )
        key = device.get(parsed.device, "") if parsed.device else ""
        incoming = Incoming(
            patient_id=patient,
            status=parsed.status,
            candidates=tuple(replace(one, device=key) for one in candidates),
            names=tuple((one.system, one.value) for one in parsed.identifiers),
            digest=digest_of(each.raw),
            new_id=each.id,
            updated=parsed.last_updated,
        )
        placed.append((each, incoming))
    return placed


def _devices(desk: Desk, refs: Iterable[Ref | None]) -> dict[Ref, str]:
    """Return one key for each device: its row's id, else whatever its sender calls it."""
    wanted = {ref for ref in refs if ref is not None}
    found = find(desk.session, desk.sender, Kind.DEVICE, wanted, within=desk.within)
    return {ref: str(found[ref]) if ref in found else _device_key(ref) for ref in wanted}


def _device_key(ref: Ref) -> str:
    if ref.identifier is not None:
        key = f"{ref.identifier.system}|{ref.identifier.value}"
    else:
        key = ref.url or ref.id
    return key if len(key) <= LONGEST_DEVICE else digest_of(key.encode())


def _store(desk: Desk, settled: Sequence[_Settled]) -> None:
    stored = [each for each in settled if each.decision.stores]
    supersede(desk.session, [each.decision for each in stored])
    versions = [
        Version(
            Kind.OBSERVATION,
            each.decision.resource_id,
            each.decision.version,
            each.incoming.patient_id,
            desk.now,
            each.seen.raw,
            status=each.incoming.status,
            updated=each.incoming.updated,
            effective=_effective(each),
        )
        for each in stored
    ]
    add_versions(desk.session, desk.sender.client_id, versions)
    add_readings(desk.session, [each.decision for each in stored], received=desk.now)
    set_living_alone(desk.session, {each.incoming.patient_id for each in stored if _alone(each)})


def _alone(settled: _Settled) -> bool:
    """Return whether a survey answer says in SNOMED CT that the person lives alone."""
    return settled.seen.parsed.status not in WITHDRAWING and any(
        "snomed" in system and code == LIVES_ALONE for system, code in settled.seen.parsed.reported
    )


def _effective(settled: _Settled) -> datetime | None:
    """Return when it was measured, which all values of one Observation share; None if unknown.

    Searches go in this order (FHIR-11), also by what is no reading.
    """
    if settled.incoming.candidates:
        return settled.incoming.candidates[0].effective
    when = settled.seen.parsed.when
    day = datetime.combine(when.day, time.min, tzinfo=UTC) if when.day else None
    return when.start or when.end or day


def _written(memory: Known) -> set[Name]:
    """Return the names that the record holds already."""
    names = {Name(Kind.OBSERVATION, *name) for name in memory.names}
    return names | {Name(Kind.OBSERVATION, DIGEST, digest) for digest in memory.digests}


def _name(desk: Desk, settled: Sequence[_Settled], written: set[Name]) -> None:
    """Write down what each Observation is called, where that is new."""
    names: dict[Name, UUID] = {}
    for each in settled:
        if each.decision.outcome is Outcome.TAKEN:
            continue
        own = [Name(Kind.OBSERVATION, *name) for name in each.incoming.names]
        if _needs_digest(each):
            own.append(Name(Kind.OBSERVATION, DIGEST, each.incoming.digest))
        for name in own:
            names.setdefault(name, each.decision.resource_id)
    for name, owner in _said_before(desk, settled).items():
        names.setdefault(name, owner)
    for name in written:
        names.pop(name, None)
    if names:
        add_names(desk.session, desk.sender.client_id, names)


def _needs_digest(settled: _Settled) -> bool:
    """Return whether only its words make a repeat recognisable: no name, and no reading lives."""
    incoming, decision = settled.incoming, settled.decision
    if decision.outcome is Outcome.CONFLICT:
        return True
    if incoming.names:
        return False
    return decision.outcome is not Outcome.NEW or not _all_live(decision, incoming)


def _all_live(decision: Decision, incoming: Incoming) -> bool:
    return len(decision.readings) == len(incoming.candidates) > 0 and not any(
        each.quality in BESIDE for each in decision.readings
    )


def _said_before(desk: Desk, settled: Iterable[_Settled]) -> dict[Name, UUID]:
    """Return all that revised Observations ever said: their first words may come again.

    A reading that gave way is no longer found by its natural key.
    """
    revised = {
        each.decision.resource_id
        for each in settled
        if each.decision.outcome is Outcome.NEW_VERSION and not each.incoming.names
    }
    versions = versions_of(desk.session, Kind.OBSERVATION, revised) if revised else []
    return {Name(Kind.OBSERVATION, DIGEST, digest_of(each.body)): each.id for each in versions}


def _offer(desk: Desk, settled: Sequence[_Settled]) -> None:
    """Ask for an assessment of each person with something to judge; history feeds baselines.

    What a history load brings of the last day is judged after everybody else's (REL-25).
    """
    usual = Priority.BULK if desk.sender.history else Priority.NORMAL
    urgent: dict[UUID, int] = {}
    for each in settled:
        readings = each.decision.readings
        revised = each.decision.outcome is Outcome.NEW_VERSION
        if each.decision.stores and (revised or any(not one.history for one in readings)):
            patient = each.incoming.patient_id
            priority = Priority.CRITICAL if cannot_wait(readings) else usual
            urgent[patient] = min(priority, urgent.get(patient, priority))
    offer_all(desk.session, Topic.ASSESS, urgent, now=desk.now)


def _answer(settled: _Settled, desk: Desk) -> Answer:
    decision, parsed = settled.decision, settled.seen.parsed
    if decision.outcome is Outcome.TAKEN:
        return refuse(
            422,
            "business-rule",
            "this identifier belongs to an Observation of another patient",
            "Observation.identifier",
        )
    created = decision.stores and decision.version == 1
    return Answer(
        CREATED if created else REPEATED,
        (*parsed.warnings, *_remarks(decision)) if decision.stores else (),
        type=Kind.OBSERVATION,
        id=decision.resource_id,
        version=decision.version,
        modified=desk.now if decision.stores else None,
        patient_id=settled.incoming.patient_id,
    )


_REMARKS = {
    Quality.CONFLICT: Issue(
        "warning",
        "conflict",
        "another value is stored for the same device, measurement and time; both are kept,"
        " this one is not scored",
        "Observation.value",
    ),
    Quality.FUTURE: Issue(
        "warning",
        "business-rule",
        "the effective time lies in the future; kept, not scored: check the device's clock",
        "Observation.effective",
    ),
}
_OLD = Issue("information", "informational", "kept as history; not judged", "Observation.effective")


def _remarks(decision: Decision) -> list[Issue]:
    qualities = {each.quality for each in decision.readings}
    remarks = [issue for quality, issue in _REMARKS.items() if quality in qualities]
    return [*remarks, _OLD] if any(each.history for each in decision.readings) else remarks
