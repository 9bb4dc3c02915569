"""Sums up movements whose time is over, and knows again what is gone and sent a second time."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import delete, select

from fhir.identity import read_identifiers
from fhir.outcome import Issue
from fhir.stamp import plain
from ingest.addresses import own_id
from ingest.archive.repository import bodies, lock, name_keys
from ingest.movement import MOVEMENT, SINGLE_FOR
from ingest.parcels.repository import Span, blank
from ingest.receipt import DIGEST, REPEATED, Answer, Kind, Name, digest_of, name_of, refuse_for
from ingest.revising import CORRECTING, VALUELESS
from ingest.rollup import ROLLED, WHOLE_FOR
from ingest.summing import repository
from ingest.tables import Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from ingest.acceptance import Incoming
    from ingest.candidates import Candidate
    from ingest.movement import Grain
    from ingest.people.service import Desk
    from ingest.settled import Seen
    from ingest.summing.repository import Asked, Bin, Row

    # Returns which Observations of these people something names that happened since an instant.
    Named = Callable[[Session, Collection[UUID], datetime], Collection[UUID]]


class SummedUp(NamedTuple):
    """How many readings are gone, and whether there may be more to look at."""

    rows: int
    more: bool


def _named(session: Session, within: Sequence[Bin], named: Named) -> Collection[UUID]:
    if not within:
        return ()
    people = {each.patient_id for each in within}
    return named(session, people, min(each.start for each in within))


def sum_up(session: Session, asked: Asked, named: Named, *, most: int) -> SummedUp:
    """Sum up the hours or days of the `most` oldest readings that nobody looked at yet.

    In one transaction with the count of what counts for them, under the locks that whoever
    stores readings of these people takes: no reading is lost, and none is counted twice.
    """
    for finer in asked.finer:
        done = _step(session, asked, finer, named, most)
        if done is not None:
            return done
    return SummedUp(0, more=False)


def _step(session: Session, asked: Asked, finer: Grain, named: Named, most: int) -> SummedUp | None:
    """Sum up the oldest that are kept as finely as this; None where there are none."""
    within = repository.bins(session, asked, [finer], most=most)
    if not within:
        return None
    lock(session, {f"patient|{each.patient_id}" for each in within})
    kept = _named(session, within, named)
    found = repository.rows(session, asked, within, kept)
    looked = sum(each.fresh for each in within)
    gone = [row for row in found if row.goes]
    into = Counter[tuple[object, ...]]()
    for row in gone:
        into[row.patient_id, row.into, row.vital, row.by] += 1 + row.summed
    forget(session, gone)
    staying = ((row, into[row[:4]]) for row in found if not row.goes)
    repository.count(session, asked.grain, staying)
    return SummedUp(len(gone), more=looked == most or finer is not asked.finer[-1])


def forget(session: Session, gone: Sequence[Row]) -> None:
    """Delete readings with what was received of them; keep by what they are known again."""
    keys = dict(
        zip(
            map(_uuid, repository.natural_keys(session, (row[:4] for row in gone))),
            gone,
            strict=True,
        )
    )
    whose = {row.resource_id: row for row in gone}
    query = select(Resource).where(Resource.type == Kind.OBSERVATION, Resource.id.in_(whose))
    received = session.scalars(query).all()
    for key, owner in _names(session, received):
        keys[key] = whose[owner]
    blank(session, (Span(each.parcel_id, each.start, each.length) for each in received))
    ours = delete(Resource).where(Resource.type == Kind.OBSERVATION, Resource.id.in_(whose))
    session.execute(ours, execution_options={"synchronize_session": False})
    repository.remove(session, gone)
    said = _said_of(session, gone)
    kept = [
        (key, row.patient_id, row.effective, said.get(row.resource_id)) for key, row in keys.items()
    ]
    repository.remember(session, kept)


def _said_of(session: Session, gone: Sequence[Row]) -> dict[UUID, UUID]:
    numbers = [row for row in gone if row.value is not None]
    values = ((row.patient_id, row.vital, row.value or 0.0) for row in numbers)
    found = repository.value_keys(session, values)
    return {row.resource_id: key for row, key in zip(numbers, found, strict=True)}


def _uuid(digest: bytes) -> UUID:
    return UUID(bytes=digest)


def _names(session: Session, received: Sequence[Resource]) -> list[tuple[UUID, UUID]]:
    """Take what these Observations are called out of the names that are in use; return it."""
    called: dict[UUID, dict[Name, UUID]] = defaultdict(dict)
    for row, body in zip(received, bodies(session, received), strict=True):
        if row.client_id is not None:
            called[row.client_id] |= dict.fromkeys(_said(body), row.id)
    keys = {
        key: names[name]
        for client, names in called.items()
        for key, name in name_keys(session, client, names).items()
    }
    return repository.take_names(session, keys)


def _said(body: bytes) -> Iterator[Name]:
    """Yield every name that an Observation may go by, as its sender wrote it."""
    said = msgspec.json.decode(plain(body))
    for each in read_identifiers(said):
        yield name_of(Kind.OBSERVATION, each)
    yield Name(Kind.OBSERVATION, DIGEST, digest_of(body))
    if said.get("id"):
        yield own_id(Kind.OBSERVATION, str(said["id"]))


_KNOWN = Issue(
    "information",
    "duplicate",
    "this was received before and is summed up with others by now: it counts once, and nothing"
    " was written",
    "Observation.effective",
)
_CLOSED = (
    "this was received before and is summed up with others by now: what is summed up can no"
    " longer be corrected or taken back"
)
_DIFFERS = (
    "another value of this was received before and is summed up with others by now: what is summed"
    " up can no longer be corrected, and nothing was written"
)


_BESIDE = Issue(
    "information",
    "duplicate",
    "one of its values was received before and is summed up with others by now: that one counts"
    " once, and the others were taken",
    "Observation.effective",
)


class Met(NamedTuple):
    """What of some Observations was summed up: answers to whole ones, and what is left of others.

    Both are by the index.
    """

    answers: dict[int, Answer]
    rests: dict[int, tuple[Seen, Incoming]]


def summed_up(desk: Desk, incoming: Sequence[tuple[Seen, Incoming]]) -> Met:
    """Return what was received before and is summed up by now.

    What is younger than a day, or of a stream of numbers younger than a month, is never asked
    for: most of what arrives costs nothing here (REL-05).
    """
    old = {
        seen.index: (seen, each)
        for seen, each in incoming
        if any(_may_be(one, now=desk.now) for one in each.candidates)
        or (each.status in VALUELESS and each.names)
    }
    keys = {index: _keys(desk, each) for index, (_, each) in old.items()}
    asked = {key for natural, names in keys.values() for key in (*natural, *names)}
    known = repository.known(desk.session, asked)
    met = Met({}, {})
    for index, (natural, names) in keys.items():
        seen, each = old[index]
        gone = [key in known for key in natural]
        named = not known.keys().isdisjoint(names)
        differs = (named or any(gone)) and _differs(desk, each, {*natural, *names}, known)
        shut = differs or each.status in CORRECTING
        if named or (gone and all(gone)) or (any(gone) and shut):
            met.answers[index] = _answer(each, whole=all(gone), differs=differs)
        elif any(gone):
            met.rests[index] = _rest(seen, each, gone)
    return met


def _rest(seen: Seen, incoming: Incoming, gone: Sequence[bool]) -> tuple[Seen, Incoming]:
    """Return an Observation without the values that are summed up; its sender is told of them."""
    pairs = zip(incoming.candidates, gone, strict=True)
    left = tuple(candidate for candidate, known in pairs if not known)
    parsed = replace(seen.parsed, warnings=(*seen.parsed.warnings, _BESIDE))
    return replace(seen, parsed=parsed), replace(incoming, candidates=left)


def _may_be(candidate: Candidate, *, now: datetime) -> bool:
    age = now - candidate.effective
    return (candidate.vital in MOVEMENT and age > SINGLE_FOR) or (
        candidate.vital in ROLLED and age > WHOLE_FOR
    )


def _keys(desk: Desk, incoming: Incoming) -> tuple[list[UUID], set[UUID]]:
    """Return the keys of what an Observation measured, in its order, and of what it is called."""
    names = [Name(*name) for name in incoming.names]
    names.append(Name(incoming.kind, DIGEST, incoming.digest))
    natural = ((c.patient_id, c.effective, c.vital, c.device) for c in incoming.candidates)
    made = map(_uuid, repository.natural_keys(desk.session, natural))
    return list(made), {*name_keys(desk.session, desk.sender.client_id, names)}


def _differs(
    desk: Desk, incoming: Incoming, keys: Collection[UUID], known: Mapping[UUID, UUID | None]
) -> bool:
    """Return whether what is summed up under these keys said something else."""
    said = {known.get(key) for key in keys} - {None}
    if not said or not incoming.candidates:
        return False
    values = ((c.patient_id, c.vital, c.value) for c in incoming.candidates if c.value is not None)
    return not said <= {*repository.value_keys(desk.session, values)}


def _answer(incoming: Incoming, *, whole: bool, differs: bool) -> Answer:
    """Answer what was summed up; what says more under its name than it said is no repeat of it."""
    text, where = _CLOSED, "Observation.status"
    if differs:
        text, where = _DIFFERS, "Observation.value"
    if differs or incoming.status in CORRECTING or not whole:
        return refuse_for(incoming.patient_id, 422, "business-rule", text, where)
    return Answer(REPEATED, (_KNOWN,), type=incoming.kind, patient_id=incoming.patient_id)
