"""Takes any number of Observations at once: whose, when, new or known; then one bulk write."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from core.errors import ConflictError
from core.outbox import Priority, Topic, write_offers
from core.vitals import Quality
from fhir.outcome import PROFILE
from fhir.policy import Mode
from ingest.acceptance import Incoming, Known, sort
from ingest.admission.service import over_share
from ingest.archive.repository import (
    REMOVED,
    Version,
    add_versions,
    lock,
)
from ingest.binding.service import refusals
from ingest.candidates import candidates_of
from ingest.clocks.repository import record
from ingest.clocks.service import (
    device_keys,
    devices_of,
    learn,
    note_doubts,
    placed_anew,
    store_of_devices,
)
from ingest.context.service import about_living, note_living
from ingest.departures import gone_at
from ingest.inheriting.repository import hand_on
from ingest.leaving.repository import spans
from ingest.naming.service import name_all, written
from ingest.observed.repository import add_readings, known, supersede
from ingest.parking.repository import parked
from ingest.people.repository import find, torn, zones
from ingest.people.service import Desk, contradictory, unknown
from ingest.receipt import (
    CHANGED_SINCE,
    CREATED,
    REPEATED,
    Answer,
    Kind,
    digest_of,
    refuse_for,
)
from ingest.remarks import AHEAD, doubts, of_unchanged, remarks, taken
from ingest.revising import Outcome
from ingest.settled import Seen, Settled
from ingest.summing.service import summed_up
from ingest.urgency import cannot_wait

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from fhir.identity import Ref
    from fhir.outcome import Issue
    from ingest.device_clock import DeviceClock


def take(desk: Desk, seen: Sequence[Seen]) -> dict[int, Answer]:
    """Store what is new and return the answer to each by its index.

    Serialised per patient, so that the same reading sent many times at once is decided
    many times in a row (REL-05, REL-07).
    """
    contradicted = _contradicted(desk, seen)
    seen = [each for each in seen if each.index not in contradicted]
    subjects = [each.parsed.subject for each in seen if each.parsed.subject is not None]
    patients = find(desk.session, desk.sender, Kind.PATIENT, subjects, within=desk.within)
    clocks = learn(desk, [each.parsed for each in seen], patients)
    strangers = [each for each in seen if each.parsed.subject not in patients]
    answers = contradicted | {
        each.index: unknown(each.parsed.subject, f"{each.parsed.kind}.subject")
        for each in strangers
    }
    devices = devices_of(desk, [each.parsed for each in strangers])
    stamps = {e.index: (e.id, e.raw) for e in strangers if e.parsed.subject in devices}
    answers |= store_of_devices(desk, stamps)
    nobody = [each for each in strangers if each.index not in stamps]
    answers |= parked(desk.session, desk.sender, nobody, now=desk.now)
    answers |= refusals(desk, {s.index: s.parsed for s in seen if s.index not in answers}, patients)
    answers |= over_share(
        desk, {s.index: s.parsed for s in seen if s.index not in answers}, patients
    )
    lock(desk.session, (f"patient|{patient}" for patient in patients.values()))
    incoming = _incoming(
        desk, [each for each in seen if each.index not in answers], patients, clocks
    )
    answers |= _untimely(desk, incoming)
    answers |= _after_leaving(desk, incoming)
    met = summed_up(desk, incoming)
    answers = met.answers | answers
    rests = (met.rests.get(pair[0].index, pair) for pair in incoming)
    incoming = [pair for pair in rests if pair[0].index not in answers]
    memory = known(desk.session, desk.sender.client_id, [each for _, each in incoming])
    before = written(memory)
    decisions = sort((each for _, each in incoming), memory)
    settled = [Settled(*pair, decision) for pair, decision in zip(incoming, decisions, strict=True)]
    _store(desk, settled)
    note_doubts(desk, settled, (each for each in strangers if each.index in stamps))
    name_all(desk, settled, before)
    _offer(desk, settled)
    return answers | {each.seen.index: _answer(each, desk, memory) for each in settled}


def _contradicted(desk: Desk, seen: Sequence[Seen]) -> dict[int, Answer]:
    """Return the answers to those that name two people, or two devices, in one reference."""
    answers: dict[int, Answer] = {}
    for kind, field in ((Kind.DEVICE, "device"), (Kind.PATIENT, "subject")):
        said: dict[int, Ref | None] = {each.index: getattr(each.parsed, field) for each in seen}
        refs = [ref for ref in said.values() if ref is not None]
        wrong = torn(desk.session, desk.sender, kind, refs, within=desk.within)
        answers |= {
            each.index: contradictory(f"{each.parsed.kind}.{field}")
            for each in seen
            if said[each.index] in wrong
        }
    return answers


def _incoming(
    desk: Desk,
    seen: Sequence[Seen],
    patients: Mapping[Ref, UUID],
    clocks: Mapping[str, DeviceClock],
) -> list[tuple[Seen, Incoming]]:
    zone = zones(desk.session, set(patients.values()))
    if len(zone) < len(set(patients.values())):  # somebody was erased before the lock was ours
        raise ConflictError(REMOVED)
    device = device_keys(desk, (each.parsed.device for each in seen))
    placed = []
    for each in seen:
        key = device.get(each.parsed.device, "") if each.parsed.device else ""
        parsed, by = placed_anew(each.parsed, clocks.get(key), desk)
        patient = patients[parsed.subject]  # type: ignore[index]  # those without were answered
        candidates = candidates_of(
            parsed,
            patient,
            zone[patient],
            device=key,
            declared_history=desk.sender.history,
            now=desk.now,
        )
        incoming = Incoming(
            patient_id=patient,
            status=parsed.status,
            candidates=candidates,
            names=tuple([(parsed.kind, one.system, one.value) for one in parsed.identifiers]),
            digest=digest_of(each.raw),
            new_id=each.id,
            updated=parsed.last_updated,
            replaces=each.replaces,
            knowing=each.knowing,
            kind=parsed.kind,
        )
        moved = each if parsed is each.parsed else replace(each, parsed=parsed, shift=by)
        placed.append((moved, incoming))
    return placed


def _untimely(desk: Desk, incoming: Sequence[tuple[Seen, Incoming]]) -> dict[int, Answer]:
    """Refuse what lies in the future to a client that wants it so; others are only warned."""
    strict = desk.sender.policy.mode is Mode.ENFORCE
    return {
        seen.index: Answer(PROFILE, (AHEAD,))
        for seen, each in incoming
        if strict and any(one.quality is Quality.FUTURE for one in each.candidates)
    }


def _after_leaving(desk: Desk, incoming: Sequence[tuple[Seen, Incoming]]) -> dict[int, Answer]:
    """Refuse what was measured while its person was discharged; what was before is taken."""
    left = spans(desk.session, {each.patient_id for _, each in incoming})
    if not left:
        return {}
    return {
        seen.index: refuse_for(
            each.patient_id, 422, "business-rule", LEFT, f"{each.kind}.effective"
        )
        for seen, each in incoming
        if any(gone_at(left.get(each.patient_id, ()), one.effective) for one in each.candidates)
    }


LEFT = (
    "monitoring of this patient had ended when it was measured, so it is not taken: enrol them"
    " again, or send what was measured before"
)


def _store(desk: Desk, settled: Sequence[Settled]) -> None:
    stored = [each for each in settled if each.decision.stores]
    left = supersede(desk.session, [each.decision for each in stored])
    versions = [
        Version(
            each.incoming.kind,
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
    hand_on(desk.session, left)
    moved = {
        (each.decision.resource_id, each.decision.version): each.seen.shift
        for each in stored
        if each.seen.shift
    }
    record(desk.session, moved)
    note_living(desk.session, ((e, _effective(e) or desk.now) for e in stored))


def _effective(settled: Settled) -> datetime | None:
    """Return when it was measured, which all values of one Observation share; None if unknown.

    Searches go in this order (FHIR-11), also by what is no reading.
    """
    if settled.incoming.candidates:
        return settled.incoming.candidates[0].effective
    when = settled.seen.parsed.when
    day = datetime.combine(when.day, time.min, tzinfo=UTC) if when.day else None
    return when.start or when.end or day


def _offer(desk: Desk, settled: Sequence[Settled]) -> None:
    """Ask for an assessment of each person with something to judge; history feeds baselines.

    What a history load brings of the last day is judged after everybody else's (REL-25).
    """
    usual = Priority.BULK if desk.sender.history else Priority.NORMAL
    urgent: dict[UUID, int] = {}
    traces: dict[UUID, str] = {}
    for each in settled:
        readings = each.decision.readings
        revised = each.decision.outcome is Outcome.NEW_VERSION
        says = about_living(each) or any(not one.history for one in readings)
        if each.decision.stores and (revised or says):
            patient = each.incoming.patient_id
            priority = Priority.CRITICAL if cannot_wait(readings) else usual
            urgent[patient] = min(priority, urgent.get(patient, priority))
            traces[patient] = each.seen.trace
    offers = [(Topic.ASSESS, each, desk.now, urgent[each]) for each in sorted(urgent)]
    write_offers(desk.session, offers, now=desk.now, traces=traces)


def _answer(settled: Settled, desk: Desk, memory: Known) -> Answer:
    decision = settled.decision
    if decision.outcome is Outcome.TAKEN:
        return taken(replaces=settled.seen.replaces)
    if decision.outcome is Outcome.STALE:
        return CHANGED_SINCE
    return Answer(
        CREATED if decision.stores and decision.version == 1 else REPEATED,
        _issues(settled, memory, declared=desk.sender.history),
        type=settled.incoming.kind,
        id=decision.resource_id,
        version=decision.version,
        modified=desk.now if decision.stores else None,
        patient_id=settled.incoming.patient_id,
    )


def _issues(settled: Settled, memory: Known, *, declared: bool) -> tuple[Issue, ...]:
    """Return what the sender must know of what it sent; a repeat says it again."""
    decision, incoming = settled.decision, settled.incoming
    said = settled.seen.parsed.warnings
    if decision.stores:
        return (*said, *remarks(decision.readings, declared=declared))
    kept = memory.kept[decision.resource_id].candidates
    known = of_unchanged(
        replaces=settled.seen.replaces, renamed=decision.alike and bool(incoming.names)
    )
    return (*said, *known, *remarks(doubts(incoming.candidates, kept), declared=declared))
