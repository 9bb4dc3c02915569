"""Which movements go into an hour or a day: told of and taken away by one query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from sqlalchemy import select

from core.rows import run
from core.sealing import keyring_of
from ingest.movement import DAY, Grain, spans
from ingest.tables import Patient

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be summed up, how finely, and of whom nothing is touched.

    All that lies in hours or days that were over at `before`, and in days that were not over
    yet at `since`: what is older is for a coarser grain. Of nobody who is `held`.
    """

    grain: Grain
    before: datetime
    since: datetime = datetime(1900, 1, 1, tzinfo=UTC)
    held: Collection[UUID] = ()

    @property
    def finer(self) -> tuple[Grain, ...]:
        """Return what it may be kept as until then."""
        return tuple(each for each in Grain if each < self.grain)


Key = tuple[UUID, datetime, str, str, int]  # of a reading


class Row(NamedTuple):
    """One reading of an hour or day that is looked at; `into` and `by` say what counts for it."""

    patient_id: UUID
    effective: datetime
    vital: str
    device: str
    resource_id: UUID
    summed: int
    goes: bool
    into: datetime
    by: str
    value: float | None = None  # where another one would be no repeat

    @property
    def key(self) -> Key:
        """Return the primary key."""
        return (*self[:4], 0)


# An event of an instant that counts; anything else of a movement stays as it is.
_MOVES = "{r} in ('motion', 'bathroom', 'outer_door', 'hub_heartbeat')"
_PLAIN = """{r}.ordinal = 0 and not {r}.superseded and {r}.quality = 'scored'
    and {r}.precision = 'instant' and {r}.value is not null and {r}.until is null"""
FRESH = f"""reading r
    where {_MOVES.format(r="r.vital")} and {_PLAIN.format(r="r")} and r.grain in ({{finer}})
    and r.effective between %b::timestamptz and %b::timestamptz"""
# In the order of the index, and no further than asked: each `offset 0` keeps PostgreSQL from
# sorting all there are.
BINS = f"""
select patient_id, start, width, midnight, count(*) from (
    select r.patient_id, date_bin(z.width, r.effective, z.midnight) as start, z.width, z.midnight
    from (
        select r.patient_id, r.effective from {FRESH} and r.patient_id <> all(%b::uuid[])
        order by r.effective offset 0
    ) r, lateral (
        select z.width, z.midnight from patient p
        join unnest(%b::text[], %b::interval[], %b::timestamptz[]) z (zone, width, midnight)
            on z.zone = p.zone
        where p.id = r.patient_id offset 0
    ) z
    where date_bin(z.width, r.effective, z.midnight) + z.width <= %b::timestamptz
        and date_bin('1 day', r.effective, z.midnight) + '1 day' > %b::timestamptz
    order by r.effective limit %b::int8
) fresh group by 1, 2, 3, 4
"""  # noqa: S608 (only the names above)
# Readings that say the same stand for each other, whichever sensor it was; what an Observation
# says beside it, or in an earlier version, keeps all of it. Found by the primary key, and not by
# the index of movements, in which everybody's of that time lie: hence the `|| ''`.
ALIKE = f"""
with alike as (
    select r.*, row_number() over timed as nth, count(*) over every as size,
        last_value(r.effective) over whole as last, last_value(r.device) over whole as by,
        date_bin('1 day', r.effective, b.midnight) + '1 day' as evening
    from {{within}}, lateral (
        select * from reading r where r.patient_id = b.patient_id
            and r.effective >= b.start and r.effective < b.start + b.width
            and r.effective between %b::timestamptz and %b::timestamptz
            and {_MOVES.format(r="r.vital || ''")} and {_PLAIN.format(r="r")}
        offset 0
    ) r
    window every as (partition by b.patient_id, b.start, r.vital, r.value, r.history{{device}}),
        timed as (every order by r.effective, r.device),
        whole as (timed rows between unbounded preceding and unbounded following)
)
"""  # noqa: S608 (only the names above)
GONE = """case when {goes} and resource_id <> all(%b::uuid[]) then not exists (
        select from reading o where o.patient_id = a.patient_id and o.effective = a.effective
            and o.resource_id = a.resource_id
            and (o.vital, o.device, o.ordinal) <> (a.vital, a.device, a.ordinal)
    ) and not exists (
        select from resource v where v.id = a.resource_id
            and (v.version > 1 or v.type <> 'Observation')
    ) else false end"""
_GIVEN = """unnest(%b::uuid[], %b::timestamptz[], %b::interval[], %b::timestamptz[])
    b (patient_id, start, width, midnight)"""
_ROWS = f"""{ALIKE}
select patient_id, effective, vital, device, resource_id, summed, {GONE}, last, by
from alike a order by effective, patient_id, vital, device
"""  # noqa: S608 (only the names above)
_LATER = f"""exists (select from reading n where n.patient_id = a.patient_id
    and n.effective > a.effective {{until}} and n.vital = a.vital and n.device = a.device
    and {_PLAIN.format(r="n")})"""
_GOES = {
    Grain.HOUR: "a.nth > 1 and a.nth < a.size and "
    + _LATER.format(until="and n.effective < a.evening"),
    Grain.DAY: "a.nth < a.size",
    Grain.LAST: _LATER.format(until=""),
}


class Bin(NamedTuple):
    """An hour or a day of one person, and how many readings of it nobody looked at yet."""

    patient_id: UUID
    start: datetime
    width: timedelta
    midnight: datetime
    fresh: int


def bins(
    session: Session, asked: Asked, finer: Collection[Grain], *, most: int | None
) -> list[Bin]:
    """Return the hours or days in which the oldest readings of some grains lie.

    Of one grain alone they are found in the order of its index.
    """
    known = binning(session, asked, most)
    return [Bin(*row) for row in run(session, finer_than(BINS, finer), *known)]


