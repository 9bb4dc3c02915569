"""Loads what is known about Observations in a few queries, and stores decisions in bulk."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from core.rows import copy_parted, run
from core.vitals import Precision, Quality, Vital
from ingest.acceptance import BESIDE, Incoming, Kept, Known
from ingest.archive.repository import Head, drop_names, find_named, heads
from ingest.candidates import Candidate
from ingest.inheriting.repository import DAYS_LATE, Left
from ingest.partitions import month
from ingest.receipt import ANSWERING, DIGEST, NOBODY, Name
from ingest.rolling.repository import give_way
from ingest.rollup import CLOSED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from ingest.acceptance import Decision

_READING = {
    "patient_id": "uuid",
    "effective": "timestamptz",
    "resource_id": "uuid",
    "received_at": "timestamptz",
    "value": "float8",
    "until": "timestamptz",
    "local_day": "date",
    "resource_version": "int4",
    "ordinal": "int4",
    "history": "bool",
    "superseded": "bool",
    "vital": "text",
    "device": "text",
    "quality": "text",
    "precision": "text",
    "comparator": "text",
    "value_received": "text",
    "unit_received": "text",
    "site": "text",
}
# The bounds let PostgreSQL leave aside the months that none of the times is in.
_AT = (
    "from unnest(%b::uuid[], %b::timestamptz[]) at (patient, instant)"
    " join reading r on r.patient_id = at.patient and r.effective = at.instant"
    " where r.effective between %b and %b and not r.superseded"
)
_LIVE = (
    "select r.resource_id, r.patient_id, r.vital, r.value, r.quality, r.effective, r.until,"
    " r.local_day, r.precision, r.comparator, r.device, r.value_received, r.unit_received,"
    f" r.history, r.site {_AT} order by r.received_at, r.ordinal"
)


def known(session: Session, client_id: UUID, incoming: Sequence[Incoming]) -> Known:
    """Return what the record holds under the names, digests and natural keys at hand.

    A body's digest is only asked for where it can have been written down: where there is no
    identifier, or where the Observation meets something else that is stored.
    """
    memory = Known()
    digests = [each for each in incoming if not each.names]
    owners = _named(session, client_id, incoming, digests, memory)
    at_hand = _live(session, {(c.patient_id, c.effective) for i in incoming for c in i.candidates})
    met = [each for each in incoming if each.names and _meets(each, memory, at_hand)]
    owners |= _named(session, client_id, (), met, memory) | at_hand.keys()
    owners |= {each.new_id for each in incoming if each.replaces}
    if not owners:
        return memory
    found = heads(session, ANSWERING, owners)
    _let_go(session, client_id, memory, found)
    live = _live(session, _where(found))
    for id_, head in found.items():
        memory.keep(
            Kept(
                id_,
                head.version,
                head.status,
                head.patient_id or NOBODY,
                tuple(live.get(id_, ())),
                head.updated,
                head.client_id == client_id,
                head.type,
            )
        )
    return memory


def _named(
    session: Session,
    client_id: UUID,
    named: Iterable[Incoming],
    said: Iterable[Incoming],
    memory: Known,
) -> set[UUID]:
    """Remember what goes by names and by digests, and return it."""
    names = [Name(*name) for each in named for name in each.names]
    names.extend(Name(each.kind, DIGEST, each.digest) for each in said)
    found = find_named(session, client_id, names) if names else {}
    for name, owner in found.items():
        if name.system == DIGEST:
            memory.digests[name.value] = owner
        else:
            memory.names[name.type, name.system, name.value] = owner
    return set(found.values())


def _let_go(session: Session, client_id: UUID, memory: Known, found: Collection[UUID]) -> None:
    """Forget names that outlived what they were of: it was summed up under another one."""
    empty = [Name(*name) for name, owner in memory.names.items() if owner not in found]
    for name in empty:
        del memory.names[name.type, name.system, name.value]
    said = [each for each, owner in memory.digests.items() if owner not in found]
    for each in said:
        del memory.digests[each]
    empty += [Name(kind, DIGEST, each) for each in said for kind in ANSWERING]
    if empty:
        drop_names(session, client_id, empty)


def _meets(incoming: Incoming, memory: Known, live: dict[UUID, list[Candidate]]) -> bool:
    if any(name in memory.names for name in incoming.names):
        return True
    keys = {each.key for each in incoming.candidates} if live else set()
    return bool(keys) and any(twin.key in keys for twins in live.values() for twin in twins)


def _where(found: dict[UUID, Head]) -> set[tuple[UUID, datetime]]:
    return {
        (head.patient_id, head.effective)
        for head in found.values()
        if head.patient_id is not None and head.effective is not None
    }


def _live(session: Session, places: set[tuple[UUID, datetime]]) -> dict[UUID, list[Candidate]]:
    """Return by Observation the live readings of these people at these times."""
    live: dict[UUID, list[Candidate]] = defaultdict(list)
    if places:
        for row in run(session, _LIVE, *_arrays(places)):
            live[row[0]].append(_candidate(row))
    return live


def _arrays(places: set[tuple[UUID, datetime]]) -> tuple[Any, ...]:
    """Return the people, the times, and the first and last of these."""
    patients, times = zip(*places, strict=True)
    return list(patients), list(times), min(times), max(times)


def _candidate(row: Sequence[Any]) -> Candidate:
    return Candidate(
        patient_id=row[1],
        vital=Vital(row[2]),
        value=row[3],
        quality=Quality(row[4]),
        effective=row[5],
        until=row[6],
        local_day=row[7],
        precision=Precision(row[8]),
        comparator=row[9],
        device=row[10],
        value_received=row[11],
        unit_received=row[12],
        history=row[13],
        site=row[14],
    )


# The last number that was given beside each natural key.
_LAST = (
    "select r.patient_id, r.effective, r.vital, r.device, max(r.ordinal)"
    f" {_AT.removesuffix(' and not r.superseded')} group by 1, 2, 3, 4"
)
_STEP_ASIDE = (
    "update reading r set superseded = true, ordinal = at.ordinal"
    " from unnest(%b::uuid[], %b::timestamptz[], %b::text[], %b::text[], %b::int4[], %b::int4[])"
    " at (patient, instant, vital, device, before, ordinal)"
    " where r.patient_id = at.patient and r.effective = at.instant and r.vital = at.vital"
    " and r.device = at.device and r.ordinal = at.before"
)
_OF = (
    "select r.patient_id, r.effective, r.vital, r.device, r.ordinal, r.resource_id,"
    f" r.resource_version, r.summed, r.value, {DAYS_LATE} {_AT}"
)


def supersede(session: Session, decisions: Iterable[Decision]) -> list[Left]:
    """Take earlier versions' readings out of the judgement; they stay in the table.

    Returns what they counted for beside themselves: the readings of the next version may.
    """
    last = {each.resource_id: each.version for each in decisions if each.stores}
    revised = {id_ for id_, version in last.items() if version > 1}
    places = _where(heads(session, ANSWERING, revised)) if revised else set()
    if not places:
        return []
    rows = run(session, _OF, *_arrays(places))
    found = [row for row in rows if row[5] in revised and row[6] < last[row[5]]]
    if not found:
        return []
    stale = [row[:5] for row in found]
    beside = _Ordinals(session, {(row[0], row[1]) for row in stale})
    numbers = [row[4] or beside.next(row[:4]) for row in stale]
    run(session, _STEP_ASIDE, *map(list, zip(*stale, strict=True)), numbers)
    give_way(session, [r[0] for r in stale], [r[1] for r in stale])
    return [
        Left._make((*row[:4], number, *row[7:])) for row, number in zip(found, numbers, strict=True)
    ]


class _Ordinals:
    """Numbers the readings beside those that live, on from what is stored."""

    def __init__(self, session: Session, places: set[tuple[UUID, datetime]]) -> None:
        rows = run(session, _LAST, *_arrays(places)) if places else []
        self._last: dict[tuple[Any, ...], int] = {row[:4]: row[4] for row in rows}

    def next(self, key: tuple[Any, ...]) -> int:
        """Return a number that no reading with this natural key has."""
        self._last[key] = self._last.get(key, 0) + 1
        return self._last[key]


def add_readings(session: Session, decisions: Sequence[Decision], *, received: datetime) -> None:
    """Store the readings of every decision; all but an Observation's last version superseded."""
    last = {each.resource_id: each.version for each in decisions if each.stores}
    rows = [
        (each, reading, each.version < last[each.resource_id])
        for each in decisions
        if each.stores
        for reading in each.readings
    ]
    beside = _Ordinals(
        session, {(r.patient_id, r.effective) for _, r, old in rows if old or r.quality in BESIDE}
    )
    stored = [
        (
            reading.patient_id,
            reading.effective,
            each.resource_id,
            received,
            reading.value,
            reading.until,
            reading.local_day,
            each.version,
            beside.next((reading.patient_id, reading.effective, reading.vital, reading.device))
            if old or reading.quality in BESIDE
            else 0,
            reading.history,
            old,
            reading.vital,
            reading.device,
            reading.quality,
            reading.precision,
            reading.comparator,
            reading.value_received,
            reading.unit_received,
            reading.site,
        )
        for each, reading, old in rows
    ]
    if stored:
        copy_parted(session, "reading", _READING, stored, ("effective", month))
        late = [row for row in stored if received - row[1] > CLOSED]
        give_way(session, [row[0] for row in late], [row[1] for row in late])
