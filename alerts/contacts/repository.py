"""The rows of how somebody is reached; addresses and secrets are opened only to send."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import select

from alerts.contacts.tables import ContactPoint
from alerts.policy import Channel
from alerts.reaching import Way
from core.sealed_fields import seal, unseal
from core.vitals import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

REMOVED, REPLACED = "removed", "replaced"


@dataclass(frozen=True, slots=True)
class Point:
    """One address, open; `secrets` are (secret, until when it still signs), the newest first."""

    id: UUID
    channel: Channel
    address: str = field(repr=False)
    secrets: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    tiers: frozenset[Severity] | None = None
    created_at: datetime | None = None
    tested_at: datetime | None = None

    def signing(self, now: datetime) -> list[str]:
        """Return the secrets that sign at this moment."""
        return [s for s, until in self.secrets if not until or datetime.fromisoformat(until) > now]


def _rows(session: Session, owners: Iterable[str]) -> Sequence[ContactPoint]:
    query = select(ContactPoint).where(
        ContactPoint.owner.in_(list(owners)), ContactPoint.ended_at.is_(None)
    )
    return session.scalars(query.order_by(ContactPoint.channel)).all()


def ways(session: Session, owners: Iterable[str]) -> dict[str, list[Way]]:
    """Return the channels that each of these has an address on, and their rules."""
    found: dict[str, list[Way]] = {}
    for row in _rows(session, owners):
        way = Way(Channel(row.channel), _tiers(row))
        found.setdefault(row.owner, []).append(way)
    return found


def points(session: Session, owner: str) -> list[Point]:
    """Return every address of somebody that is in use, open."""
    return [_point(session, row) for row in _rows(session, [owner])]


def point(session: Session, owner: str, channel: Channel) -> Point | None:
    """Return somebody's address on a channel."""
    return next((p for p in points(session, owner) if p.channel is channel), None)


def ended(session: Session, owner: str) -> Sequence[ContactPoint]:
    """Return what a provider switched off and nothing has replaced, for the owner to see."""
    live = {row.channel for row in _rows(session, [owner])}
    query = select(ContactPoint).where(
        ContactPoint.owner == owner,
        ContactPoint.ended_at.is_not(None),
        ContactPoint.channel.not_in(live),
    )
    newest = {row.channel: row for row in session.scalars(query.order_by(ContactPoint.ended_at))}
    return [row for row in newest.values() if row.end_reason not in (REMOVED, REPLACED)]


def _point(session: Session, row: ContactPoint) -> Point:
    said = unseal(session, ContactPoint.secrets, row.secrets, id=row.id)
    return Point(
        id=row.id,
        channel=Channel(row.channel),
        address=unseal(session, ContactPoint.address, row.address, id=row.id),
        secrets=tuple((secret, until) for secret, until in json.loads(said or "[]")),
        tiers=_tiers(row),
        created_at=row.created_at,
        tested_at=row.tested_at,
    )


def _tiers(row: ContactPoint) -> frozenset[Severity] | None:
    return None if row.tiers is None else frozenset(Severity(each) for each in row.tiers)


@dataclass(frozen=True, slots=True)
class NewPoint:
    """An address to be written down."""

    owner: str
    channel: Channel
    address: str = field(repr=False)
    tiers: frozenset[Severity] | None = None
    secret: str = field(default="", repr=False)


def add(session: Session, new: NewPoint, *, now: datetime) -> UUID:
    """Write an address down in place of the one before on its channel."""
    for row in locked(session, new.owner, new.channel):
        row.ended_at, row.end_reason = now, REPLACED
    session.flush()
    identity = uuid4()
    row = ContactPoint(
        id=identity,
        owner=new.owner,
        channel=new.channel,
        address=seal(session, ContactPoint.address, new.address, id=identity),
        tiers=None if new.tiers is None else sorted(new.tiers),
        created_at=now,
    )
    session.add(row)
    keep_secrets(session, row, ((new.secret, ""),) if new.secret else ())
    session.flush()
    return identity


def locked(session: Session, owner: str, channel: Channel) -> Sequence[ContactPoint]:
    """Return the address in use on a channel, locked; in a list, or none."""
    query = select(ContactPoint).where(
        ContactPoint.owner == owner,
        ContactPoint.channel == channel,
        ContactPoint.ended_at.is_(None),
    )
    return session.scalars(query.with_for_update()).all()


def keep_secrets(session: Session, row: ContactPoint, secrets: Sequence[tuple[str, str]]) -> None:
    """Seal the secrets of a webhook into its row."""
    text = json.dumps(secrets) if secrets else ""
    row.secrets = seal(session, ContactPoint.secrets, text, id=row.id)


def secrets_of(session: Session, row: ContactPoint) -> tuple[tuple[str, str], ...]:
    """Return the secrets of a webhook."""
    return _point(session, row).secrets
