"""A patient who is open in an emergency, and an audit that takes nothing."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import Connection, event, func, select

from app.emergency.replaying import replay
from core.audit import AuditEvent
from core.clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from core.database import Database
    from core.embedded import Servers
    from core.spool import Spool

HIDDEN, OWN = "Yun Hidden", "Oh Malsun"
SAID = "the audit cannot be written"


@contextmanager
def audit_refused(embedded: Servers, rights: str = "insert") -> Iterator[None]:
    """Take from the application the right to write the audit, as its owner can."""
    with psycopg.connect(embedded.migration_database_url, autocommit=True) as connection:
        connection.execute(f"revoke {rights} on audit_event from wardlight_app")
        try:
            yield
        finally:
            connection.execute(f"grant {rights} on audit_event to wardlight_app")


@contextmanager
def read_only(database: Database) -> Iterator[None]:
    """Let the store take nothing, as one that stands by does after a failover."""

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("set transaction read only")

    event.listen(database.engine, "begin", begun)
    try:
        yield
    finally:
        event.remove(database.engine, "begin", begun)


def rows(database: Database, patient: UUID, *, after: int) -> list[AuditEvent]:
    query = select(AuditEvent).where(AuditEvent.patient_id == patient, AuditEvent.id > after)
    with database.transaction() as session:
        return list(session.scalars(query.order_by(AuditEvent.id)))


def newest(database: Database) -> int:
    with database.transaction() as session:
        return session.scalar(select(func.max(AuditEvent.id))) or 0


def write_down(database: Database, spool: Spool) -> None:
    """Let one round of the scheduler write down what waits."""
    with database.transaction() as session:
        replay(session, spool=spool, now=utc_now())
