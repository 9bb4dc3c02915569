"""Understands coincident timestamps, and places readings of wrong clocks where they belong."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ingest.acceptance import Incoming, sort
from ingest.archive.repository import Version, add_versions
from ingest.clocks.repository import clocks, doubt, owners, remember
from ingest.device_clock import DeviceClock, Doubt, clock_of, shift, shifted, told
from ingest.naming.service import name_all, written
from ingest.observed.repository import known
from ingest.people.repository import find
from ingest.receipt import NOBODY, Answer, Kind, digest_of
from ingest.settled import Settled, answered, not_taken

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from fhir.identity import Ref
    from fhir.observation import ParsedObservation
    from ingest.people.service import Desk
    from ingest.settled import Seen

LONGEST_DEVICE = 200  # characters; a longer name is as good by its digest
AT_ONCE = timedelta(0)


def device_keys(desk: Desk, refs: Iterable[Ref | None]) -> dict[Ref, str]:
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


def learn(
    desk: Desk, parsed: Sequence[ParsedObservation], patients: Mapping[Ref, UUID]
) -> dict[str, DeviceClock]:
    """Return the clocks of the devices at hand: those told here, which are kept, before others.

    A coincident timestamp is about its subject where that is the device (PHD guide 2), else
    about its `device`.
    """
    told_here: dict[str, DeviceClock] = {}
    stamps = [each for each in parsed if each.showed is not None]
    named = [each.device if each.subject in patients else each.subject for each in stamps]
    keys = device_keys(desk, [*named, *(each.device for each in parsed)])
    for stamp, ref in zip(stamps, named, strict=True):
        clock = clock_of(stamp.showed, stamp.when.start)
        if clock is not None and ref is not None and clock.holds(now=desk.now):
            told_here[keys[ref]] = clock
    client = desk.sender.client_id
    if told_here:
        remember(desk.session, client, told_here)
    doubtful = {keys[each.device] for each in parsed if each.device and _impossible(each, desk)}
    rest = doubtful - told_here.keys()
    return (clocks(desk.session, client, rest) if rest else {}) | told_here


def _impossible(parsed: ParsedObservation, desk: Desk) -> bool:
    """Return whether a known clock could change anything: most readings cost no query."""
    last = parsed.when.end or parsed.when.start
    if last is None or not parsed.measurements:
        return False
    worst = DeviceClock(last - desk.now, desk.now)
    return bool(shift(parsed.when, worst, now=desk.now))


def placed_anew(
    parsed: ParsedObservation, clock: DeviceClock | None, desk: Desk
) -> tuple[ParsedObservation, timedelta]:
    """Return the Observation at the time that its device's clock should have shown."""
    by = shift(parsed.when, clock, now=desk.now)
    if not by or not parsed.measurements:
        return parsed, AT_ONCE
    moved = replace(parsed, when=shifted(parsed.when, by), warnings=(*parsed.warnings, told(by)))
    return moved, by


def devices_of(desk: Desk, stamps: Iterable[ParsedObservation]) -> set[Ref]:
    """Return which subjects of coincident timestamps are devices, not patients."""
    refs = {each.subject for each in stamps if each.showed is not None and each.subject}
    found = find(desk.session, desk.sender, Kind.DEVICE, refs, within=desk.within) if refs else {}
    return {ref for ref in refs if ref in found or ref.type == Kind.DEVICE}


def keys_of_stamps(desk: Desk, stamps: Iterable[Seen]) -> list[str]:
    """Return what must be locked so that each is stored once, though it is about nobody."""
    client = desk.sender.client_id
    said = (name for each in stamps for name in _of_nobody(each).names or ((digest_of(each.raw),)))
    return [f"stamp|{client}|{'|'.join(name)}" for name in said]


