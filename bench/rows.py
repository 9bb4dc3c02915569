"""Fills the real tables in bulk, and measures how large they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

AT_ONCE = 500_000
BODIES = "('parcel')"
TABLES = "('parcel', 'resource', 'reading', 'resource_identifier')"


@dataclass(frozen=True, slots=True)
class Kept:
    """Bytes on disk for each stored reading, indexes included."""

    whole: float
    without_bodies: float


def stored_bytes(connection: psycopg.Connection[Any]) -> Kept:
    """Return what the four tables take for each reading."""
    size = """
    select sum(pg_total_relation_size(leaf.relid)) from pg_class root,
        lateral (select relid from pg_partition_tree(root.oid) where isleaf
                 union select root.oid where root.relkind = 'r') leaf
    where root.relnamespace = 'public'::regnamespace and root.relname in {}
    """
    readings = _number(connection, "select count(*) from reading")
    whole = _number(connection, size.format(TABLES))
    bodies = _number(connection, size.format(BODIES))
    return Kept(whole / readings, (whole - bodies) / readings)


def fill(connection: psycopg.Connection[Any], rows: int, *, patients: Sequence[str]) -> int:
    """Add readings with their resources and keys until there are so many; return how many.

    Spread over the people and over two years before today, so that the door writes beside
    them and never into the same minute.
    """
    there = _number(connection, "select count(*) from reading")
    spread = [*patients, *(row[0] for row in _people(connection, 2000))]
    while there < rows:
        count = min(AT_ONCE, rows - there)
        connection.execute(_FILL, {"patients": spread, "from": there, "count": count})
        there += count
    connection.execute("vacuum analyze reading, resource, resource_identifier")
    connection.execute("checkpoint") if _superuser(connection) else None
    return there


def _superuser(connection: psycopg.Connection[Any]) -> bool:
    query = "select rolsuper from pg_roles where rolname = current_user"
    return bool(_number(connection, query))


def _people(connection: psycopg.Connection[Any], count: int) -> list[tuple[str]]:
    """Return invented ids of people; readings refer to nobody by constraint."""
    query = "select md5(n::text)::uuid::text from generate_series(1, %s) n"
    return connection.execute(query, [count]).fetchall()


_FILL = """
with made as (
    select n, (%(patients)s::uuid[])[1 + n %% array_length(%(patients)s::uuid[], 1)] patient,
        date_trunc('second', now()) - interval '3 days'
            - (n::bigint * 7919 %% 63000000) * interval '1 second' as at
    from generate_series(%(from)s + 1, %(from)s + %(count)s) n
), named as (
    select *, (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7'
        || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid id from made
), resources as (
    insert into resource (id, patient_id, parcel_id, received_at, effective, start, length,
        version, type, status)
    select id, patient, id, at, at, 0, 700, 1, 'Observation', 'final' from named
), keys as (
    insert into resource_identifier (key, resource_id) select md5('k' || n)::uuid, id from named
)
insert into reading (patient_id, effective, resource_id, received_at, value, resource_version,
    ordinal, history, superseded, vital, device, quality, precision, comparator, value_received,
    unit_received)
select patient, at, id, at, 72, 1, 0, true, false, 'heart_rate', '', 'scored', 'instant', '', '72',
    '/min' from named
on conflict do nothing
"""


def _number(connection: psycopg.Connection[Any], query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
