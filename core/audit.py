"""One row for each read or change of patient data, in the transaction of the answer (SEC-16).

The application's role may insert and read these rows and nothing else: the migration
grants neither UPDATE nor DELETE (SEC-18).

Where a row cannot be written, nothing is given out. The one exception is what somebody reads of
a patient whom they opened in an emergency: its event waits on the disk (`core.spool`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Identity, Index, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, mapped_column

from core.among import each_among
from core.asking import asked
from core.database import Base, id_column, instant
from core.logging import logger
from core.rows import copy_rows
from core.sealed_fields import seal, sealed_column, unseal
from core.spool import Spool, Spooled

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from sqlalchemy.orm import Session

    from core.security import Caller

log = logger(__name__)
T = TypeVar("T")
EMERGENCY = "ETREAT"  # HL7 v3 PurposeOfUse: emergency treatment
_OVERRIDE = "emergency"  # where a session carries what its caller opened


class Action(StrEnum):
    """FHIR AuditEvent.action."""

    CREATE = "C"
    READ = "R"
    UPDATE = "U"
    DELETE = "D"
    EXECUTE = "E"


class AuditEvent(Base):
    """Who did what to whose data, when, and how it ended. No values, no names."""

    __tablename__ = "audit_event"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    recorded: Mapped[datetime] = mapped_column(instant())
    caller_kind: Mapped[str]
    caller_id: Mapped[UUID | None]
    action: Mapped[str]
    entity: Mapped[str]
    entity_id: Mapped[UUID | None]
    patient_id: Mapped[UUID | None]
    outcome: Mapped[str]
    purpose: Mapped[str | None]  # HL7 v3 PurposeOfUse, where it is not the usual one
    address: Mapped[str | None]  # of the network, from where it was asked
    query_id: Mapped[UUID | None]
    # The transaction that wrote it, which the database gives: in this order rows are sealed.
    turn: Mapped[int] = mapped_column(
        BigInteger, server_default=text("audit_turn(pg_current_xact_id())")
    )

    __table_args__ = (
        Index(None, "patient_id", "recorded"),
        Index(None, "caller_id", "recorded"),
        Index(None, "recorded", "id"),
        Index(None, "turn", "id"),
    )


class AuditQuery(Base):
    """With what parameters something was asked: they may name people, so they are sealed.

    Apart from the event, which no erasure changes: this text may be taken away, and the event
    stays whole.
    """

    __tablename__ = "audit_query"

    id: Mapped[UUID] = id_column()
    text: Mapped[bytes] = sealed_column("audit_query.text/{id}")


@dataclass(frozen=True, slots=True)
class Event:
    """What was done in one request: one row for each patient whose data it touched."""

    action: Action
    entity: str
    entity_id: UUID | None = None
    patients: tuple[UUID | None, ...] = (None,)
    outcome: str = "success"
    purpose: str | None = None
    query: str | None = None  # in place of what stands in the request's address


def record(  # noqa: PLR0913 (an audit row has this many facts)
    session: Session,
    caller: Caller,
    action: Action,
    entity: str,
    *,
    now: datetime,
    entity_id: UUID | None = None,
    patients: Iterable[UUID | None] = (None,),
    outcome: str = "success",
    query: str | None = None,
) -> None:
    """Write one row for each patient whose data the request touched."""
    event = Event(action, entity, entity_id, tuple(patients), outcome, query=query)
    record_all(session, caller, [event], now=now)


def record_all(session: Session, caller: Caller, events: Iterable[Event], *, now: datetime) -> None:
    """Write the rows of several requests of one caller in one statement."""
    override: Override | None = session.info.get(_OVERRIDE)
    opened = override.patients if override else frozenset()
    known = list(events)
    queries = {q: uuid4() for q in (_query(e) for e in known) if q}
    rows = [
        (now, *_of(caller), e.action, e.entity, e.entity_id, patient, e.outcome, why, *whence)
        for e in known
        for patient in dict.fromkeys(e.patients)
        for why in (e.purpose or (EMERGENCY if patient in opened else None),)
        for whence in ((asked().address or None, queries.get(_query(e))),)
    ]
    if not rows:
        return
    if override is None or not _only_reads(rows, opened):
        _write(session, rows, queries)
        return
    try:
        with session.begin_nested():
            _write(session, rows, queries)
    except DBAPIError as error:
        _keep(override.spool, rows, error)


def _query(event: Event) -> str:
    return asked().query if event.query is None else event.query


def _write(session: Session, rows: list[tuple[Any, ...]], queries: Mapping[str, UUID]) -> None:
    """Write rows, and beside them, sealed, with what parameters they were asked for."""
    texts = [(id_, seal(session, AuditQuery.text, text, id=id_)) for text, id_ in queries.items()]
    if texts:
        copy_rows(session, "audit_query", {"id": "uuid", "text": "bytea"}, texts)
    copy_rows(session, "audit_event", _TYPES, rows)


@dataclass(frozen=True, slots=True)
class Override:
    """Whom a caller opened in an emergency, and where what they read waits if it must."""

    patients: frozenset[UUID]
    spool: Spool


def override(session: Session, opened: Override) -> None:
    """Let what a session reads of some patients be read in an emergency (SEC-14)."""
    session.info[_OVERRIDE] = opened


def _only_reads(rows: Iterable[tuple[Any, ...]], opened: frozenset[UUID]) -> bool:
    """Return whether all that is to be written was read of those who were opened."""
    return all(row[3] == Action.READ and row[6] in opened for row in rows)


def _keep(spool: Spool, rows: Iterable[tuple[Any, ...]], error: DBAPIError) -> None:
    """Put rows on the disk; where they do not get there either, the read is refused."""
    try:
        spool.append([Spooled(uuid4(), *row[:_SPOOLED]) for row in rows])
    except OSError:
        log.exception("the audit can be written neither down nor to the disk")
        raise error from None
    log.error("audit not writable: a read in an emergency waits on the disk")


def asked_with(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the parameters of events; those that were taken away are absent."""
    rows = session.scalars(select(AuditQuery).where(each_among(AuditQuery.id, ids)))
    return {row.id: unseal(session, AuditQuery.text, row.text, id=row.id) for row in rows}


