"""Seal what was written down, sign the head, put it outside; prune what its time is over for.

Whoever writes to the audit waits for nothing here: rows are taken in the order of the
transactions that wrote them, once all those are over (decision 51).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text

from app.audit_chain import repository
from app.audit_chain.blocks import GENESIS, Block, leaves_of, rows_hash
from app.audit_chain.heads import Head
from app.periods import first, period_of
from app.retention.terms import stated
from core.errors import InvalidError
from core.logging import logger

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.audit_chain.heads import Kind, Signer
    from app.audit_chain.tables import BlockRow
    from app.audit_chain.witness import Witness

log = logger(__name__)
JOB = "audit-seal"
EVERY = timedelta(minutes=1)
ROWS = 5_000  # of a block
BLOCKS = 10  # that are sealed at once
LATE = timedelta(minutes=15)
MOST_COUNTED = 10_000
_ONE_SEALER = text("select pg_advisory_xact_lock(7041818)")  # any fixed number


def keep_up(session: Session, *, now: datetime, signer: Signer | None) -> None:
    """Once a minute, seal what was written down since."""
    if first(session, JOB, period_of(now, EVERY), now=now):
        seal(session, now=now, signer=signer)


def seal(session: Session, *, now: datetime, signer: Signer | None, rows: int = ROWS) -> int:
    """Seal the rows of transactions that are over, sign the head; return how many blocks."""
    session.execute(_ONE_SEALER)
    before, block = repository.horizon(session), repository.last_block(session)
    sealed = 0
    while sealed < BLOCKS:
        place = repository.place_of(block)
        found = repository.rows_after(session, place, before=before, most=rows)
        if not found:
            break
        leaves = leaves_of(found)
        block = repository.add_block(
            session, _block(block, found[-1], [row[2] for row in found], leaves, now), leaves
        )
        sealed += 1
    if sealed and block and signer:
        sign(session, signer, head_of(session, block, "sealed", now=now))
    return sealed


def _block(
    before: BlockRow | None,
    last: tuple[int, ...],
    recorded: list[datetime],
    leaves: bytes,
    now: datetime,
) -> Block:
    return Block(
        number=before.number + 1 if before else 1,
        turn=last[1],
        last_id=last[0],
        count=len(recorded),
        latest=max(recorded),
        sealed_at=now,
        rows_hash=rows_hash(leaves),
        previous=bytes(before.hash) if before else GENESIS,
    )


def sign(session: Session, signer: Signer, head: Head) -> Head:
    """Keep a head, signed."""
    signed = signer.sign(head)
    repository.add_head(session, signed)
    return signed


def head_of(
    session: Session, block: BlockRow, kind: Kind, *, now: datetime, after: int = 0
) -> Head:
    """Return what is to be signed of a block, numbered behind every other and behind `after`."""
    number = max(repository.last_head(session), after) + 1
    return Head(number, kind, block.number, bytes(block.hash).hex(), now)


def publish(session: Session, *, now: datetime, witness: Witness) -> None:  # noqa: ARG001 (a job has it)
    """Put outside, and into the log, the heads that earlier transactions signed."""
    heads = repository.heads(session, after=witness.last())
    if not heads:
        return
    witness.append(heads)
    for each in heads:
        log.info(
            "audit head",
            number=each.number,
            kind=each.kind,
            block=each.block,
            hash=each.hash,
            key=each.key,
            signature=each.signature,
        )


def late(session: Session, *, now: datetime) -> int:
    """Return how many events wait longer to be sealed than they may, as far as is counted."""
    place = repository.place_of(repository.last_block(session))
    return repository.unsealed(session, place, recorded_before=now - LATE, most=MOST_COUNTED)


def prune(session: Session, *, before: datetime, signer: Signer, now: datetime) -> tuple[int, int]:
    """Delete the whole blocks of which no event is as new; return up to which, and how many.

    Needs the owner of the tables: the application's role may delete no event. The chain itself
    stays, and a signed head says up to where its events are gone.

    Raises
    ------
    InvalidError
        Where the day is so late that events would go which are to be kept.
    """
    latest = (now - stated().kinds["audit"].least).date()
    if before.date() > latest:
        raise InvalidError(
            "events are kept for six years: the latest day is {latest}",
            field="before",
            facts={"latest": latest},
        )
    session.execute(_ONE_SEALER)
    kept, last = repository.first_kept(session, before), repository.last_block(session)
    until = (kept - 1) if kept is not None else (last.number if last else 0)
    block = repository.block_before(session, until + 1)
    if block is None or until < 1:
        return 0, 0
    gone = repository.take_away(session, block)
    if gone:
        sign(session, signer, head_of(session, block, "pruned", now=now))
    return block.number, gone