def store_of_devices(desk: Desk, stamps: Sequence[Seen]) -> dict[int, Answer]:
    """Store the coincident timestamps whose subject is a device, each once: about no patient."""
    incoming = [_of_nobody(each) for each in stamps]
    memory = known(desk.session, desk.sender.client_id, incoming)
    before = written(memory)
    decisions = sort(incoming, memory)
    settled = [Settled(*each) for each in zip(stamps, incoming, decisions, strict=True)]
    versions = [
        Version(
            each.incoming.kind,
            each.decision.resource_id,
            each.decision.version,
            None,
            desk.now,
            each.seen.raw,
            status=each.incoming.status,
            updated=each.incoming.updated,
        )
        for each in settled
        if each.decision.stores
    ]
    add_versions(desk.session, desk.sender.client_id, versions)
    name_all(desk, settled, before)
    return {each.seen.index: not_taken(each) or answered(each, now=desk.now) for each in settled}


def _of_nobody(stamp: Seen) -> Incoming:
    parsed = stamp.parsed
    return Incoming(
        patient_id=NOBODY,
        status=parsed.status,
        candidates=(),
        names=tuple((parsed.kind, one.system, one.value) for one in parsed.identifiers),
        digest=digest_of(stamp.raw),
        new_id=stamp.id,
        updated=parsed.last_updated,
        replaces=stamp.replaces,
        knowing=stamp.knowing,
        kind=parsed.kind,
    )


def note_doubts(desk: Desk, settled: Iterable[Settled], stamps: Iterable[Seen]) -> None:
    """Keep the signs that somebody's clock is wrong in what was stored (REL-21).

    `stamps` are those whose subject is a device: about whom it speaks for, and whose readings
    came beside them. Of a device that nobody is known to use nothing is kept.
    """
    stored = [each for each in settled if each.decision.stores]
    late = [] if desk.sender.history else [each for each in stored if _too_old(each)]
    read = [each for each in stored if _shows_doubt(each.seen.parsed, desk)]
    alone = [each.parsed for each in stamps if _shows_doubt(each.parsed, desk)]
    if not (late or read or alone):
        return
    beside = [(e.incoming.patient_id, e.seen.parsed.device) for e in stored]
    keys = device_keys(desk, (*(ref for _, ref in beside), *(each.subject for each in alone)))
    found: dict[UUID, list[Doubt]] = defaultdict(list)
    for each in late:
        age = max(desk.now - one.last for one in each.decision.readings if one.history)
        device = keys.get(each.seen.parsed.device, "")  # type: ignore[arg-type]  # or none
        sign = Doubt(device, -age, desk.now, of_reading=True)
        found[each.incoming.patient_id].append(sign)
    for each in read:
        device = keys.get(each.seen.parsed.device, "")  # type: ignore[arg-type]  # or none
        found[each.incoming.patient_id].append(_sign(each.seen.parsed, device, desk))
    users = _users(desk, [keys[each.subject] for each in alone if each.subject], beside, keys)
    for stamp in alone:
        device = keys[stamp.subject]  # type: ignore[index]  # a device is its subject
        for patient in users[device]:
            found[patient].append(_sign(stamp, device, desk))
    doubt(desk.session, found)


def _too_old(settled: Settled) -> bool:
    """Return whether it was old when it first arrived: a correction may come at any time."""
    decision = settled.decision
    return decision.version == 1 and any(one.history for one in decision.readings)


def _shows_doubt(parsed: ParsedObservation, desk: Desk) -> bool:
    clock = clock_of(parsed.showed, parsed.when.start)
    return clock is not None and clock.holds(now=desk.now) and clock.doubtful


def _sign(parsed: ParsedObservation, device: str, desk: Desk) -> Doubt:
    clock = clock_of(parsed.showed, parsed.when.start)
    return Doubt(device, clock.ahead if clock else AT_ONCE, desk.now)


def _users(
    desk: Desk,
    devices: Sequence[str],
    beside: Iterable[tuple[UUID, Ref | None]],
    keys: Mapping[Ref, str],
) -> dict[str, set[UUID]]:
    """Return whom each device measures: whom it was enrolled for, and whose readings it sent."""
    found: dict[str, set[UUID]] = defaultdict(set)
    for device, patient in owners(desk.session, devices) if devices else ():
        found[device].add(patient)
    for patient, ref in beside:
        if ref is not None:
            found[keys[ref]].add(patient)
    return found