def _of(caller: Caller) -> tuple[str, UUID | None]:
    return caller.kind, caller.id


def looks(
    session: Session, caller: Caller, patient: UUID, entity: str, *, before: datetime
) -> list[datetime]:
    """Return when a caller read something of a patient, the newest first, a hundred at most.

    Nothing where the audit cannot be read and the patient is open in an emergency: their page
    is shown all the same.
    """
    query = (
        select(AuditEvent.recorded)
        .where(
            AuditEvent.patient_id == patient,
            AuditEvent.caller_kind == caller.kind,
            AuditEvent.caller_id == caller.id,
            AuditEvent.entity == entity,
            AuditEvent.action == Action.READ,
            AuditEvent.recorded < before,
        )
        .order_by(AuditEvent.recorded.desc())
        .limit(100)
    )
    return unless_away(session, [patient], lambda: list(session.scalars(query))) or []


def unless_away(session: Session, patients: Iterable[UUID], ask: Callable[[], T]) -> T | None:
    """Return what the audit says; None where it cannot be read and all are open in an emergency."""
    override: Override | None = session.info.get(_OVERRIDE)
    if override is None or not override.patients.issuperset(patients):
        return ask()
    try:
        with session.begin_nested():
            return ask()
    except DBAPIError:
        log.exception("audit not readable: a page in an emergency goes without it")
        return None


_TYPES = {
    "recorded": "timestamptz",
    "caller_kind": "text",
    "caller_id": "uuid",
    "action": "text",
    "entity": "text",
    "entity_id": "uuid",
    "patient_id": "uuid",
    "outcome": "text",
    "purpose": "text",
    "address": "text",
    "query_id": "uuid",
}
_SPOOLED = list(_TYPES).index("purpose") + 1  # what waits on a disk is without its parameters
