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
    fetch,
    lock,
)
from ingest.binding.service import contradictions, refusals
from ingest.candidates import candidates_of
from ingest.clocks.repository import record
from ingest.clocks.service import (
    device_keys,
    devices_of,
    keys_of_stamps,
    learn,
    note_doubts,
    placed_anew,
    store_of_devices,
)
from ingest.context.service import about_living, note_living
from ingest.inheriting.repository import hand_on
from ingest.leaving.service import after_leaving
from ingest.linked import relinked, waves
from ingest.naming.service import name_all, written
from ingest.observed.repository import add_readings, known, supersede
from ingest.parking.repository import parked
from ingest.people.repository import find, zones
from ingest.people.service import Desk, unknown
from ingest.receipt import (
    Answer,
    Kind,
    digest_of,
)
from ingest.remarks import AHEAD, doubts, of_unchanged, remarks
from ingest.revising import Outcome
from ingest.settled import Seen, Settled, answered, not_taken
from ingest.summing.service import summed_up
from ingest.urgency import cannot_wait

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from fhir.identity import Ref
    from fhir.outcome import Issue
    from ingest.device_clock import DeviceClock


def take(desk: Desk, seen: Sequence[Seen]) -> dict[int, Answer]:
    """Store what is new and return the answer to each by its index.

    Serialised per patient, so that the same reading sent many times at once is decided
    many times in a row (REL-05, REL-07).
    """
    contradicted = contradictions(desk, seen)
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
    stamps = [each for each in strangers if each.parsed.subject in devices]
    nobody = [each for each in strangers if each.parsed.subject not in devices]
    answers |= parked(desk.session, desk.sender, nobody, now=desk.now)
    answers |= refusals(desk, {s.index: s.parsed for s in seen if s.index not in answers}, patients)
    answers |= over_share(
        desk, {s.index: s.parsed for s in seen if s.index not in answers}, patients
    )
    people = (f"patient|{patient}" for patient in patients.values())
    lock(desk.session, [*people, *keys_of_stamps(desk, stamps)])
    answers |= store_of_devices(desk, stamps)
    incoming = _incoming(
        desk, [each for each in seen if each.index not in answers], patients, clocks
    )
    answers |= _untimely(desk, incoming)
    answers |= after_leaving(desk.session, incoming)
    met = summed_up(desk, incoming)
    answers = met.answers | answers
    rests = (met.rests.get(pair[0].index, pair) for pair in incoming)
    incoming = [pair for pair in rests if pair[0].index not in answers]
    settled: list[Settled] = []
    for wave in waves(incoming) if desk.within else [incoming]:
        done, said = _settle(desk, wave, settled)
        settled += done
        answers |= said
    note_doubts(desk, settled, stamps)
    _offer(desk, settled)
    return answers


def _settle(
    desk: Desk, wave: Sequence[tuple[Seen, Incoming]], earlier: Sequence[Settled]
) -> tuple[list[Settled], dict[int, Answer]]:
    """Decide about Observations that point at none but earlier ones, and store what is new."""
    pairs = relinked(wave, earlier)
    changed = (new[0] for new, old in zip(pairs, wave, strict=True) if new is not old)
    answers = _put_already(desk, changed)
    pairs = [pair for pair in pairs if pair[0].index not in answers]
    memory = known(desk.session, desk.sender.client_id, [each for _, each in pairs])
    before = written(memory)
    decisions = sort((each for _, each in pairs), memory)
    settled = [Settled(*pair, decision) for pair, decision in zip(pairs, decisions, strict=True)]
    _store(desk, settled)
    name_all(desk, settled, before)
    return settled, answers | {each.seen.index: _answer(each, desk, memory) for each in settled}


def _put_already(desk: Desk, changed: Iterable[Seen]) -> dict[int, Answer]:
    """Answer what was put where the same words stand, now that it is known what they point at."""
    answers = {}
    for seen in changed:
        latest = fetch(desk.session, seen.parsed.kind, seen.id) if seen.replaces else None
        if latest is not None and latest.body == seen.raw:
            answers[seen.index] = latest.again()
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
    return not_taken(settled) or answered(
        settled,
        now=desk.now,
        issues=_issues(settled, memory, declared=desk.sender.history),
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
