"""The rows of the chain, and those of the audit in the order in which they are sealed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import delete, func, select, text, tuple_, update

from app.audit_chain.blocks import SEALED, Block
from app.audit_chain.heads import Head
from app.audit_chain.tables import BlockRow, HeadRow
from core.audit import AuditEvent, AuditQuery
from core.sealed_fields import unseal
from core.sealing import UnsealedError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from app.audit_chain.heads import Kind

_EVENT = AuditEvent.__table__
_COLUMNS = [_EVENT.c[name] for name in SEALED]
_ORDER = (AuditEvent.turn, AuditEvent.id)
_HORIZON = text("select audit_turn(pg_snapshot_xmin(pg_current_snapshot()))")


class Place(NamedTuple):
    """A place in the order of turns."""

    turn: int
    id: int


BEFORE_ALL = Place(-1, -1)
END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)


def horizon(session: Session) -> int:
    """Return the turn before which every transaction is over: no row can come there any more."""
    found: int = session.execute(_HORIZON).scalar_one()
    return found


def rows_after(
    session: Session, place: Place, *, before: int, most: int
) -> Sequence[tuple[Any, ...]]:
    """Return the next rows of transactions that are over, in the order of `SEALED`."""
    query = (
        select(*_COLUMNS)
        .where(tuple_(*_ORDER) > place, AuditEvent.turn < before)
        .order_by(*_ORDER)
        .limit(most)
    )
    return [tuple(row) for row in session.execute(query)]


def rows_between(session: Session, after: Place, upto: Place) -> Iterator[tuple[Any, ...]]:
    """Yield the rows behind a place up to and with another."""
    query = (
        select(*_COLUMNS).where(tuple_(*_ORDER) > after, tuple_(*_ORDER) <= upto).order_by(*_ORDER)
    )
    yield from (tuple(row) for row in session.execute(query))


def first_row(session: Session, *, after: Place, upto: Place) -> int | None:
    """Return the id of the first row in a span, None where there is none."""
    return next((row[0] for row in rows_between(session, after, upto)), None)


def unsealed(session: Session, place: Place, *, recorded_before: datetime, most: int) -> int:
    """Return how many rows behind a place were recorded before an instant, as far as `most`."""
    query = (
        select(AuditEvent.id)
        .where(tuple_(*_ORDER) > place, AuditEvent.recorded < recorded_before)
        .order_by(*_ORDER)
        .limit(most)
    )
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def last_block(session: Session) -> BlockRow | None:
    """Return the newest block."""
    return session.scalars(select(BlockRow).order_by(BlockRow.number.desc()).limit(1)).first()


def place_of(block: BlockRow | None) -> Place:
    """Return where a block ends; before all, where there is none."""
    return Place(block.turn, block.last_id) if block else BEFORE_ALL


def add_block(session: Session, block: Block, leaves: bytes) -> BlockRow:
    """Keep a block."""
    row = BlockRow(
        number=block.number,
        turn=block.turn,
        last_id=block.last_id,
        count=block.count,
        latest=block.latest,
        leaves=leaves,
        rows_hash=block.rows_hash,
        previous=block.previous,
        hash=block.hash,
        sealed_at=block.sealed_at,
    )
    session.add(row)
    session.flush()
    return row


def blocks_from(session: Session, number: int) -> Iterator[BlockRow]:
    """Yield the blocks from a number on, without their leaves."""
    query = select(BlockRow).where(BlockRow.number >= number).order_by(BlockRow.number)
    yield from session.scalars(query.execution_options(yield_per=100))


def block_before(session: Session, number: int) -> BlockRow | None:
    """Return the nearest block before a number."""
    query = select(BlockRow).where(BlockRow.number < number).order_by(BlockRow.number.desc())
    return session.scalars(query.limit(1)).first()


def first_sealed_since(session: Session, at: datetime) -> int | None:
    """Return the number of the first block that was sealed at an instant or later."""
    return session.scalar(select(func.min(BlockRow.number)).where(BlockRow.sealed_at >= at))


def leaves(session: Session, number: int) -> bytes:
    """Return the leaves of a block."""
    return bytes(session.scalar(select(BlockRow.leaves).where(BlockRow.number == number)) or b"")


def heads(session: Session, *, after: int = 0) -> list[Head]:
    """Return the heads behind a number."""
    query = select(HeadRow).where(HeadRow.number > after).order_by(HeadRow.number)
    return [_head(row) for row in session.scalars(query)]


def last_head(session: Session) -> int:
    """Return the number of the newest head, 0 where there is none."""
    return session.scalar(select(func.max(HeadRow.number))) or 0


def add_head(session: Session, head: Head) -> None:
    """Keep a signed head."""
    session.add(
        HeadRow(
            number=head.number,
            kind=head.kind,
            block=head.block,
            hash=bytes.fromhex(head.hash),
            signed_at=head.signed_at,
            key=head.key,
            signature=bytes.fromhex(head.signature),
        )
    )
    session.flush()


def _head(row: HeadRow) -> Head:
    kind: Kind = row.kind  # type: ignore[assignment]  # what else is there, no key has signed
    return Head(
        row.number,
        kind,
        row.block,
        row.hash.hex(),
        row.signed_at,
        row.key,
        row.signature.hex(),
    )


def texts(session: Session, ids: Collection[UUID]) -> dict[UUID, bytes]:
    """Return the sealed parameters of events."""
    query = select(AuditQuery.id, AuditQuery.text).where(AuditQuery.id.in_(ids))
    return {row[0]: bytes(row[1]) for row in session.execute(query)} if ids else {}


def text_opens(session: Session, id_: UUID, sealed: bytes) -> bool:
    """Return whether parameters are those that were sealed for this event."""
    try:
        unseal(session, AuditQuery.text, sealed, id=id_)
    except UnsealedError:
        return False
    return bool(sealed)


def first_kept(session: Session, before: datetime) -> int | None:
    """Return the first block that has an event of an instant or later, None where none has."""
    return session.scalar(select(func.min(BlockRow.number)).where(BlockRow.latest >= before))


def take_away(session: Session, block: BlockRow) -> int:
    """Delete the events up to the end of a block, with their parameters; return how many."""
    gone = tuple_(*_ORDER) <= place_of(block)
    asked = select(AuditEvent.query_id).where(gone, AuditEvent.query_id.is_not(None))
    # What was asked at once has one turn, which a block may end in the middle of.
    later = select(AuditEvent.query_id).where(
        AuditEvent.turn == block.turn, ~gone, AuditEvent.query_id.is_not(None)
    )
    session.execute(delete(AuditQuery).where(AuditQuery.id.in_(asked), AuditQuery.id.not_in(later)))
    done = session.execute(delete(AuditEvent).where(gone).returning(AuditEvent.id)).all()
    old = update(BlockRow).where(BlockRow.number <= block.number, BlockRow.leaves != b"")
    session.execute(old.values(leaves=b""))
    return len(done)
