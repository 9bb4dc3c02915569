"""The queue of record: rows that say what must still happen (REL-01, REL-03, REL-10, REL-27).

A transaction that creates work writes a row here. The relay leases rows and rings the
broker; the worker closes the row in the transaction of its effect. A row whose lease
has passed is simply leased again, so a lost broker costs at most one lease.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import Index, and_, literal, not_, or_, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, id_column, instant
from core.rows import run
from core.tracing import current

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

MAX_ATTEMPTS = 8
BACKOFF_CEILING = timedelta(minutes=10)


class Topic(StrEnum):
    """What is to be done with the subject."""

    ASSESS = "assess"  # subject: patient
    RAISE = "raise"  # subject: assessment
    ROUND = "round"  # subject: a slice of everybody (`core.slices`); assesses all of it
    DELIVER = "deliver"  # subject: delivery
    INFORM = "inform"  # subject: patient; decides what they and their carers are told
    TELL = "tell"  # subject: message to a patient or carer
    ANNOUNCE = "announce"  # subject: alert that changed; finds out who subscribed to it
    DIGEST = "digest"  # subject: one person's digest of one day
    NOTIFY = "notify"  # subject: subscription to which something is due
    ROLL = "roll"  # subject: patient with a dense stream, some days of which are over
    EXPORT = "export"  # subject: bulk export; one step of it
    OVERRIDE = "override"  # subject: access in an emergency; tells the privacy officer
    LAPSE = "lapse"  # subject: access in an emergency whose hour is over
    REPORT = "report"  # subject: weekly report of a team that is due
    LETTER = "letter"  # subject: mail that tells one member of a weekly report
    CONTEST = "contest"  # subject: contested score whose answer is overdue
    ERASE = "erase"  # subject: erasure that was confirmed
    PROBE = "probe"  # subject: nothing; proves that rows are being closed (REL-36)


class State(StrEnum):
    """Where a row stands."""

    OPEN = "open"
    LEASED = "leased"
    DONE = "done"
    PARKED = "parked"
    DISCARDED = "discarded"  # by a person, with a reason


class Priority:
    """Smaller is sooner."""

    CRITICAL = 0
    NORMAL = 5
    BULK = 9


class Outbox(Base):
    """One thing to do for one subject."""

    __tablename__ = "outbox"

    id: Mapped[UUID] = id_column()
    topic: Mapped[str]
    subject_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(default=State.OPEN)
    priority: Mapped[int] = mapped_column(default=Priority.NORMAL)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(instant())
    lease_until: Mapped[datetime | None] = mapped_column(instant())
    lease_owner: Mapped[str | None]
    fence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(instant())
    done_at: Mapped[datetime | None] = mapped_column(instant())
    last_error_code: Mapped[str | None]
    note: Mapped[str | None]  # why a person discarded it
    trace: Mapped[str | None]  # under which id it was written (`core.tracing`)

    __table_args__ = (
        Index(
            "uq_outbox_open_subject",
            "topic",
            "subject_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index(
            "ix_outbox_waiting",
            "priority",
            "next_try_at",
            postgresql_where=text("state in ('open', 'leased')"),
        ),
        Index("ix_outbox_closed", "done_at", postgresql_where=text("state = 'done'")),
        Index("ix_outbox_parked", "priority", postgresql_where=text("state = 'parked'")),
    )


def offer(  # noqa: PLR0913 (a row has this many facts)
    session: Session,
    topic: Topic,
    subject_id: UUID,
    *,
    now: datetime,
    priority: int = Priority.NORMAL,
    not_before: datetime | None = None,
) -> None:
    """Write work into the caller's transaction; join a row that still waits for the same.

    The update on conflict is not decoration: it locks the waiting row, so the relay cannot
    hand it out before the facts of this transaction are visible to the worker.
    """
    write_offers(session, [(topic, subject_id, not_before or now, priority)], now=now)


def offer_all(
    session: Session, topic: Topic, priorities: Mapping[UUID, int], *, now: datetime
) -> None:
    """Write work for many subjects, each with its priority, in one statement.

    In one order, so that two transactions that offer the same never wait for each other.
    """
    if priorities:
        rows = [(topic, id_, now, priorities[id_]) for id_ in sorted(priorities)]
        write_offers(session, rows, now=now)


def write_offers(
    session: Session,
    rows: Sequence[tuple[Topic, UUID, datetime, int]],
    *,
    now: datetime,
    traces: Mapping[UUID, str] | None = None,
) -> None:
    """Write (topic, subject, due, priority), no subject twice; `traces`: by which requests."""
    if rows:
        topics, subjects, dues, priorities = (list(column) for column in zip(*rows, strict=True))
        ids, names = [uuid4() for _ in rows], [topic.value for topic in topics]
        known, mine = traces or {}, current() or None
        under = [known.get(subject) or mine for subject in subjects]
        run(session, _OFFER, now, ids, subjects, priorities, names, dues, under)


_OFFER = """
insert into outbox
    (id, subject_id, priority, topic, state, attempts, fence, next_try_at, created_at, trace)