def finer_than(statement: str, finer: Collection[Grain]) -> str:
    """Return a statement about readings of some grains."""
    return statement.replace("{finer}", ", ".join(str(int(each)) for each in finer))


def binning(session: Session, asked: Asked, most: int | None) -> tuple[object, ...]:
    """Return what the query of hours or days is asked with."""
    zones = session.scalars(select(Patient.zone).distinct()).all()
    divided = spans(asked.grain, zones, now=asked.before)
    columns = [list(each) for each in zip(*divided, strict=True)] or [[], [], []]
    return (*span(asked), list(asked.held), *columns, asked.before, asked.since, most)


def rows(
    session: Session, asked: Asked, within: Sequence[Bin], named: Collection[UUID]
) -> list[Row]:
    """Return all readings of these hours or days, the oldest first.

    What an Observation of `named` says stays by itself.
    """
    if not within:
        return []
    statement = about(_ROWS, asked, _GIVEN)
    columns = [list(each) for each in zip(*within, strict=True)][:4]
    found = run(session, statement, *columns, *span(asked), list(named))
    return [Row(*row) for row in found]


def about(statement: str, asked: Asked, within: str) -> str:
    """Return a statement about what is alike within some hours or days."""
    by_sensor = "" if asked.grain is Grain.HOUR else ", r.device"
    said = statement.replace("{goes}", _GOES[asked.grain]).replace("{device}", by_sensor)
    return said.replace("{within}", within)


def span(asked: Asked) -> tuple[datetime, datetime]:
    """Return between which instants all of it lies: PostgreSQL leaves other months aside."""
    return asked.since - DAY, asked.before


_REMOVE = (
    "delete from reading r using unnest(%b::uuid[], %b::timestamptz[], %b::text[], %b::text[])"
    " at (patient, instant, vital, device) where r.patient_id = at.patient"
    " and r.effective = at.instant and r.vital = at.vital and r.device = at.device"
    " and r.ordinal = 0 and r.effective between %b and %b"
)
_COUNT = (
    "update reading r set grain = %b, summed = r.summed + at.more"
    " from unnest(%b::uuid[], %b::timestamptz[], %b::text[], %b::text[], %b::int4[])"
    " at (patient, instant, vital, device, more) where r.patient_id = at.patient"
    " and r.effective = at.instant and r.vital = at.vital and r.device = at.device"
    " and r.ordinal = 0 and r.effective between %b and %b"
)


def remove(session: Session, going: Sequence[Row]) -> None:
    """Delete readings, and what was noted beside them."""
    if going:
        columns = [list(each) for each in zip(*(row[:4] for row in going), strict=True)]
        run(session, _REMOVE, *columns, *_ends(going))
        ids = [row.resource_id for row in going]
        run(session, "delete from clock_correction where resource_id = any(%b::uuid[])", ids)


def _ends(rows: Sequence[Row]) -> tuple[datetime, datetime]:
    times = [row.effective for row in rows]
    return min(times), max(times)


def count(session: Session, grain: Grain, staying: Iterable[tuple[Row, int]]) -> None:
    """Note of readings that stay how finely they are kept, and for how many more they count."""
    found = [(*row[:4], more) for row, more in staying]
    if found:
        columns = [list(each) for each in zip(*found, strict=True)]
        run(session, _COUNT, int(grain), *columns, min(columns[1]), max(columns[1]))


def natural_keys(
    session: Session, readings: Iterable[tuple[UUID, datetime, str, str]]
) -> list[bytes]:
    """Return the keyed digest of each natural key: whose, when, what, and by which device."""
    ring = keyring_of(session)
    return [
        ring.blind("summed", str(patient), vital, device, str(effective.timestamp()))
        for patient, effective, vital, device in readings
    ]


def value_keys(session: Session, said: Iterable[tuple[UUID, str, float]]) -> list[UUID]:
    """Return the keyed digest of each value: whose, of what, and how much."""
    ring = keyring_of(session)
    return [
        UUID(bytes=ring.blind("summed-value", str(patient), vital, repr(value)))
        for patient, vital, value in said
    ]


_TAKE_NAMES = (
    "delete from resource_identifier n using unnest(%b::uuid[], %b::uuid[]) at (key, resource)"
    " where n.key = at.key and n.resource_id = at.resource returning n.key, n.resource_id"
)
_REMEMBER = (
    "insert into summed_key (key, patient_id, day, of_value)"
    " select key, patient, date_trunc('day', instant, 'UTC'), said"
    " from unnest(%b::uuid[], %b::uuid[], %b::timestamptz[], %b::uuid[])"
    " at (key, patient, instant, said)"
    " on conflict (key) do nothing"
)


def take_names(session: Session, keys: Mapping[UUID, UUID]) -> list[tuple[UUID, UUID]]:
    """Take those of these names away that are in use for just these resources; return them."""
    if not keys:
        return []
    return [(row[0], row[1]) for row in run(session, _TAKE_NAMES, list(keys), list(keys.values()))]


def remember(session: Session, keys: Sequence[tuple[UUID, UUID, datetime, UUID | None]]) -> None:
    """Keep keys of what is summed up: whose, of which day, and what it said."""
    if keys:
        run(session, _REMEMBER, *map(list, zip(*keys, strict=True)))


def known(session: Session, keys: Collection[UUID]) -> dict[UUID, UUID | None]:
    """Return those of these keys that are of something summed up, with what it said."""
    if not keys:
        return {}
    query = "select key, of_value from summed_key where key = any(%b::uuid[])"
    return dict(run(session, query, list(keys)))
