"""Keep the order of turns where the database moved to another server, which counts anew.

A dump that is restored elsewhere has rows of high turns on a server of low ones: what is written
there next would come before what was sealed. `wardlight migrate` mends it; until then no process
of ours starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection

_THERE = text("select to_regprocedure('audit_turn(xid8)') is not null")
_BEHIND = text("""
    select greatest(
        (select max(turn) from audit_event), (select max(turn) from audit_block)
    ) - audit_turn(pg_current_xact_id())
""")
_ZERO = text("select audit_turn('0'::xid8)")


def behind(connection: Connection) -> int:
    """Return how many turns the server is behind what was written down; 0 where it is not."""
    if not connection.execute(_THERE).scalar():
        return 0  # a database before its first migration
    return max(0, connection.execute(_BEHIND).scalar() or 0)


def catch_up(connection: Connection) -> None:
    """Have the server count on from what was written down, as the owner of the function."""
    missing = behind(connection)
    if missing:
        offset = (connection.execute(_ZERO).scalar() or 0) + missing + 1
        connection.execute(
            text(f"""
                create or replace function audit_turn(xid8) returns bigint
                language sql immutable parallel safe return ($1::text)::bigint + {offset:d}
            """)
        )