select id, subject_id, priority, topic, 'open', 0, 0, due, %b::timestamptz, trace
from unnest(%b::uuid[], %b::uuid[], %b::int4[], %b::text[], %b::timestamptz[], %b::text[])
    as work (id, subject_id, priority, topic, due, trace)
on conflict (topic, subject_id) where state = 'open' do update set
    priority = least(outbox.priority, excluded.priority),
    next_try_at = least(outbox.next_try_at, excluded.next_try_at)
where outbox.priority > excluded.priority or outbox.next_try_at > excluded.next_try_at
"""


class Leased(NamedTuple):
    """A row that its owner may hand out now; `attempts` is how often it was begun before."""

    id: UUID
    priority: int
    attempts: int
    topic: str = ""
    subject_id: UUID | None = None


def doubtful(attempts: Any, priority: Any) -> Any:
    """Whether a row may be what ends its workers: begun before, a critical one more than once."""
    return (attempts > 1) | ((attempts > 0) & (priority > Priority.CRITICAL))


def stands(*states: State) -> ColumnElement[bool]:
    """Whether a row is in one of these states, which are written into the statement.

    The plan of a prepared statement knows no parameter: it would take none of the partial
    indexes, and look through every row that was ever done.
    """
    written = [literal(each.value, literal_execute=True) for each in states]
    return or_(*(Outbox.state == each for each in written))


def waits(now: Any) -> ColumnElement[bool]:
    """Whether a row can be handed out at an instant: it is due, or its lease is over."""
    return or_(
        and_(stands(State.OPEN), Outbox.next_try_at <= now),
        and_(stands(State.LEASED), Outbox.lease_until <= now),
    )


def lease(  # noqa: PLR0913 (a lease has this many facts)
    session: Session,
    *,
    owner: str,
    now: datetime,
    length: timedelta,
    limit: int,
    last: int = Priority.BULK,
    begun: bool = True,
) -> list[Leased]:
    """Lease the most urgent waiting rows, none less urgent than `last`.

    `begun` says whether rows in doubt may be among them. Rows are chosen by state and lease, never
    by "id greater than last seen": transactions may commit in reverse order of ids (REL-03).
    """
    fresh = [] if begun else [not_(doubtful(Outbox.attempts, Outbox.priority))]
    chosen = (
        select(Outbox.id)
        .where(waits(now), Outbox.priority <= last, *fresh)
        .order_by(Outbox.priority, Outbox.next_try_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("chosen")
    )
    rows = session.execute(
        update(Outbox)
        .where(Outbox.id.in_(select(chosen.c.id)))
        .values(
            state=State.LEASED,
            lease_owner=owner,
            lease_until=now + length,
            fence=Outbox.fence + 1,
        )
        .returning(Outbox.id, Outbox.priority, Outbox.attempts, Outbox.topic, Outbox.subject_id)
    )
    return sorted((Leased(*row) for row in rows), key=lambda row: row.priority)


def start(session: Session, row_id: UUID) -> bool:
    """Count an attempt before its effect begins; False when there is nothing to attempt.

    This commits before the effect, so an item that kills its worker is counted all the
    same, on our row and not by the broker's task id, and is parked in the end (REL-27).
    Waiting in a queue that nobody reads counts for nothing.
    """
    row = begin(session, row_id)
    if row is None:
        return False
    if row.attempts >= MAX_ATTEMPTS:
        row.state = State.PARKED
        row.last_error_code = row.last_error_code or "worker-lost"
        return False
    row.attempts += 1
    return True


def begin(session: Session, row_id: UUID) -> Outbox | None:
    """Lock a leased row for its effect; None when it is done, parked or in other hands.

    The lock is held until the caller's transaction ends, so a second delivery of the
    same message finds nothing to do.
    """
    return session.scalar(
        select(Outbox)
        .where(Outbox.id == row_id, Outbox.state == State.LEASED)
        .with_for_update(skip_locked=True)
    )


def finish(row: Outbox, *, now: datetime) -> None:
    """Close the row, in the transaction of its effect."""
    row.state = State.DONE
    row.done_at = now


def put_back(session: Session, row_id: UUID, *, now: datetime, error_code: str) -> None:
    """Note a failed attempt and wait longer each time before the next."""
    row = begin(session, row_id)
    if row is not None:
        row.last_error_code = error_code
        row.lease_owner = None  # out no more: it waits
        row.lease_until = now + backoff(row.attempts)


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after the n-th failed attempt: 2, 4, 8 … seconds, bounded."""
    return min(timedelta(seconds=2 ** min(attempts, 12)), BACKOFF_CEILING)
