"""Write down how somebody is reached, take it back, and try whether it works (AL-18)."""

from __future__ import annotations

import secrets
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from alerts.addresses import read_address
from alerts.contacts import repository
from alerts.contacts.repository import REMOVED, NewPoint, Point
from alerts.notify.failure import DeliveryError
from alerts.notify.outlets import Letter
from alerts.policy import Channel
from alerts.routing import FALLBACK, SUPPORT
from alerts.routing import practitioner as practitioner_key
from core.audit import Action, record
from core.errors import InvalidError, LaterError, NotFoundError, Sentence
from core.security import SYSTEM, Caller
from core.signing import SECRET_BYTES, secret_from
from ingest import repository as people

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.notify.outlets import Outlets

OVERLAP = timedelta(days=1)  # how long the secret before still signs beside the new one
BETWEEN_TESTS = timedelta(seconds=30)  # nobody's telephone is made to ring by a page


def add(
    session: Session,
    new: NewPoint,
    outlets: Outlets,
    *,
    caller: Caller = SYSTEM,
    now: datetime,
) -> str:
    """Write an address down; return the secret of a webhook, shown this once, else "".

    Raises
    ------
    InvalidError
        For an address that cannot be one, or a channel that this installation does not have.
    """
    lack = outlets.lack(new.channel)
    if lack is not None:
        raise InvalidError(
            "{channel}: {lack}",
            field="channel",
            facts={"channel": Sentence(str(new.channel)), "lack": Sentence(lack.words)},
        )
    address = read_address(new.channel, new.address)
    secret = ""
    if new.channel in (Channel.WEBHOOK, Channel.PUSH):
        outlets.check(address)
    if new.channel is Channel.WEBHOOK:
        secret = secret_from(secrets.token_bytes(SECRET_BYTES))
    kept = NewPoint(new.owner, new.channel, address, new.tiers, secret)
    identity = repository.add(session, kept, now=now)
    record(session, caller, Action.CREATE, "contact_point", now=now, entity_id=identity)
    return secret


def remove(
    session: Session, owner: str, channel: Channel, *, caller: Caller = SYSTEM, now: datetime
) -> None:
    """Take an address back; raise `NotFoundError` where there is none."""
    if not end(session, owner, channel, REMOVED, now=now):
        raise NotFoundError("there is no address on this channel")
    record(session, caller, Action.DELETE, "contact_point", now=now)


def end(  # noqa: PLR0913 (whose, which, why, when, and by which message it was found out)
    session: Session,
    owner: str,
    channel: Channel,
    reason: str,
    *,
    now: datetime,
    used_at: datetime | None = None,
) -> bool:
    """Use an address no more, for a reason that its owner is shown.

    `used_at` is when a message went out whose provider tells that nobody is there: what was
    written down after that is another address, of which nothing is told.
    """
    rows = [
        row
        for row in repository.locked(session, owner, channel)
        if used_at is None or row.created_at <= used_at
    ]
    for row in rows:
        row.ended_at, row.end_reason = now, reason
    session.flush()
    return bool(rows)


def renew(session: Session, owner: str, *, caller: Caller = SYSTEM, now: datetime) -> str:
    """Return a new secret of a webhook; the one before signs beside it for a day (SEC-35)."""
    rows = repository.locked(session, owner, Channel.WEBHOOK)
    if not rows:
        raise NotFoundError("there is no address on this channel")
    known = repository.secrets_of(session, rows[0])
    secret = secret_from(secrets.token_bytes(SECRET_BYTES))
    until = (now + OVERLAP).isoformat()
    repository.keep_secrets(session, rows[0], ((secret, ""), (known[0][0], until)))
    record(session, caller, Action.UPDATE, "contact_point", now=now, entity_id=rows[0].id)
    return secret


def claim_test(session: Session, owner: str, channel: Channel, *, now: datetime) -> Point:
    """Return an address to be tried now, and write down that it is.

    Raises
    ------
    NotFoundError
        Where there is none.
    LaterError
        Within half a minute of the last try.
    """
    rows = repository.locked(session, owner, channel)
    if not rows:
        raise NotFoundError("there is no address on this channel")
    before = rows[0].tested_at
    if before is not None and now - before < BETWEEN_TESTS:
        left = ceil((before + BETWEEN_TESTS - now).total_seconds())
        raise LaterError("a test message was just sent: try again in half a minute", after=left)
    rows[0].tested_at = now
    session.flush()
    found = repository.point(session, owner, channel)
    if found is None:
        raise NotFoundError("there is no address on this channel")
    return found


def send_test(outlets: Outlets, point: Point, *, base_url: str, now: datetime) -> str:
    """Send a message that says it is a test; return "" where it was taken, else why not."""
    letter = Letter.test(uuid4(), at=now, link=f"{base_url.rstrip('/')}/reached")
    try:
        outlets.send(point, letter, now=now)
    except DeliveryError as error:
        return error.code
    return ""


def owner_key(practitioner: UUID | None, team: UUID | None, lane: str) -> str:
    """Return the key of whom an address is for; exactly one of the three says it."""
    given = [
        f"practitioner:{practitioner}" if practitioner else "",
        f"team:{team}" if team else "",
        lane,
    ]
    said = [each for each in given if each]
    if len(said) != 1 or (lane and lane not in (FALLBACK, SUPPORT)):
        raise InvalidError(
            "name one practitioner, one team, or {fallback} or {support}",
            facts={"fallback": FALLBACK, "support": SUPPORT},
        )
    return said[0]


def unreachable(session: Session) -> list[tuple[str, str]]:
    """Return (key, name) of who answers for a patient and has no way outside the inbox (AL-18)."""
    mailed = people.answering(session)
    keys = {practitioner_key(each): each for each, mail in mailed.items() if not mail}
    known = repository.ways(session, keys)
    names = people.clinicians(session, [each for key, each in keys.items() if key not in known])
    return sorted((practitioner_key(each), name) for each, name in names.items())
